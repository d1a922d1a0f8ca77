import { ClaimError, expectSame } from "../../demo/claim.ts";
import type { Narrator } from "../../demo/narrator.ts";
import { masked } from "../../demo/shop.ts";
import type { Vendor } from "../../demo/vendor.ts";
import type { Shop, StackKey } from "./shop.ts";

/** What the story needs. */
export interface StoryWorld {
  readonly narrator: Narrator;
  readonly shop: Shop;
  readonly vendor: Vendor;
}

const DAY = 24;

/**
 * Tells the life of a key in a stack. Each line with a tick was checked on the real engine and the emulator.
 *
 * @throws ClaimError for the first one that does not hold.
 */
export async function tellStory(world: StoryWorld): Promise<void> {
  await plan(world);
  const first = await make(world);
  const second = await rotate(world, first);
  await retire(world, first, second);
  await remove(world, first, second);
}

async function plan({ narrator, shop, vendor }: StoryWorld): Promise<void> {
  narrator.chapter("2. What would be done");
  const text = await shop.show("preview", "--diff");
  expectSays(text, /\+ pulumi-nodejs:dynamic\/signatureapi:ApiKey: \(create\)/);
  expectSame("keys in the emulator", (await vendor.keys()).length, 0);
  narrator.checked("preview announces one key, and asks for none");
}

async function make(world: StoryWorld): Promise<StackKey> {
  const { narrator, shop } = world;
  narrator.chapter("3. pulumi up makes the key");
  const text = await shop.show("up", "--yes", "--skip-preview");
  expectSays(text, /key +: \[secret\]/);
  const key = await shop.key();
  await expectKeys(world, `${key.keyId} active`);
  narrator.checked(`key minted: the emulator has one key, ${key.keyId}, and the stack's outputs name it`);
  narrator.checked("Pulumi prints [secret] in place of the value");
  await expectAnswer(world, key, "200 live");
  narrator.checked(`the key authenticates: ${masked(key.key)}, GET /v1/envelopes answers 200, mode live`);
  return key;
}

async function rotate(world: StoryWorld, first: StackKey): Promise<StackKey> {
  const { narrator, shop } = world;
  narrator.chapter("4. Twelve weeks later a rotation is due");
  narrator.say(
    "  The program says: every 90 days, and up to 7 days early. The clock of programs and providers",
  );
  narrator.say("  is put forward by 84 days; the emulator's clock is left alone.");
  shop.later(84 * DAY);
  expectSays(await shop.show("preview", "--diff"), /~ generation +: 1 => 2/);
  await expectKeys(world, `${first.keyId} active`);
  narrator.checked("preview announces the rotation, and changes nothing");
  await shop.show("up", "--yes", "--skip-preview");
  const second = await shop.key();
  if (second.keyId === first.keyId) throw new ClaimError("another key", first.keyId);
  expectSame("the revision", second.revision, 2);
  await expectKeys(world, `${first.keyId} active`, `${second.keyId} active`);
  narrator.checked(`rotated: ${second.keyId} takes the place of ${first.keyId}`);
  await expectAnswer(world, first, "200 live");
  await expectAnswer(world, second, "200 live");
  narrator.checked("overlap: both keys authenticate, so that applications can be deployed with the new one");
  return second;
}

async function retire(world: StoryWorld, first: StackKey, second: StackKey): Promise<void> {
  const { narrator, shop } = world;
  narrator.chapter("5. A day later the overlap is over");
  shop.later(DAY + 2);
  expectSays(await shop.show("preview", "--diff"), /~ retiredGeneration *: 0 => 1/);
  narrator.checked("preview announces the revocation");
  await shop.show("up", "--yes", "--skip-preview");
  await expectKeys(world, `${first.keyId} revoked`, `${second.keyId} active`);
  await expectAnswer(world, first, "401 invalid-api-key");
  narrator.checked("old key revoked: it is refused, 401 invalid-api-key");
  await expectAnswer(world, second, "200 live");
  narrator.checked("the new key authenticates: 200, mode live");
  expectSame("values in the state on the disk", narrator.leaksIn(await shop.state()), 0);
  narrator.checked("the value in the state is encrypted: the state contains no plain text of it");
}

async function remove(world: StoryWorld, first: StackKey, second: StackKey): Promise<void> {
  const { narrator, shop } = world;
  narrator.chapter("6. The stack is destroyed");
  await shop.show("destroy", "--yes", "--skip-preview");
  await expectKeys(world, `${first.keyId} revoked`, `${second.keyId} revoked`);
  await expectAnswer(world, second, "401 invalid-api-key");
  narrator.checked("all keys revoked: the account has none left, and the last value is refused, 401");
}

/** All keys that were ever made, oldest first, are in these states. */
async function expectKeys({ vendor }: StoryWorld, ...expected: readonly string[]): Promise<void> {
  const seen = (await vendor.keys()).map(({ id, status }) => `${id} ${status}`);
  expectSame("the keys of the account", seen.toSorted().join(", "), expected.toSorted().join(", "));
}

async function expectAnswer(
  { vendor }: StoryWorld,
  { key, keyId }: StackKey,
  expected: string,
): Promise<void> {
  const { status, mode, error } = await vendor.tryKey(key);
  expectSame(`the answer to ${keyId}`, `${status} ${mode ?? error}`, expected);
}

function expectSays(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new ClaimError(`Pulumi says ${pattern.source}`, "it does not");
}
