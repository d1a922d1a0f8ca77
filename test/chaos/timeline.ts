import { readFile } from "node:fs/promises";
import { IndexedHistory } from "./check/index-of-history.ts";
import type { Violation } from "./check/violation.ts";
import type { ApiKeyVersion, History, SecretVersion } from "./history.ts";

/** Around its creation, a key's own POST is among those of its account. */
const AROUND_MS = 3_000;
/** So far from anything else that was seen of an ApiKey, what happened to the replicas is of no interest. */
const NEAR_MS = 1_500;
const MOST_LINES = 400;
const MOST_LOG_LINES = 40;
const DEBUG = '{"level":"debug"';
const VALUE = /key_(?:test|live)_[A-Za-z0-9]{6,}/g;

interface Entry {
  readonly at: number;
  readonly text: string;
}

/**
 * Everything that was seen of whom a violation is about, in order: requests at the vendor's, versions of ApiKey and
 * Secret, acts, kills. Never a value.
 */
export function timelineOf(history: History, { keyId, uid }: Violation): readonly string[] {
  const index = new IndexedHistory(history);
  const versions = index.versionsOf(uid);
  const [first] = versions;
  const keyIds = new Set(
    [
      keyId,
      ...versions.flatMap(({ status }) => [status.keyId, ...status.previous.map((one) => one.keyId)]),
    ].filter((id) => id !== undefined),
  );
  for (const key of index.ourKeys) if (uid !== undefined && index.ownerOf(key) === uid) keyIds.add(key.id);
  const start = first?.at ?? 0;
  const seen: readonly Entry[] = [
    ...versions.map((version) => ({ at: version.at, text: `ApiKey ${describeApiKey(version)}` })),
    ...index.secretsOf(uid).map((version) => ({ at: version.at, text: `Secret ${describeSecret(version)}` })),
    ...actsOf(history, first),
    ...requestsOf(history, keyIds, index),
    ...keysOf(history, keyIds),
  ];
  const isNear = (at: number): boolean => seen.some((entry) => Math.abs(entry.at - at) < NEAR_MS);
  const entries: readonly Entry[] = [
    ...seen,
    ...history.replicas
      .filter(({ at }) => at >= start && isNear(at))
      .map(({ at, replica, what }) => ({ at, text: `replica ${replica} ${what}` })),
    { at: history.quietAt, text: "quiet begins" },
  ];
  const sorted = entries.toSorted((a, b) => a.at - b.at).map(({ at, text }) => `${clock(at)} ${text}`);
  const left = sorted.length - MOST_LINES;
  return left <= 0 ? sorted : [...sorted.slice(0, MOST_LINES), `... and ${left} more`];
}

function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

function describeApiKey(version: ApiKeyVersion): string {
  const { status, resourceVersion, gone, deleting, ready, reason } = version;
  const abandoned = status.abandoned.map(({ id, op, listings }) => `${id} (${op}, ${listings})`).join(", ");
  const previous = status.previous.map((one) => `${one.keyId} until ${clock(one.revokeAt)}`).join(", ");
  return [
    `${version.name} @${resourceVersion}${gone ? " GONE" : deleting ? " deleting" : ""}`,
    `${ready ? "ready" : "not ready"} ${reason ?? ""} revision ${status.revision} key ${status.keyId ?? "none"}`,
    ...(status.attempt === undefined ? [] : [`attempt ${status.attempt.id} (${status.attempt.op})`]),
    ...(abandoned === "" ? [] : [`abandoned ${abandoned}`]),
    ...(previous === "" ? [] : [`previous ${previous}`]),
  ].join("; ");
}

function describeSecret(version: SecretVersion): string {
  const { resourceVersion, gone, keyId, attempt, fingerprint, valueFingerprint, committedAt } = version;
  const fits = fingerprint !== undefined && fingerprint === valueFingerprint;
  return [
    `@${resourceVersion}${gone ? " GONE" : ""}`,
    `key ${keyId ?? "none"} attempt ${attempt ?? "none"}`,
    `its value ${fits ? "fits" : "does not fit"} the annotation`,
    ...(committedAt === undefined ? [] : [`committed at ${clock(committedAt)}`]),
  ].join("; ");
}

function actsOf({ acts }: History, first: ApiKeyVersion | undefined): readonly Entry[] {
  return acts
    .filter(({ namespace, name }) => namespace === first?.namespace && name === first.name)
    .map(({ at, kind, outcome, keyId }) => ({ at, text: `act ${kind} ${keyId ?? ""} (${outcome})` }));
}

function requestsOf(
  { requests }: History,
  keyIds: ReadonlySet<string>,
  index: IndexedHistory,
): readonly Entry[] {
  const born = index.ourKeys.filter(({ id }) => keyIds.has(id));
  const isNear = (account: string | undefined, at: number): boolean =>
    born.some((key) => key.account === account && Math.abs(key.createdAt - at) < AROUND_MS);
  return requests
    .filter(({ keyId, operation, account, at }) =>
      keyId === undefined ? operation === "createApiKey" && isNear(account, at) : keyIds.has(keyId),
    )
    .map(({ at, operation, keyId, status, fault }) => ({
      at,
      text: `vendor ${operation} ${keyId ?? ""} -> ${status ?? "no answer"}${fault === undefined ? "" : ` (fault: ${fault})`}`,
    }));
}

function keysOf({ final }: History, keyIds: ReadonlySet<string>): readonly Entry[] {
  return final.keys
    .filter(({ id }) => keyIds.has(id))
    .flatMap(({ id, createdAt, revokedAt, description }) => [
      { at: createdAt, text: `vendor: key ${id} exists (${description})` },
      ...(revokedAt === undefined ? [] : [{ at: revokedAt, text: `vendor: key ${id} is revoked` }]),
    ]);
}

/** What the replicas have logged about an ApiKey besides the steps that went well: the last lines. */
export async function logLinesOf(
  history: History,
  uid: string | undefined,
  files: readonly string[],
): Promise<readonly string[]> {
  const [first] = new IndexedHistory(history).versionsOf(uid);
  if (first === undefined) return [];
  const [namespace, name] = [`"namespace":"${first.namespace}"`, `"name":"${first.name}"`];
  const lines: string[] = [];
  for (const [place, file] of files.entries()) {
    for (const line of (await readFile(file, "utf8")).split("\n"))
      if (line.includes(namespace) && line.includes(name) && !line.startsWith(DEBUG))
        lines.push(`replica ${place + 1}: ${line.replaceAll(VALUE, "[a value]")}`);
  }
  return lines.slice(-MOST_LOG_LINES);
}
