import { customResourceDefinitions } from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import type { Cluster } from "../cluster/cluster.ts";
import { ClaimError, eventually, expectSame } from "./claim.ts";
import type { Narrator } from "./narrator.ts";
import type { EmulatorAddresses, Parts } from "./parts.ts";
import { NAME, NAMESPACE, QUICKSTART, quickstartFor, REFUSED, REFUSED_MANIFEST } from "./quickstart.ts";
import { type DeliveredSecret, masked, Shop } from "./shop.ts";
import { Vendor } from "./vendor.ts";

/** What the story is shown with. */
export interface DemoWorld {
  readonly narrator: Narrator;
  readonly cluster: Cluster;
  readonly parts: Parts;
  readonly emulator: EmulatorAddresses;
}

interface StoryWorld extends DemoWorld {
  readonly shop: Shop;
  readonly vendor: Vendor;
}

/**
 * Shows how a key is declared, delivered, healed and revoked. Each line with a tick was checked on the running system.
 *
 * @throws ClaimError for the first one that does not hold.
 */
export async function showStory(given: DemoWorld): Promise<void> {
  const shop = new Shop(given.cluster, given.narrator);
  const world: StoryWorld = { ...given, shop, vendor: new Vendor(given.emulator) };
  await install(world);
  const first = await declare(world);
  await lookAround(world);
  await refuse(world);
  const second = await loseTheSecret(world, first);
  await remove(world, second);
}

async function install({ narrator, cluster, parts, emulator, vendor }: StoryWorld): Promise<void> {
  narrator.chapter("2. The kinds and the controller");
  await cluster.apply(
    customResourceDefinitions()
      .map((crd) => stringify(crd))
      .join("---\n"),
  );
  const waited = await cluster.kubectl([
    "wait",
    "--for=condition=Established",
    "crd",
    "--all",
    "--timeout=30s",
  ]);
  expectSame("kubectl wait for the CRDs exits with", waited.code, 0);
  narrator.checked("CRDs installed: ApiKey, Account and ClusterAccount are known to the API server");
  await narrator.during("starting the controller", parts.startController(cluster, emulator.url));
  narrator.checked(
    "the controller runs as a process of its own, and /readyz says that its caches are filled",
  );
  expectSame("keys in the emulator", (await vendor.keys()).length, 0);
  narrator.checked("the emulator has no key yet");
}

async function declare(world: StoryWorld): Promise<DeliveredSecret> {
  const { narrator, shop, emulator } = world;
  narrator.chapter("3. A key is declared");
  narrator.say(`  Applying ${QUICKSTART}, with two texts replaced: the vendor's address by the emulator's,`);
  narrator.say("  and the placeholder for your token by the emulator's token.");
  for (const { file, text } of await quickstartFor(emulator.url)) {
    await shop.apply(text);
    narrator.say(`  applied ${file}`);
  }
  await shop.wait("condition=Ready", "account/default");
  narrator.checked("account ready: the management API accepts the token");
  await shop.wait("condition=Ready", `apikey/${NAME}`);
  const keyId = await onlyKey(world);
  narrator.checked(`key minted: the emulator has one key, ${keyId}, and the ApiKey's status names it`);
  const secret = await shop.secret();
  if (secret === undefined) throw new ClaimError(`Secret ${NAME} exists`, "it does not");
  expectSame("the key that the Secret names", secret.keyId, keyId);
  narrator.checked(
    `Secret written: ${NAME}, entry SIGNATUREAPI_KEY, value ${masked(secret.value)} (never shown in full)`,
  );
  await works(world, secret.value);
  narrator.checked("the key authenticates: GET /v1/envelopes with X-API-Key answers 200, mode test");
  return secret;
}

async function lookAround({ narrator, shop, parts }: StoryWorld): Promise<void> {
  narrator.chapter("4. What a user sees");
  await shop.show("get", "apikeys,accounts");
  await untilEvent(shop, NAME, "KeyDelivered");
  await shop.show("get", "events");
  expectSame("values that status and events show", narrator.leaksIn(await shop.visible()), 0);
  expectSame("values that the controller has logged", narrator.leaksIn(await parts.printed()), 0);
  narrator.checked("the value is in the Secret only: not in status, events or logs");
}

