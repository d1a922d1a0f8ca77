import { conditionOf } from "../e2e/conditions.ts";
import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import type { ApiKeyVersion } from "./history.ts";
import { seenApiKey, seenInventory, seenSecret } from "./observe.ts";
import type { Stage } from "./stage.ts";
import { nameOf } from "./check/index-of-history.ts";

/** Between two lines that tell how far it is. */
const TELL_MS = 5_000;
/** Reasons for which an account waits until somebody has looked at it and edited it. */
const CALLS_FOR_A_LOOK: ReadonlySet<string> = new Set(["TagNotPreserved", "KeysVanished"]);

/** Takes lines that are meant for a person. */
export type Tell = (line: string) => void;

/**
 * Does what an administrator does who is called by an account's condition: looks, and edits its spec, which says that
 * somebody has looked.
 */
export async function lookAfterAccounts({ world, recorder }: Stage): Promise<void> {
  for (const object of recorder.liveAccounts()) {
    const stalled = conditionOf(object, "Stalled") ?? conditionOf(object, "Ready");
    if (
      !CALLS_FOR_A_LOOK.has(stalled?.reason ?? "") ||
      stalled?.observedGeneration !== object.metadata.generation
    )
      continue;
    const burst = 500 + ((object.metadata.generation ?? 0) % 500);
    const spec = { rateLimit: { requestsPerSecond: 1_000, burst } };
    await world.kube.patch(
      ACCOUNTS,
      { ...object.metadata, namespace: object.metadata.namespace ?? "" },
      { spec },
      { type: "merge" },
    );
  }
}

/** What keeps ApiKeys from being as declared, by their names; those that rest are left out. */
export function unsettled({ recorder }: Stage): ReadonlyMap<string, string> {
  const now = Date.now();
  const secrets = new Map(
    recorder.liveSecrets().map((secret) => [nameOf(seenSecret(secret, now)), seenSecret(secret, now)]),
  );
  const open = new Map<string, string>();
  for (const object of recorder.liveApiKeys()) {
    const apiKey = seenApiKey(object, now);
    const why = whyUnsettled(apiKey, secrets.get(nameOf(apiKey))?.valueFingerprint, now);
    if (why !== undefined) open.set(nameOf(apiKey), why);
  }
  return open;
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
 * @returns what is still open when the time is over: usually nothing.
 */
export async function converge(
  stage: Stage,
  patienceMs: number,
  tell: Tell,
): Promise<ReadonlyMap<string, string>> {
  let told = Date.now();
  const deadline = told + patienceMs;
  for (;;) {
    const open = unsettled(stage);
    const blocking = [...open].filter(([, why]) => why !== "TestKeyExists");
    if (blocking.length === 0 || Date.now() >= deadline) return open;
    if (Date.now() >= told + TELL_MS) {
      told = Date.now();
      tell(`  ${open.size} ApiKeys are not as declared yet: ${sumUp([...open.values()])}`);
      await lookAfterAccounts(stage);
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
      await lookAfterAccounts(stage);
    }
    await stage.recorder.changed(500);
  }
}

function sumUp(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} (${count})`).join(", ");
}
