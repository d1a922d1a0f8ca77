import { fingerprintOf } from "@signatureapi-keys/management-api";
import { MOST_RETIRING, own, type CommitRecord, type Retiring } from "@signatureapi-keys/lifecycle";
import * as z from "zod";
import type { KubeObject, ObjectMeta } from "../kube/index.ts";
import { MANAGED_BY_LABEL, SECRET_ANNOTATIONS as A } from "../resources/names.ts";
import type { Secret } from "../resources/types.ts";
import { sharedText, SharedValues } from "../shared-values.ts";
import { writeRetiring } from "./status-codec.ts";
import { readTime } from "./times.ts";

/**
 * What is kept of a Secret: everything the rules need, and no value. Caches hold this, so that the memory of
 * the process does not hold every key of the cluster.
 */
export type SecretFacts = KubeObject & {
  readonly kept: "facts";
  readonly type: string;
  readonly immutable: boolean;
  /** Twelve hex digits of the SHA-256 of each entry, or {@link UNHASHED}. */
  readonly entries: Readonly<Record<string, string>>;
  /** Who has set each entry last, as `managedFields` names them; where nothing is known, no entry is named. */
  readonly writers: Readonly<Record<string, readonly string[]>>;
  /** What can be seen of each entry that looks like a key of the vendor's. */
  readonly keys: Readonly<Record<string, VisibleKey>>;
};

/** What may be shown of a value. */
interface VisibleKey {
  /** Its last four characters. */
  readonly hint: string;
  /** What its prefix says, such as `test` or `live`. */
  readonly mode: string;
}

/** Stands for the fingerprint of an entry of which only the name matters. It is that of no value. @internal */
export const UNHASHED = "unhashed";
/** So many entries are hashed whatever they are; of more, those that can hold a value of ours, or that we have written. */
const HASHED_ENTRIES = 64;

/** Reduces a Secret to its facts. What this costs does not grow with entries that no ApiKey has named. */
export function secretFacts(secret: Secret): SecretFacts {
  const { apiVersion, kind, metadata, data = {} } = secret;
  const encoded = Object.entries(data);
  const written = encoded.length > HASHED_ENTRIES ? writtenEntries(metadata.annotations) : undefined;
  const keys: [string, VisibleKey][] = [];
  const entries = encoded.map(([name, base64]) => {
    const isRest = written !== undefined && !written.has(name) && !base64.startsWith(PREFIX_BASE64);
    if (isRest) return [name, UNHASHED] as const;
    const value = Buffer.from(base64, "base64");
    const key = visibleKey(value);
    if (key !== undefined) keys.push([name, key]);
    return [name, fingerprintOf(value)] as const;
  });
  return {
    apiVersion: sharedText(apiVersion),
    kind,
    metadata: withoutSecrets(metadata),
    kept: "facts",
    type: sharedText(secret.type ?? "Opaque"),
    immutable: secret.immutable ?? false,
    entries: Object.fromEntries(entries),
    writers: writersOf.alike(readWriters(metadata)),
    keys: Object.fromEntries(keys),
  };
}

/** The entries that the record beside the values names. */
function writtenEntries(annotations: Readonly<Record<string, string>> = {}): ReadonlySet<string> {
  const names = new Set([annotations[A.entry] ?? ""]);
  try {
    const { entries } = writtenSchema.parse(JSON.parse(annotations[A.written] ?? "{}"));
    for (const name of Object.keys(entries)) names.add(name);
  } catch {
    // A record that is damaged names nothing.
  }
  return names;
}

const writtenSchema = z.looseObject({ entries: z.record(z.string(), z.unknown()) });

// kubectl's apply keeps the whole manifest in an annotation, and managedFields names every field.
function withoutSecrets(metadata: ObjectMeta): ObjectMeta {
  const { managedFields: _dropped, annotations, ...rest } = metadata;
  const { "kubectl.kubernetes.io/last-applied-configuration": _applied, ...kept } = annotations ?? {};
  return {
    ...rest,
    ...(rest.labels !== undefined && { labels: withSharedTexts(rest.labels) }),
    annotations: withSharedTexts(kept),
  };
}

/** What the Secrets of a fleet have in common; other labels and annotations are unlike for each Secret. */
const ALIKE = [MANAGED_BY_LABEL, A.account, A.entry, A.written];

function withSharedTexts(texts: Readonly<Record<string, string>>): Record<string, string> {
  const shared = { ...texts };
  for (const name of ALIKE) {
    const text = own(shared, name);
    if (text !== undefined) shared[name] = sharedText(text);
  }
  return shared;
}

const managedFieldsSchema = z.array(
  z.looseObject({
    manager: z.string().optional(),
    fieldsV1: z.looseObject({ "f:data": z.record(z.string(), z.unknown()).optional() }).optional(),
  }),
);

const writersOf = new SharedValues<SecretFacts["writers"]>();

function readWriters({ managedFields }: ObjectMeta): SecretFacts["writers"] {
  const { success, data } = managedFieldsSchema.safeParse(managedFields ?? []);
  const writers = new Map<string, string[]>();
  for (const { manager = "", fieldsV1 } of success ? data : []) {
    for (const field of Object.keys(fieldsV1?.["f:data"] ?? {})) {
      // `.` is the map itself; an entry is `f:` and its name.
      if (!field.startsWith("f:")) continue;
      const name = field.slice(2);
      writers.set(name, [...(writers.get(name) ?? []), manager]);
    }
  }
  return Object.fromEntries(writers);
}

