import {
  isProblem,
  ownerOf,
  type DesiredKey,
  type Problem,
  type SecretView,
  type StatusRecord,
} from "../index.ts";
import type { StoredObject, StoredSecret } from "./stored.ts";
import { fingerprintOf, hintOf } from "./vendor.ts";

/** The part of an ApiKey that a write of its status replaces. */
export type WrittenStatus = Pick<StoredObject, "status" | "verdict" | "observedGeneration">;

/** The ApiKey for which a Secret is read, as its reader knows it. */
export interface Reader {
  readonly uid: string;
  readonly mode: string;
  /** Whether an entry for the previous value is declared. */
  readonly keepsPrevious: boolean;
  /** Of the value that the status records. */
  readonly fingerprint: string | undefined;
  /** Of the values of the keys that it records as retiring. */
  readonly retiring: readonly string[];
}

/**
 * How records become objects of Kubernetes and are read again. The model has a plain one, which loses nothing; the
 * explorer takes the one that ships.
 */
export interface Codecs {
  /** What a status reads as once it was written. */
  readonly status: (written: WrittenStatus) => WrittenStatus;
  /** How the rules see a Secret. */
  readonly secret: (secret: StoredSecret, reader: Reader, read: "cached" | "live") => SecretView;
}

/** An ApiKey as the one for which a Secret is read. */
export function readerOf(object: {
  readonly uid: string;
  readonly desired: DesiredKey | Problem;
  readonly status: Pick<StatusRecord, "fingerprint" | "previous">;
}): Reader {
  const { uid, desired, status } = object;
  const { mode, keepsPrevious } = isProblem(desired) ? { mode: "", keepsPrevious: false } : desired;
  const retiring = status.previous.flatMap((each) => each.fingerprint ?? []);
  return { uid, mode, keepsPrevious: keepsPrevious === true, fingerprint: status.fingerprint, retiring };
}

/** The entry of another user, where a Secret has one. */
export const THEIRS = "THEIRS";

/** Writes nothing down: what is read is what was written. */
export const PLAIN: Codecs = { status: (written) => written, secret: plainSecret };

function plainSecret(secret: StoredSecret, { uid }: Reader, read: "cached" | "live"): SecretView {
  const { owner, value, previous, record } = secret;
  const texts = [value, previous].filter((text) => text !== undefined);
  return {
    state: "present",
    read,
    uid: secret.uid,
    resourceVersion: secret.resourceVersion,
    owner: owner === uid ? "this" : owner === undefined ? "none" : "other",
    ...(owner === undefined || owner === uid ? {} : { ownedBy: ownerOf(owner) }),
    record,
    fingerprint: value === undefined ? undefined : fingerprintOf(value),
    hint: value === undefined ? undefined : hintOf(value),
    mode: value === undefined ? undefined : "live",
    previous: previous === undefined ? undefined : fingerprintOf(previous),
    entries: texts.map(fingerprintOf),
    foreign: secret.foreign === true ? [THEIRS] : [],
    taken: undefined,
    immutable: false,
    shape: owner === uid && record !== undefined ? "declared" : "different",
    touchedFor: secret.touchedFor,
  };
}
