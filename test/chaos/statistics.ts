import { IndexedHistory, nameOf } from "./check/index-of-history.ts";
import type { Judgement } from "./check/check.ts";
import type { Recovery } from "./check/recovery.ts";
import type { ActRecord, History } from "./history.ts";

/** How long something took, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly longest: number;
  /** How many took up to so many seconds, and longer than the limit before. */
  readonly histogram: readonly { readonly upToSeconds: number | "more"; readonly count: number }[];
}

/** What a run consisted of, in figures. */
export interface Statistics {
  /** Acts by kind: how many had an effect, and how many met nothing. */
  readonly acts: Readonly<Record<string, Readonly<Record<ActRecord["outcome"], number>>>>;
  readonly kills: number;
  readonly freezes: number;
  readonly vendorRequests: number;
  /** Vendor's faults that struck a request, by kind. */
  readonly vendorFaults: Readonly<Record<string, number>>;
  /** Attempts whose outcome no controller followed. */
  readonly unknown: number;
  /** What was seen to become of them. */
  readonly outcomes: Readonly<Record<Recovery["outcome"], number>>;
  /** From when an attempt was given up until its key was seen revoked or committed. */
  readonly untilRecovered: Latencies;
  readonly rollbacks: number;
  /** Keys whose value is lost while they live. */
  readonly lost: number;
  /** Keys whose POST took effect when their ApiKey was gone. */
  readonly orphaned: number;
  /** Keys of repeated POSTs whose recorded siblings were revoked by hand. */
  readonly repeated: number;
  readonly mints: number;
  readonly rolls: number;
  readonly revocations: number;
  /** Values that stood in Secrets, beyond the first of each ApiKey. */
  readonly rotations: number;
  readonly apiKeys: { readonly declared: number; readonly atTheEnd: number };
  readonly untilReady: Latencies;
  readonly untilHealed: Latencies;
}

const LIMITS = [0.25, 0.5, 1, 2, 5, 10, 20, 40, 80] as const;

/** Counts what a history consists of. */
export function statisticsOf(history: History, { fates, violations, recoveries }: Judgement): Statistics {
  const index = new IndexedHistory(history);
  const byHand = history.acts.filter(
    ({ kind, outcome }) => kind === "revoke-key" && outcome === "done",
  ).length;
  const commits = committedValues(history);
  return {
    acts: actsOf(history),
    kills: history.replicas.filter(({ what }) => what === "killed").length,
    freezes: history.replicas.filter(({ what }) => what === "frozen").length,
    vendorRequests: history.requests.length,
    vendorFaults: countBy(history.requests.flatMap(({ fault }) => fault ?? [])),
    unknown: recoveries.length,
    outcomes: outcomesOf(recoveries),
    untilRecovered: latencies(recoveries.flatMap(({ tookMs }) => tookMs ?? [])),
    rollbacks: history.rollbacks.length,
    lost: violations.filter(({ rule }) => rule === "lost").length,
    orphaned: fates.filter(({ kind }) => kind === "orphaned").length,
    repeated: fates.filter(({ kind }) => kind === "repeated").length,
    mints: index.mintedKeys.length,
    rolls: history.requests.filter(({ operation, status }) => operation === "rollApiKey" && status === 200)
      .length,
    revocations: index.ourKeys.filter(({ active }) => !active).length - byHand,
    rotations: [...commits.values()].reduce((sum, values) => sum + values.size - 1, 0),
    apiKeys: {
      declared: history.acts.filter(({ uid }) => uid !== undefined).length,
      atTheEnd: history.final.apiKeys.length,
    },
    untilReady: latencies(timesUntilReady(history)),
    untilHealed: latencies(timesUntilHealed(history)),
  };
}

function outcomesOf(recoveries: readonly Recovery[]): Statistics["outcomes"] {
  const counts = { revoked: 0, committed: 0, nothing: 0, replaced: 0, restored: 0, explained: 0, open: 0 };
  for (const { outcome } of recoveries) counts[outcome] += 1;
  return counts;
}

function actsOf({ acts }: History): Statistics["acts"] {
  const counts: Record<string, Record<ActRecord["outcome"], number>> = {};
  for (const { kind, outcome } of acts) (counts[kind] ??= { done: 0, skipped: 0, failed: 0 })[outcome] += 1;
  return counts;
}

function committedValues({ secrets }: History): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const { owner, fingerprint, valueFingerprint } of secrets) {
    if (owner === undefined || fingerprint === undefined || fingerprint !== valueFingerprint) continue;
    const known = values.get(owner) ?? new Set();
    values.set(owner, known.add(fingerprint));
  }
  return values;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function timesUntilReady({ acts, apiKeys }: History): readonly number[] {
  const readyAt = new Map<string, number>();
  for (const { uid, ready, at } of apiKeys) if (ready && !readyAt.has(uid)) readyAt.set(uid, at);
  return acts.flatMap(({ uid, at }) => {
    const ready = readyAt.get(uid ?? "");
    return ready === undefined ? [] : [ready - at];
  });
}

/** From the loss of a value to another one in its place. */
function timesUntilHealed({ acts, secrets }: History): readonly number[] {
  const losses = acts.filter(
    ({ kind, outcome }) => outcome === "done" && (kind === "delete-secret" || kind === "edit-secret"),
  );
  return losses.flatMap((loss) => {
    const ofName = secrets.filter((secret) => nameOf(secret) === nameOf(loss));
    const lost = ofName.findLast(({ at, gone }) => at <= loss.at && !gone)?.valueFingerprint;
    const healed = ofName.find(
      ({ at, gone, fingerprint, valueFingerprint }) =>
        at > loss.at &&
        !gone &&
        valueFingerprint !== undefined &&
        valueFingerprint === fingerprint &&
        fingerprint !== lost,
    );
    return healed === undefined ? [] : [healed.at - loss.at];
  });
}

/** Sums up times, in milliseconds. */
export function latencies(times: readonly number[]): Latencies {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
  const within = (least: number, most: number): number =>
    sorted.filter((time) => time > least * 1_000 && time <= most * 1_000).length;
  const bars = LIMITS.map((upToSeconds, place) => ({
    upToSeconds,
    count: within(LIMITS[place - 1] ?? -1, upToSeconds),
  }));
  const more = within(LIMITS.at(-1) ?? 0, Number.POSITIVE_INFINITY);
  return {
    count: sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    longest: sorted.at(-1) ?? 0,
    histogram: [...bars, { upToSeconds: "more", count: more }],
  };
}