const PREFIX = Buffer.from("key_");
/** How Base64 of what begins so begins, as far as its bits go. */
const PREFIX_BASE64 = "a2V5X";

/** Every Secret of the cluster comes by here, and few are keys: only what begins like one is made a text of. */
function visibleKey(value: Buffer): VisibleKey | undefined {
  if (!value.subarray(0, PREFIX.length).equals(PREFIX)) return undefined;
  const text = value.toString("utf8");
  const mode = /^key_([a-z]+)_/.exec(text)?.[1];
  return mode !== undefined && text.length >= 16 ? { hint: text.slice(-4), mode } : undefined;
}

/** What is known of the value that is looked for in a Secret. */
export interface Sought {
  /** The entry that the spec declares. */
  readonly entry: string;
  /** The entry that it declares for the previous value, which is never taken for the current one. */
  readonly previousEntry: string | undefined;
  /** The fingerprint of the value that the status records. */
  readonly fingerprint: string | undefined;
}

/**
 * The entry that holds the value: the one that the record beside it names, or the declared one. Where that record was
 * stripped or edited, or the entry renamed since, the recorded value can still be in another.
 */
export function valueEntry(
  { metadata: { annotations = {} }, entries }: SecretFacts,
  { entry, previousEntry, fingerprint }: Sought,
): string {
  const named = annotations[A.entry] ?? entry;
  const there = own(entries, named);
  if (there !== undefined && (there === annotations[A.fingerprint] || there === fingerprint)) return named;
  const holds = (name: string): boolean => entries[name] === fingerprint && name !== previousEntry;
  return Object.keys(entries).find(holds) ?? named;
}

const previousSchema = z.array(
  z.object({
    keyId: z.string(),
    revokeAt: z.string(),
    replacedAt: z.string().optional(),
    fingerprint: z.string().optional(),
    reason: z.string(),
  }),
);

/** The annotations that a commit writes next to the value. */
export function commitAnnotations(record: CommitRecord, ownerUid: string): Record<string, string> {
  return {
    [A.owner]: ownerUid,
    [A.keyId]: record.keyId,
    [A.account]: record.accountId,
    [A.revision]: String(record.revision),
    [A.attempt]: record.attempt,
    [A.fingerprint]: record.fingerprint,
    [A.createdAt]: new Date(record.createdAt).toISOString(),
    [A.committedAt]: new Date(record.committedAt).toISOString(),
    ...(record.previous.length === 0
      ? {}
      : { [A.previous]: JSON.stringify(record.previous.slice(-MOST_RETIRING).map(besideValue)) }),
    ...(record.obeyedTrigger === undefined ? {} : { [A.trigger]: record.obeyedTrigger }),
    ...(record.obeyedRotate === undefined ? {} : { [A.rotate]: record.obeyedRotate }),
    ...(record.obeyedEmergency === undefined ? {} : { [A.emergency]: record.obeyedEmergency }),
    ...(record.obeyedAdopt === undefined ? {} : { [A.adopt]: record.obeyedAdopt }),
  };
}

/** Only the status says which attempt has made a key, since that is a reason to revoke another one. */
function besideValue({ attempt: _omitted, ...retiring }: Retiring): object {
  return writeRetiring(retiring);
}

/** Reads the record of a commit; `undefined` where annotations are missing or damaged. They prove nothing by themselves. */
export function readCommit(facts: SecretFacts, hint: string | undefined): CommitRecord | undefined {
  const annotations = facts.metadata.annotations ?? {};
  const [keyId, accountId, attempt, fingerprint] = [A.keyId, A.account, A.attempt, A.fingerprint].map(
    (name) => annotations[name],
  );
  const revision = Number(annotations[A.revision]);
  const createdAt = readTime(annotations[A.createdAt]);
  const committedAt = readTime(annotations[A.committedAt]);
  if (keyId === undefined || accountId === undefined || attempt === undefined || fingerprint === undefined)
    return undefined;
  if (!Number.isSafeInteger(revision) || createdAt === undefined || committedAt === undefined)
    return undefined;
  const [trigger, rotate, emergency, adopt] = [A.trigger, A.rotate, A.emergency, A.adopt].map(
    (name) => annotations[name],
  );
  const previous = readPrevious(annotations[A.previous]);
  const record = {
    keyId,
    accountId,
    attempt,
    fingerprint,
    revision,
    createdAt,
    committedAt,
    previous,
    hint: hint ?? "",
  };
  return {
    ...record,
    ...(trigger === undefined ? {} : { obeyedTrigger: trigger }),
    ...(rotate === undefined ? {} : { obeyedRotate: rotate }),
    ...(emergency === undefined ? {} : { obeyedEmergency: emergency }),
    ...(adopt === undefined ? {} : { obeyedAdopt: adopt }),
  };
}

/** Of a list that is longer than what we write, the rest is not read: each of its keys costs a request. */
function readPrevious(text: string | undefined): readonly Retiring[] {
  if (text === undefined) return [];
  try {
    const entries = previousSchema.parse(JSON.parse(text));
    return entries.slice(-MOST_RETIRING).flatMap(({ keyId, revokeAt, replacedAt, fingerprint, reason }) => {
      const [end, begin] = [readTime(revokeAt), readTime(replacedAt)];
      if (end === undefined || (begin === undefined && replacedAt !== undefined)) return [];
      const at = begin === undefined ? {} : { replacedAt: begin };
      const value = fingerprint === undefined ? {} : { fingerprint };
      return [{ keyId, revokeAt: end, ...at, ...value, reason }];
    });
  } catch {
    return [];
  }
}
