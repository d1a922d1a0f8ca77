import {
  isWorkUnderWay,
  MINT_REASONS,
  type AbandonedAttempt,
  type Attempt,
  type RestartRecord,
  type Retiring,
  type StatusRecord,
  type Verdict,
} from "@signatureapi-keys/lifecycle";
import { apiKeyStatusSchema, type ApiKeyStatus } from "../resources/apikey.ts";
import { isReason, reportConditions } from "../resources/conditions.ts";
import { UNOBSERVED, type Condition } from "../resources/schema.ts";
import { sharedText } from "../shared-values.ts";
import { readTime, writeTime } from "./times.ts";

/** What Ready says where something else is wrong with the key. */
const DELIVERED = { reason: "KeyDelivered", message: "the key's value is in the Secret" } as const;

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
  if (!parsed.success)
    return { record: EMPTY, verdict: undefined, observedGeneration: UNOBSERVED, conditions: [] };
  const { conditions = [], observedGeneration = UNOBSERVED, ...fields } = parsed.data;
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
  const { installation, accountId } = plain;
  return defined({
    ...plain,
    revision: plain.revision ?? 0,
    installation: installation && sharedText(installation),
    accountId: accountId && sharedText(accountId),
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
  const condition = find("Ready");
  if (condition === undefined) return undefined;
  const ready = condition.status === "True";
  const blocking = find("Stalled") ?? find("Reconciling");
  // As an older version has left it: next to Ready it is to be written anew.
  if (ready && blocking !== undefined) return undefined;
  const more = ready ? find("Degraded") : blocking;
  const { reason, message } = more ?? condition;
  if (!isReason(reason)) return undefined;
  const isWork = more !== undefined || (ready && isWorkUnderWay(reason));
  return {
    ready,
    reason,
    message,
    progress: !isWork ? "settled" : more?.type === "Stalled" ? "stalled" : "reconciling",
  };
}

/** `metadata.generation` when the object was looked at, and the one that the status speaks of. */
export interface Generations {
  readonly generation: number;
  readonly reported: number;
}

/**
 * The conditions that give a verdict. A delivered key stays Ready, whatever else is the matter: usual work on it is the
 * reason of Ready, and anything else makes it Degraded.
 */
export function conditionsOf(
  { ready, reason, message, progress }: Verdict,
  before: readonly Condition[],
  { generation, reported }: Generations,
  now: Date,
): readonly Condition[] {
  const said = { reason, message };
  const isUsual = reason === "KeyDelivered" || isWorkUnderWay(reason);
  const holds = {
    holds: ready,
    observedGeneration: Math.max(0, reported),
    ...(ready && !isUsual ? DELIVERED : said),
  };
  if (progress === "settled" || (ready && isUsual))
    return reportConditions(before, { ready: holds }, generation, now);
  const type = ready ? "Degraded" : progress === "stalled" ? "Stalled" : "Reconciling";
  return reportConditions(before, { ready: holds, more: { type, ...said } }, generation, now);
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