async function refuse({ narrator, shop, vendor }: StoryWorld): Promise<void> {
  narrator.chapter("5. A mistake is refused before anything is minted");
  narrator.say(
    `  ApiKey ${REFUSED.name} names Secret ${REFUSED.secret}, which exists and does not belong to it.`,
  );
  const before = {
    creates: await vendor.creates(),
    secret: await shop.versionOf(`secret/${REFUSED.secret}`),
  };
  await shop.apply(REFUSED_MANIFEST);
  const ready = await eventually(`ApiKey ${REFUSED.name} is refused`, async () => {
    const { status } = await shop.apiKey(REFUSED.name);
    return status?.conditions?.find(({ type }) => type === "Stalled");
  });
  expectSame("the reason", ready.reason, "SecretConflict");
  narrator.say(`  SecretConflict: ${ready.message}`);
  expectSame("keys asked for since", (await vendor.creates()) - before.creates, 0);
  expectSame("the Secret's version", await shop.versionOf(`secret/${REFUSED.secret}`), before.secret);
  narrator.checked("refused: no key was requested, and the Secret was not touched");
  await shop.run("delete", "apikey", REFUSED.name, "--timeout=30s");
}

async function loseTheSecret(world: StoryWorld, first: DeliveredSecret): Promise<DeliveredSecret> {
  const { narrator, shop, vendor } = world;
  narrator.chapter("6. The Secret is deleted by hand");
  narrator.say(
    "  The vendor shows a value once, so the old one is lost. An account has one test key, so the key is rolled:",
  );
  narrator.say("  it keeps its ID and gets a new value. (A live key would be replaced by a new one.)");
  await shop.show("delete", "secret", NAME);
  const healed = eventually("a new Secret", async () => {
    const secret = await shop.secret();
    return secret === undefined || secret.uid === first.uid ? undefined : secret;
  });
  const second = await narrator.during("waiting for the new Secret", healed);
  if (second.value === first.value) throw new ClaimError("another value", "the same one");
  expectSame("the key's ID", await onlyKey(world), first.keyId);
  narrator.checked(`healed: Secret ${NAME} is back with a new value, ${masked(second.value)}`);
  const old = await vendor.tryKey(first.value);
  expectSame("the answer to the old value", `${old.status} ${old.error}`, "401 invalid-api-key");
  narrator.checked("the old value is refused: 401 invalid-api-key");
  await works(world, second.value);
  narrator.checked("the new value authenticates: 200, mode test");
  return second;
}

async function remove({ narrator, shop, vendor }: StoryWorld, last: DeliveredSecret): Promise<void> {
  narrator.chapter("7. The ApiKey is deleted");
  await narrator.during("waiting for the deletion", shop.show("delete", "apikey", NAME, "--timeout=30s"));
  const states = (await vendor.keys()).map(({ id, status }) => `${id} ${status}`).join(", ");
  expectSame("the keys of the account", states, `${last.keyId} revoked`);
  narrator.checked(`key revoked: ${last.keyId}; the account has no other`);
  const answer = await vendor.tryKey(last.value);
  expectSame("the answer to the value", `${answer.status} ${answer.error}`, "401 invalid-api-key");
  narrator.checked("authentication refused: 401 invalid-api-key");
  expectSame("Secret exists", await shop.exists(`secret/${NAME}`), false);
  narrator.checked("the Secret is gone too");
  await untilEvent(shop, NAME, "KeyRevoked");
  await shop.show("get", "events", "--sort-by=.metadata.creationTimestamp");
}

/** The ID of the one active key, which status, emulator and tag agree on. */
async function onlyKey({ shop, vendor }: StoryWorld): Promise<string> {
  const active = (await vendor.keys()).filter(({ status }) => status === "active");
  expectSame("active keys in the emulator", active.length, 1);
  const [key] = active;
  expectSame("the key that the status names", (await shop.apiKey()).status?.keyId, key?.id);
  if (!key?.description.startsWith("Checkout service [ak:"))
    throw new ClaimError("the declared description with a tag", key?.description ?? "none");
  return key?.id ?? "";
}

async function works({ vendor }: StoryWorld, value: string): Promise<void> {
  const { status, mode } = await vendor.tryKey(value);
  expectSame("the answer of GET /v1/envelopes", `${status} ${mode}`, "200 test");
}

async function untilEvent(shop: Shop, name: string, reason: string): Promise<void> {
  const selector = `involvedObject.name=${name},reason=${reason}`;
  await eventually(`an event ${reason} about ${name} in ${NAMESPACE}`, async () => {
    return (await shop.run("get", "events", "--field-selector", selector, "-o", "name")) === ""
      ? undefined
      : true;
  });
}
