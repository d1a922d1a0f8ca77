import { administer } from "./administrator.ts";
import type { ApiKeyVersion } from "./history.ts";
import { seenApiKey, seenInventory, seenSecret } from "./observe.ts";
import { accountIdOf } from "./fleet.ts";
import type { Recorder } from "./recorder.ts";
import type { World } from "../e2e/world.ts";
import { ownerOf, parseTag } from "@signatureapi-keys/lifecycle";
import type { Stage } from "./stage.ts";
import { nameOf } from "./check/index-of-history.ts";

/** Between two lines that tell how far it is. */
const TELL_MS = 5_000;

/** Takes lines that are meant for a person. */
export type Tell = (line: string) => void;

/** What keeps ApiKeys from being as declared, by their names; those that rest are left out. */
function unsettled({ world, recorder }: Stage): ReadonlyMap<string, string> {
  const now = Date.now();
  const secrets = new Map(
    recorder.liveSecrets().map((secret) => [nameOf(seenSecret(secret, now)), seenSecret(secret, now)]),
  );
  const open = new Map<string, string>();
  for (const object of recorder.liveApiKeys()) {
    const apiKey = seenApiKey(object, now);
    const why = whyUnsettled(apiKey, secrets.get(nameOf(apiKey))?.valueFingerprint, now);
    if (why === undefined || (why === "TestKeyExists" && isTaken(apiKey, world, recorder))) continue;
    open.set(nameOf(apiKey), why);
  }
  return open;
}

/** The one place for a test key is taken by a key that no ApiKey knows, so that nothing will free it. */
function isTaken({ namespace }: ApiKeyVersion, { emulator }: World, recorder: Recorder): boolean {
  const live = recorder.liveApiKeys();
  const owners = new Set(live.map(({ metadata }) => ownerOf(metadata.uid)));
  const named = new Set(live.map((object) => seenApiKey(object, 0).status.keyId));
  return emulator.admin
    .keys()
    .some(
      ({ id, account, mode, status, description }) =>
        account === accountIdOf(namespace) &&
        mode === "test" &&
        status === "active" &&
        !named.has(id) &&
        !owners.has(parseTag(description)?.owner ?? ""),
    );
}

function whyUnsettled(
  { deleting, ready, upToDate, reason, status }: ApiKeyVersion,
  fingerprint: string | undefined,
  now: number,
): string | undefined {
  if (deleting) return `deleting (${reason})`;
  if (!ready || !upToDate) return reason ?? "new";
  if (status.attempt !== undefined) return "an attempt is under way";
  if (fingerprint !== status.fingerprint) return "the value is not the recorded one";
  if (status.previous.some(({ revokeAt }) => revokeAt < now)) return "a previous key is due";
  const open = status.abandoned.some(({ op, listings }) => op === "create" && listings < 2);
  return open ? "an abandoned attempt is not settled" : undefined;
}

/**
 * Waits until every ApiKey is as declared, and tells how far it is.
 *
 * @param patienceMs how long it may take until one more of them is.
 * @returns what is still open where the patience ends: usually nothing.
 */
export async function converge(
  stage: Stage,
  patienceMs: number,
  tell: Tell,
): Promise<ReadonlyMap<string, string>> {
  let told = Date.now();
  let progress = { at: told, open: Number.POSITIVE_INFINITY };
  for (;;) {
    const now = Date.now();
    const open = unsettled(stage);
    if (open.size < progress.open) progress = { at: now, open: open.size };
    if (open.size === 0 || now >= progress.at + patienceMs) return open;
    if (now >= told + TELL_MS) {
      told = now;
      tell(`  ${open.size} ApiKeys are not as declared yet: ${sumUp([...open.values()])}`);
      await administer(stage);
    }
    await stage.recorder.changed(500);
  }
}

/** Waits until every account has been swept, completely, by an inventory that began after a time. */
export async function sweepSince(
  stage: Stage,
  since: number,
  patienceMs: number,
  tell: Tell,
): Promise<boolean> {
  let told = Date.now();
  const deadline = told + patienceMs;
  for (;;) {
    const open = stage.recorder
      .liveAccounts()
      .filter((object) => (seenInventory(object).lastInventoryAt ?? 0) <= since);
    if (open.length === 0) return true;
    if (Date.now() >= deadline) return false;
    if (Date.now() >= told + TELL_MS) {
      told = Date.now();
      tell(`  ${open.length} accounts have not been swept yet`);
      await administer(stage);
    }
    await stage.recorder.changed(500);
  }
}

function sumUp(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} (${count})`).join(", ");
}
