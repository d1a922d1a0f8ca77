import {
  MINT_REASONS,
  type AbandonedAttempt,
  type Attempt,
  type Reason,
  type RestartRecord,
  type Retiring,
  type StatusRecord,
  type Verdict,
} from "@signatureapi-keys/lifecycle";
import { apiKeyStatusSchema, type ApiKeyStatus } from "../resources/apikey.ts";
import { isReason, reportConditions } from "../resources/conditions.ts";
import type { Condition } from "../resources/schema.ts";
import { readTime, writeTime } from "./times.ts";

const EMPTY: StatusRecord = { revision: 0, abandoned: [], previous: [] };

/** What a status says, as the rules know it. A status that cannot be read counts as lost, not as an error. */
export interface ReadStatus {
  readonly record: StatusRecord;
  readonly verdict: Verdict | undefined;
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
}

/** Reads a status. */
export function readStatus(status: unknown): ReadStatus {
  const parsed = apiKeyStatusSchema.safeParse(status ?? {});
  if (!parsed.success) return { record: EMPTY, verdict: undefined, observedGeneration: 0, conditions: [] };
  const { conditions = [], observedGeneration = 0, ...fields } = parsed.data;
  return { record: readRecord(fields), verdict: readVerdict(conditions), observedGeneration, conditions };
}

function readRecord(fields: Omit<ApiKeyStatus, "conditions" | "observedGeneration">): StatusRecord {
  const {
    attempt,
    abandoned = [],
    previous = [],
    createdAt,
    lastRotatedAt,
    recordedAt,
    nextRotationAt,
    restart,
    ...plain
  } = fields;
  return defined({
    ...plain,
    revision: plain.revision ?? 0,
    createdAt: readTime(createdAt),
    lastRotatedAt: readTime(lastRotatedAt),
    recordedAt: readTime(recordedAt),
    nextRotationAt: readTime(nextRotationAt),
    attempt: attempt === undefined ? undefined : readAttempt(attempt),
    abandoned: abandoned.map((entry): AbandonedAttempt =>
      defined({
        ...readAttempt(entry),
        abandonedAt: Date.parse(entry.abandonedAt),
        listings: entry.listings,
        listedAt: readTime(entry.listedAt),
        undelivered: entry.undelivered,
        refused: entry.refused,
        hints: entry.hints,
      }),
    ),
    previous: previous.map((entry): Retiring =>
      defined({
        ...entry,
        revokeAt: Date.parse(entry.revokeAt),
        replacedAt: readTime(entry.replacedAt),
      }),
    ),
    restart: restart === undefined ? undefined : readRestart(restart),
  });
}

function readRestart(entry: NonNullable<ApiKeyStatus["restart"]>): RestartRecord {
  const { fingerprint, committedAt, restartedAt, completedAt } = entry;
  return defined({
    fingerprint,
    committedAt: readTime(committedAt) ?? 0,
    restartedAt: readTime(restartedAt),
    completedAt: readTime(completedAt),
  });
}

function writeRestart(record: RestartRecord): NonNullable<ApiKeyStatus["restart"]> {
  const { fingerprint, committedAt, restartedAt, completedAt } = record;
  return defined({
    fingerprint,
    committedAt: new Date(committedAt).toISOString(),
    restartedAt: writeTime(restartedAt),
    completedAt: writeTime(completedAt),
  });
}

function readAttempt(entry: NonNullable<ApiKeyStatus["attempt"]>): Attempt {
  const { id, op, keyId, revision, startedAt, reason, description, taggedAt } = entry;
  const known = MINT_REASONS.find((candidate) => candidate === reason) ?? "Declared";
  return defined({
    id,
    op,
    keyId,
    revision,
    startedAt: Date.parse(startedAt),
    reason: known,
    description,
    taggedAt: readTime(taggedAt),
  });
}

