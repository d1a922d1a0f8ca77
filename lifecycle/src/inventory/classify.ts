import { isAdoption, isLeftBy, type Attempt } from "../attempt.ts";
import { isClaimed, type RemoteKey } from "../evidence.ts";
import { attemptOf, isNamed } from "../plan/records/named-keys.ts";
import type { StatusRecord } from "../plan/view/status.ts";
import type { CommitRecord } from "../plan/view/secret.ts";
import { ADOPTED, parseTag, type Tag } from "../tag.ts";
import type { Timing } from "../timing.ts";

/** What Kubernetes records of one ApiKey's keys. */
export interface OwnerRecords {
  readonly status: StatusRecord;
  /** The record in its Secret, where the Secret names this ApiKey as its owner. */
  readonly secret: CommitRecord | undefined;
}

/**
 * What a listed key is to this installation.
 *
 * - `managed`: the status or the Secret of the ApiKey in its tag names it, or an attempt under way does.
 * - `abandoned`: an attempt left it whose value nobody has seen; `repeated` where the attempt has a key already. Or an
 *   adoption that was given up has left its tag on it.
 * - `unaccounted`: our tag, and no record knows it. It may run in somebody's Pods all the same.
 * - `foreign`: anybody else's.
 */
export type KeyClass =
  | { readonly kind: "managed" | "unaccounted" | "foreign" }
  | { readonly kind: "abandoned"; readonly repeated: boolean };

/** The kinds of {@link KeyClass}, as counts and metrics name them. */
export const KEY_KINDS = ["managed", "abandoned", "unaccounted", "foreign"] as const;

/** One of {@link KEY_KINDS}. */
export type KeyKind = (typeof KEY_KINDS)[number];

/** What a key is judged with. */
export interface Inventory {
  readonly installation: string;
  /** Installations that this one takes over from. */
  readonly previousInstallations?: readonly string[] | undefined;
  /** Every key of the listing, by its ID. */
  readonly listed: ReadonlyMap<string, RemoteKey>;
  /** The IDs that the status of any ApiKey names: a description edited by hand loses nothing that is recorded. */
  readonly named: ReadonlySet<string>;
  readonly timing: Timing;
}

/**
 * Judges one key of a complete listing. Pure: the caller reads the records, and reads those of a key that is not
 * `managed` again, live and after the listing, before it believes the answer: a write-ahead always precedes its key.
 *
 * @param records of the ApiKey that the key's tag names; `undefined` where there is none.
 */
export function classifyKey(
  key: RemoteKey,
  records: OwnerRecords | undefined,
  inventory: Inventory,
): KeyClass {
  const tag = parseTag(key.description);
  if (tag === undefined) return { kind: inventory.named.has(key.id) ? "managed" : "foreign" };
  if (!isClaimed(tag.installation, inventory)) return { kind: "foreign" };
  if (records === undefined) return { kind: "unaccounted" };
  return classifyOwn(key, tag, records, inventory);
}

function classifyOwn(
  key: RemoteKey,
  tag: Tag,
  { status, secret }: OwnerRecords,
  { listed, timing }: Inventory,
): KeyClass {
  if (isNamed(status, key.id) || status.attempt?.id === tag.attempt) return { kind: "managed" };
  // Abandoned beats what a Secret says: its annotations can be written by others, or by a writer that was fenced off.
  if (status.abandoned.some((attempt) => isLeftBy(key, attempt, timing) || isTaggedBy(tag, attempt)))
    return { kind: "abandoned", repeated: false };
  if (isRepeated(key, tag, status, listed, timing)) return { kind: "abandoned", repeated: true };
  const beside = secret?.keyId === key.id || secret?.previous.some(({ keyId }) => keyId === key.id) === true;
  const dropped = status.abandoned.some(({ id }) => id === tag.attempt);
  return { kind: beside && !dropped ? "managed" : "unaccounted" };
}

/** Whether an adoption that was given up has left its tag: that is taken off, and nothing revoked. */
function isTaggedBy(tag: Tag, attempt: Attempt): boolean {
  return isAdoption(attempt) && tag.attempt === attempt.id;
}

/** A second key of one attempt, made while the first was: something on the way has repeated the request. */
function isRepeated(
  key: RemoteKey,
  tag: Tag,
  status: StatusRecord,
  listed: ReadonlyMap<string, RemoteKey>,
  timing: Timing,
): boolean {
  const recorded = [status.keyId, ...status.previous.map(({ keyId }) => keyId)];
  // Nobody has asked for a key that was adopted.
  if (tag.revision === ADOPTED) return false;
  return recorded.some((keyId) => {
    const first = keyId === undefined ? undefined : listed.get(keyId);
    if (first === undefined || attemptOf(status, first) !== tag.attempt) return false;
    return Math.abs(first.createdAt - key.createdAt) <= timing.attemptLifetime;
  });
}
