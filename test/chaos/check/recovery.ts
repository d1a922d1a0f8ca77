import type { VendorKey } from "../history.ts";
import type { IndexedHistory } from "./index-of-history.ts";
import type { KeyFate } from "./keys.ts";
import type { Violation } from "./violation.ts";

/**
 * What was seen to become of an attempt of unknown outcome.
 *
 * - `revoked`: each key that it made was seen revoked.
 * - `committed`: a key that it made was seen committed.
 * - `nothing`: no key of it was ever seen.
 * - `replaced`: it rolled or adopted a key, which has a value that is committed.
 * - `restored`: it was to adopt a key, which is as it was before.
 * - `explained`: a key of it lives, and that is the doing of others: see {@link KeyFate}.
 * - `open`: a key of it lives, and nothing accounts for it.
 */
type Outcome = "revoked" | "committed" | "nothing" | "replaced" | "restored" | "explained" | "open";

/** An attempt of unknown outcome, and what was seen of it until the end. */
export interface Recovery {
  readonly attempt: string;
  readonly uid: string;
  readonly outcome: Outcome;
  /** From when it was given up until its last key was seen revoked or committed, in milliseconds. */
  readonly tookMs: number | undefined;
}

interface Abandoned {
  readonly id: string;
  readonly op: string;
  readonly uid: string;
  readonly keyId: string | undefined;
  readonly abandonedAt: number;
}

/** Looks up what became of every attempt that a status has listed as abandoned. */
export function recoveriesOf(index: IndexedHistory, fates: readonly KeyFate[]): readonly Recovery[] {
  const abandoned = new Map<string, Abandoned>();
  for (const { uid, status } of index.history.apiKeys)
    for (const { id, op, keyId, abandonedAt } of status.abandoned)
      if (!abandoned.has(id)) abandoned.set(id, { id, op, uid, keyId, abandonedAt });
  const fateOf = new Map(fates.map((fate) => [fate.key.id, fate.kind]));
  const byAttempt = Map.groupBy(index.mintedKeys, (key) => index.attemptOf(key));
  return [...abandoned.values()].map((attempt) => {
    const keys =
      attempt.op === "create"
        ? (byAttempt.get(attempt.id) ?? [])
        : index.ourKeys.filter(({ id }) => id === attempt.keyId);
    const ends = keys.map((key) => endOf(key, attempt, fateOf.get(key.id), index));
    const times = ends.flatMap(({ at }) => (at === undefined ? [] : [at - attempt.abandonedAt]));
    return {
      attempt: attempt.id,
      uid: attempt.uid,
      outcome: worst(ends.map(({ outcome }) => outcome)),
      tookMs: times.length === 0 ? undefined : Math.max(0, ...times),
    };
  });
}

interface End {
  readonly outcome: Outcome;
  readonly at?: number | undefined;
}

function endOf(
  key: VendorKey,
  { op, uid, abandonedAt }: Abandoned,
  fate: KeyFate["kind"] | undefined,
  index: IndexedHistory,
): End {
  if (key.revokedAt !== undefined) return { outcome: "revoked", at: key.revokedAt };
  switch (fate) {
    case "committed":
    case "retiring":
    case "retained": {
      if (op !== "create") return { outcome: "replaced" };
      const seen = index
        .versionsOf(uid)
        .find(({ at, status }) => at >= abandonedAt && status.keyId === key.id);
      return { outcome: "committed", at: seen?.at };
    }
    case "unadopted":
      return { outcome: "restored" };
    case "wrong":
    case undefined:
      return { outcome: "open" };
    default:
      return { outcome: "explained" };
  }
}

/** Of several keys of one attempt the one that is left counts. */
function worst(outcomes: readonly Outcome[]): Outcome {
  const order = ["open", "explained", "committed", "replaced", "restored", "revoked"] as const;
  return order.find((outcome) => outcomes.includes(outcome)) ?? "nothing";
}

/** Finds the attempts whose keys were not seen revoked or committed by the end. */
export function recoveryViolations(recoveries: readonly Recovery[]): readonly Violation[] {
  return recoveries
    .filter(({ outcome }) => outcome === "open")
    .map(({ attempt, uid }) => ({
      rule: "unrecovered" as const,
      text: `a key of attempt ${attempt}, whose outcome was unknown, was not seen revoked or committed`,
      uid,
    }));
}
