import type { KeyFate } from "./check/keys.ts";
import type { Violation } from "./check/violation.ts";
import type { History } from "./history.ts";
import type { ChaosOptions } from "./options.ts";
import type { Latencies, Statistics } from "./statistics.ts";

/** What came of a run: plain data, without a value of a key. */
export interface Report {
  readonly seed: number;
  readonly options: ChaosOptions;
  readonly started: string;
  readonly chaosSeconds: number;
  readonly quietSeconds: number;
  readonly statistics: Statistics;
  /** Faults that were set up between replicas and API server, by name. */
  readonly kubeFaults: Readonly<Record<string, number>>;
  /** Secrets that a person had to delete, as SecretConflict asks for. */
  readonly conflictsResolved: number;
  /** What the administrator wanted to do and could not, by the reason. */
  readonly administratorFailures: Readonly<Record<string, number>>;
  /** Living keys at the end that are not others', by what they are. */
  readonly keys: Readonly<Record<string, number>>;
  /** IDs of living keys that nothing accounts for, and whose being there is explained. */
  readonly unaccountedKeys: Readonly<Record<Unaccounted, readonly string[]>>;
  readonly violations: readonly Violation[];
  /** Everything that was seen of the first ones. */
  readonly stories: readonly Story[];
}

type Unaccounted = "orphaned" | "repeated" | "forgotten" | "rolled-back";

interface Story {
  readonly violation: string;
  readonly timeline: readonly string[];
}

/** Puts a report together. */
export function reportOf(parts: {
  readonly options: ChaosOptions;
  readonly history: History;
  readonly statistics: Statistics;
  readonly kubeFaults: Readonly<Record<string, number>>;
  readonly conflictsResolved: number;
  readonly administratorFailures: Readonly<Record<string, number>>;
  readonly fates: readonly KeyFate[];
  readonly violations: readonly Violation[];
  readonly stories: readonly Story[];
}): Report {
  const { options, history, fates } = parts;
  const keys: Record<string, number> = {};
  for (const { kind } of fates) keys[kind] = (keys[kind] ?? 0) + 1;
  return {
    seed: options.seed,
    options,
    started: new Date(history.startedAt).toISOString(),
    chaosSeconds: (history.quietAt - history.startedAt) / 1_000,
    quietSeconds: (history.endedAt - history.quietAt) / 1_000,
    statistics: parts.statistics,
    kubeFaults: parts.kubeFaults,
    conflictsResolved: parts.conflictsResolved,
    administratorFailures: parts.administratorFailures,
    keys,
    unaccountedKeys: {
      orphaned: idsOf(fates, "orphaned"),
      repeated: idsOf(fates, "repeated"),
      forgotten: idsOf(fates, "forgotten"),
      "rolled-back": idsOf(fates, "rolled-back"),
    },
    violations: parts.violations,
    stories: parts.stories,
  };
}

function idsOf(fates: readonly KeyFate[], wanted: KeyFate["kind"]): readonly string[] {
  return fates.flatMap(({ kind, key }) => (kind === wanted ? [key.id] : []));
}

/** How a report reads. */
export function describeReport(report: Report): string {
  const { statistics: s } = report;
  const acts = Object.entries(s.acts).map(
    ([kind, { done, skipped, failed }]) =>
      `${kind} ${done}${skipped === 0 ? "" : ` (and ${skipped} without effect)`}${failed === 0 ? "" : ` (and ${failed} that failed)`}`,
  );
  return [
    `seed ${report.seed}: ${report.chaosSeconds.toFixed(0)} s of chaos, ${report.quietSeconds.toFixed(0)} s of quiet`,
    `  acts          ${acts.join(", ")}`,
    `  replicas      ${s.kills} kills, ${s.freezes} freezes, ${s.rollbacks} rollbacks of etcd`,
    `  vendor        ${s.vendorRequests} requests; faults: ${listed(s.vendorFaults)}`,
    `  API server    faults set up: ${listed(report.kubeFaults)}`,
    `  ApiKeys       ${s.apiKeys.declared} declared, ${s.apiKeys.atTheEnd} at the end`,
    `  keys          ${s.mints} minted, ${s.rolls} rolls, ${s.revocations} revoked, ${s.rotations} values replaced; alive: ${listed(report.keys)}`,
    `  attempts      ${s.unknown} of unknown outcome; seen of them: ${listed(s.outcomes)}`,
    `  left          ${s.lost} keys lost, ${s.orphaned} orphaned, ${s.repeated} repeated`,
    ...Object.entries(report.unaccountedKeys).flatMap(([kind, ids]) =>
      ids.map((id) => `                ${kind}: ${id}`),
    ),
    `  by hand       ${report.conflictsResolved} conflicts resolved; acts of the administrator that failed: ${listed(report.administratorFailures)}`,
    `  until ready   ${describeLatencies(s.untilReady)}`,
    `  until recovered ${describeLatencies(s.untilRecovered)}`,
    `  until healed  ${describeLatencies(s.untilHealed)}`,
    ...report.violations.map(({ rule, text }) => `  VIOLATION (${rule}) ${text}`),
    ...report.stories.flatMap(({ violation, timeline }) => [
      `  what was seen of: ${violation}`,
      ...timeline.map((line) => `    ${line}`),
    ]),
    report.violations.length === 0
      ? `seed ${report.seed}: the history is right`
      : `seed ${report.seed}: ${report.violations.length} violations`,
  ].join("\n");
}

function listed(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function describeLatencies({ count, p50, p90, p99, longest, histogram }: Latencies): string {
  const bars = histogram.filter((bar) => bar.count > 0).map((bar) => `<=${bar.upToSeconds} s: ${bar.count}`);
  return `${count} times: p50 ${seconds(p50)}, p90 ${seconds(p90)}, p99 ${seconds(p99)}, longest ${seconds(longest)} (${bars.join(", ")})`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