function readVerdict(conditions: readonly Condition[]): Verdict | undefined {
  const find = (type: string): Condition | undefined =>
    conditions.find(
      (condition) => condition.type === type && (type === "Ready" || condition.status === "True"),
    );
  const ready = find("Ready");
  const progress = find("Stalled") ?? find("Reconciling");
  // A delivered key stays Ready, so what else is wrong is in the other condition.
  const reported = progress ?? ready;
  if (ready === undefined || reported === undefined || !isReason(reported.reason)) return undefined;
  return {
    ready: ready.status === "True",
    reason: reported.reason,
    message: reported.message,
    progress: progress === undefined ? "settled" : progress.type === "Stalled" ? "stalled" : "reconciling",
  };
}

/** The conditions that give a verdict. A delivered key stays Ready, whatever else is the matter. */
export function conditionsOf(
  verdict: Verdict,
  before: readonly Condition[],
  generation: number,
  now: Date,
): readonly Condition[] {
  const { ready, reason, message, progress } = verdict;
  const readyReason: Reason = ready ? "KeyDelivered" : reason;
  const readyMessage = ready && reason !== "KeyDelivered" ? "the key's value is in the Secret" : message;
  const report = { ready: { holds: ready, reason: readyReason, message: readyMessage } };
  if (progress === "settled") return reportConditions(before, report, generation, now);
  const type = progress === "stalled" ? "Stalled" : "Reconciling";
  return reportConditions(before, { ...report, progress: { type, reason, message } }, generation, now);
}

/** Writes a status. */
export function writeStatus(
  record: StatusRecord,
  conditions: readonly Condition[],
  generation: number,
): ApiKeyStatus {
  const {
    attempt,
    abandoned,
    previous,
    createdAt,
    lastRotatedAt,
    recordedAt,
    nextRotationAt,
    restart,
    ...plain
  } = record;
  return defined({
    ...plain,
    observedGeneration: generation,
    conditions: [...conditions],
    createdAt: writeTime(createdAt),
    lastRotatedAt: writeTime(lastRotatedAt),
    recordedAt: writeTime(recordedAt),
    nextRotationAt: writeTime(nextRotationAt),
    attempt: attempt === undefined ? undefined : writeAttempt(attempt),
    abandoned: abandoned.length === 0 ? undefined : abandoned.map(writeAbandoned),
    previous: previous.length === 0 ? undefined : previous.map(writeRetiring),
    restart: restart === undefined ? undefined : writeRestart(restart),
  });
}

function writeAttempt(attempt: Attempt): NonNullable<ApiKeyStatus["attempt"]> {
  const { startedAt, taggedAt, ...plain } = attempt;
  return defined({
    ...plain,
    startedAt: new Date(startedAt).toISOString(),
    taggedAt: writeTime(taggedAt),
  });
}

function writeAbandoned(entry: AbandonedAttempt): NonNullable<ApiKeyStatus["abandoned"]>[number] {
  const { abandonedAt, listings, listedAt, undelivered, refused, hints, ...attempt } = entry;
  return defined({
    ...writeAttempt(attempt),
    abandonedAt: new Date(abandonedAt).toISOString(),
    listings,
    listedAt: writeTime(listedAt),
    undelivered,
    refused,
    hints: hints === undefined ? undefined : [...hints],
  });
}

/** As a status has it, and the record next to a value. */
export function writeRetiring(entry: Retiring): NonNullable<ApiKeyStatus["previous"]>[number] {
  const { keyId, revokeAt, replacedAt, fingerprint, attempt, reason } = entry;
  return defined({
    keyId,
    attempt,
    revokeAt: new Date(revokeAt).toISOString(),
    replacedAt: writeTime(replacedAt),
    fingerprint,
    reason,
  });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the fields that are undefined. */
function defined<T extends object>(object: T): Defined<T> {
  // oxlint-disable-next-line no-unsafe-type-assertion -- Object.entries forgets the names; the filter is what Defined says
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
