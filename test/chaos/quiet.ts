import { administer } from "./administrator.ts";
import type { ApiKeyVersion } from "./history.ts";
import { seenApiKey, seenInventory, seenSecret } from "./observe.ts";
import { accountIdOf } from "../e2e/manifests.ts";
import { ownerOf, parseTag } from "@signatureapi-keys/lifecycle";
import type { ChaosWorld } from "./chaos-world.ts";
import { isRolledBack } from "./check/explained.ts";
import { nameOf } from "./check/index-of-history.ts";

/** Between two lines about the progress. */
const REPORT_MS = 5_000;

/** Takes lines that are meant for a person. */
export type Say = (line: string) => void;

/** An ApiKey that is not as declared. */
export interface Open {
  readonly uid: string;
  readonly name: string;
  readonly why: string;
}

/** What keeps ApiKeys from being as declared; those that rest are left out. */
function unsettled(world: ChaosWorld): readonly Open[] {
  const { recorder } = world;
  const now = Date.now();
  const secrets = new Map(
    recorder.liveSecrets().map((secret) => [nameOf(seenSecret(secret, now)), seenSecret(secret, now)]),
  );
  const open: Open[] = [];
  for (const object of recorder.liveApiKeys()) {
    const apiKey = seenApiKey(object, now);
    const why = whyUnsettled(apiKey, secrets.get(nameOf(apiKey))?.valueFingerprint, now);
    if (why === undefined || (waitsForTestKey(apiKey) && isTaken(apiKey, world))) continue;
    open.push({ uid: apiKey.uid, name: nameOf(apiKey), why });
  }
  return open;
}

/** It asks again from time to time, and then the reason is another one than TestKeyExists. */
function waitsForTestKey({ mode, ready, deleting, status }: ApiKeyVersion): boolean {
  return mode === "test" && !ready && !deleting && status.keyId === undefined;
}

/**
 * The account's one test key is a key that no ApiKey knows, so that nothing will revoke it: its ApiKey is gone, or was
 * rolled back to before it.
 */
function isTaken({ namespace }: ApiKeyVersion, { emulator, recorder }: ChaosWorld): boolean {
  const live = recorder.liveApiKeys();
  const owners = new Set(live.map(({ metadata }) => ownerOf(metadata.uid)));
  const named = new Set(live.map((object) => seenApiKey(object, 0).status.keyId));
  return emulator.admin
    .keys()
    .some(
      ({ id, account, mode, status, description, created_at: createdAt }) =>
        account === accountIdOf(namespace) &&
        mode === "test" &&
        status === "active" &&
        !named.has(id) &&
        (!owners.has(parseTag(description)?.owner ?? "") ||
          isRolledBack(Date.parse(createdAt), recorder.rollbacks)),
    );
}

function whyUnsettled(
  { deleting, ready, upToDate, reason, status }: ApiKeyVersion,
  fingerprint: string | undefined,
  now: number,
): string | undefined {
  // A key that is to be retained waits for its deletion until the replaced ones are gone.
  if (deleting && reason === "RetirementPending" && status.previous.some(({ revokeAt }) => revokeAt > now))
    return undefined;
  if (deleting) return `deleting (${reason})`;
  if (!ready || !upToDate) return reason ?? "new";
  if (status.attempt !== undefined) return "an attempt is under way";
  if (fingerprint !== status.fingerprint) return "the value is not the recorded one";
  if (status.previous.some(({ revokeAt }) => revokeAt < now)) return `a previous key is due (${reason})`;
  const open = status.abandoned.some(
    ({ op, listings, refused }) => op === "create" && listings < 2 && refused !== true,
  );
  return open ? "an abandoned attempt is not settled" : undefined;
}

/**
 * Waits until every ApiKey is as declared, and reports the progress.
 *
 * @param patienceMs how long it may take until one more of them is.
 * @returns what is still open where the patience ends: usually nothing.
 */
export async function converge(world: ChaosWorld, patienceMs: number, say: Say): Promise<readonly Open[]> {
  let saidAt = Date.now();
  let progress = { at: saidAt, open: Number.POSITIVE_INFINITY };
  for (;;) {
    const now = Date.now();
    const open = unsettled(world);
    if (open.length < progress.open) progress = { at: now, open: open.length };
    if (open.length === 0 || now >= progress.at + patienceMs) return open;
    if (now >= saidAt + REPORT_MS) {
      saidAt = now;
      say(`  ${open.length} ApiKeys are not as declared yet: ${sumUp(open.map(({ why }) => why))}`);
      await administer(world);
    }
    await world.recorder.changed(500);
  }
}

/** Waits until every account has been swept, completely, by an inventory that began after a time. */
export async function sweepSince(
  world: ChaosWorld,
  since: number,
  patienceMs: number,
  say: Say,
): Promise<boolean> {
  let saidAt = Date.now();
  const deadline = saidAt + patienceMs;
  for (;;) {
    const open = world.recorder
      .liveAccounts()
      .filter((object) => (seenInventory(object).lastInventoryAt ?? 0) <= since);
    if (open.length === 0) return true;
    if (Date.now() >= deadline) return false;
    if (Date.now() >= saidAt + REPORT_MS) {
      saidAt = Date.now();
      say(`  ${open.length} accounts have not been swept yet`);
      await administer(world);
    }
    await world.recorder.changed(500);
  }
}

function sumUp(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} (${count})`).join(", ");
}
