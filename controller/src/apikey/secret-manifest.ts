import { hash } from "node:crypto";
import { keptPrevious, type CommitRecord } from "@signatureapi-keys/lifecycle";
import { fingerprintOf, type KeyValue } from "@signatureapi-keys/management-api";
import { revealKeyValue } from "@signatureapi-keys/management-api/reveal";
import type { Manifest, ManifestMeta } from "../kube/index.ts";
import { fillTemplate } from "../validation/secret-rules.ts";
import type { ApiKeySpec } from "../resources/apikey.ts";
import { APIKEY_LABEL, MANAGED_BY, MANAGED_BY_LABEL, SECRET_ANNOTATIONS as A } from "../resources/names.ts";
import type { Secret } from "../resources/types.ts";
import { commitAnnotations, type SecretFacts } from "./secret-facts.ts";
import { readWritten, type Written } from "./written.ts";

/** What the Secret is made of besides the value. */
export interface SecretPlan {
  readonly namespace: string;
  readonly name: string;
  readonly apiKey: { readonly name: string; readonly uid: string };
  readonly spec: ApiKeySpec;
  readonly record: CommitRecord;
  /** The entries of the Secret that is replaced which others have put there; none by default. */
  readonly foreign?: readonly string[];
}

/**
 * The Secret to write: value and record in one object, and so in one atomic write.
 *
 * This is the one place of the controller where a value is taken out of its wrapper.
 *
 * @param before the Secret that is replaced: other people's metadata and entries are kept, ours are pruned.
 * @throws TypeError if an entry of others has the name of one of ours: no plan asks for that.
 */
export function secretManifest(plan: SecretPlan, value: KeyValue, before?: Secret): Manifest<Secret> {
  const data = { ...entriesOf(plan, revealKeyValue(value)), ...previousEntry(plan, before) };
  const written: Written = {
    shape: shapeOf(plan.spec, plan.apiKey.name),
    labels: Object.keys(plan.spec.secret.labels ?? {}),
    annotations: Object.keys(plan.spec.secret.annotations ?? {}),
    entries: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, fingerprintOf(text)])),
  };
  const old = before === undefined ? undefined : readWritten(before.metadata.annotations);
  return {
    metadata: metadataOf(plan, written, old, before),
    type: plan.spec.secret.type,
    data: {
      ...othersData(plan, data, before),
      ...Object.fromEntries(
        Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString("base64")]),
      ),
    },
  };
}

function othersData(
  { name, foreign = [] }: SecretPlan,
  data: Readonly<Record<string, string>>,
  before: Secret | undefined,
): Record<string, string> {
  const taken = Object.keys(data).find((entry) => foreign.includes(entry));
  if (taken !== undefined) throw new TypeError(`entry ${taken} of Secret ${name} is another user's`);
  return only(before?.data, foreign);
}

/**
 * The Secret without our labels and annotations. What the spec declares of them stays: the users of a Secret that is
 * retained may select it by them.
 */
export function releasedSecret(before: Secret): Secret {
  const { labels, annotations } = before.metadata;
  const ours = labels?.[MANAGED_BY_LABEL] === MANAGED_BY ? [MANAGED_BY_LABEL, APIKEY_LABEL] : [APIKEY_LABEL];
  const metadata = {
    ...before.metadata,
    labels: without(labels, ours),
    annotations: without(annotations, Object.values(A)),
  };
  return { ...before, metadata };
}

/** The Secret with nothing of what we wrote, but for entries that are kept. */
export function strippedSecret(before: Secret, keep: readonly string[]): Secret {
  const written = readWritten(before.metadata.annotations);
  const released = releasedSecret(before);
  const { labels, annotations } = released.metadata;
  const metadata = {
    ...released.metadata,
    labels: without(labels, written?.labels ?? []),
    annotations: without(annotations, written?.annotations ?? []),
  };
  return { ...released, metadata, data: only(before.data, keep) };
}

/** The Secret with nothing changed but the mark that a recovery has been here: its resourceVersion moves. */
export function touchedSecret(before: Secret, attempt: string): Secret {
  const annotations = { ...before.metadata.annotations, [A.touched]: attempt };
  return { ...before, metadata: { ...before.metadata, annotations } };
}

function metadataOf(
  plan: SecretPlan,
  written: Written,
  old: Written | undefined,
  before: Secret | undefined,
): ManifestMeta {
  const { secret } = plan.spec;
  const ours = Object.values(A).filter((name) => name !== A.touched);
  return {
    ...before?.metadata,
    name: plan.name,
    namespace: plan.namespace,
    labels: {
      ...without(before?.metadata.labels, old?.labels ?? []),
      ...secret.labels,
      ...ownLabels(plan.apiKey.name),
    },
    annotations: {
      ...without(before?.metadata.annotations, [...(old?.annotations ?? []), ...ours]),
      ...secret.annotations,
      ...commitAnnotations(plan.record, plan.apiKey.uid),
      [A.entry]: secret.key,
      [A.written]: JSON.stringify(written),
    },
  };
}

function ownLabels(apiKeyName: string): Record<string, string> {
  return { [MANAGED_BY_LABEL]: MANAGED_BY, [APIKEY_LABEL]: apiKeyName };
}

function entriesOf({ spec, record }: SecretPlan, key: string): Record<string, string> {
  const variables = { key, keyId: record.keyId, mode: spec.mode };
  const template = (spec.secret.template ?? []).map(
    ({ name, value }) => [name, fillTemplate(value, variables)] as const,
  );
  return { ...Object.fromEntries(template), [spec.secret.key]: key };
}

/**
 * The previous value during its overlap. It is taken from the Secret that is replaced, and is nowhere else: once
 * it is lost there, the entry goes.
 */
function previousEntry({ spec, record }: SecretPlan, before: Secret | undefined): Record<string, string> {
  const { previousKey } = spec.secret;
  if (previousKey === undefined) return {};
  const texts = new Map(
    Object.values(before?.data ?? {}).map((base64) => {
      const text = Buffer.from(base64, "base64");
      return [fingerprintOf(text), text];
    }),
  );
  const kept = keptPrevious(record.previous, [...texts.keys()]);
  const text = kept === undefined ? undefined : texts.get(kept.fingerprint);
  return text === undefined ? {} : { [previousKey]: text.toString("utf8") };
}

/** Whether names, labels, annotations and entries are as declared; found out without the value. */
export function isDeclaredShape(facts: SecretFacts, spec: ApiKeySpec, apiKeyName: string): boolean {
  const { labels = {}, annotations = {} } = facts.metadata;
  const written = readWritten(annotations);
  if (written?.shape !== shapeOf(spec, apiKeyName)) return false;
  const declared = { ...spec.secret.labels, ...ownLabels(apiKeyName) };
  return (
    includes(labels, declared) &&
    includes(annotations, spec.secret.annotations ?? {}) &&
    includes(facts.entries, written.entries)
  );
}

function includes(
  actual: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(expected).every(([name, value]) => actual[name] === value);
}

/** A digest of everything in the spec that shapes the Secret. */
function shapeOf({ secret, mode }: ApiKeySpec, apiKeyName: string): string {
  const parts = [
    apiKeyName,
    mode,
    secret.key,
    sorted(secret.labels),
    sorted(secret.annotations),
    secret.template ?? [],
    // Only where it is declared: Secrets that were written before the field was obeyed are not written again.
    ...(secret.previousKey === undefined ? [] : [secret.previousKey]),
  ];
  return hash("sha256", JSON.stringify(parts)).slice(0, 12);
}

function sorted(record: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether an entry of a Secret is one that we wrote last. */
export function hasWritten({ metadata }: Secret, entry: string): boolean {
  return Object.hasOwn(readWritten(metadata.annotations)?.entries ?? {}, entry);
}

function only(
  record: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => names.includes(name)));
}

function without(
  record: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => !names.includes(name)));
}
