import {
  isProblem,
  ownerOf,
  type ObjectView,
  type Problem,
  type StatusRecord,
  type Verdict,
} from "@signatureapi-keys/lifecycle";
import { accountKey, type AccountRef } from "../account/account-ref.ts";
import { keyOf, type ObjectRef, type RecentVersions, type ResourceType } from "../kube/index.ts";
import { apiKeySpecSchema } from "../resources/apikey.ts";
import { documentMeta, type DocumentMeta } from "../resources/document-meta.ts";
import { readLenientSpec, specIssue, type LenientSpec } from "../resources/lenient.ts";
import { ABANDON_ANNOTATION, RECONCILE_ANNOTATION } from "../resources/names.ts";
import type { Condition } from "../resources/schema.ts";
import { API_KEYS, type CustomObject } from "../resources/types.ts";
import {
  declaredAnew,
  judgeDeclaration,
  requestOf,
  type Declaration,
  type DeclarationRules,
} from "./desired.ts";
import { sharedText, SharedValues } from "../shared-values.ts";
import { readStatus } from "./status-codec.ts";

/** What holds for an ApiKey even where the rest of its spec is invalid. */
type ReadableSpec = {
  readonly account: AccountRef;
  /** The effective name of its Secret. */
  readonly secretName: string;
  readonly mode: "test" | "live";
  readonly deletion: ObjectView["deletion"];
  /** Whether a replaced key is held for its users. */
  readonly holdWhileInUse: boolean;
};

/**
 * An ApiKey as this process knows it. It is parsed once, when it arrives from the API server, in a watch or in an
 * answer; nothing else reads `spec` or `status`.
 */
export type ApiKeyDocument = ReadableSpec & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: DocumentMeta & { readonly namespace: string };
  /** The owner part of its keys' tags. */
  readonly owner: string;
  /** Whether an annotation gives it up. */
  readonly abandon: boolean;
  /** What an annotation asks a look with. */
  readonly reconcile: string | undefined;
  readonly declaration: Declaration | Problem;
  /** What the status records. */
  readonly record: StatusRecord;
  /** What its conditions say, and since when. */
  readonly verdict: Verdict | undefined;
  readonly conditions: readonly Condition[];
  readonly observedGeneration: number;
};

/**
 * ApiKeys as they are taken from the API server.
 *
 * @param rules what makes a declaration invalid.
 * @param recent what was parsed just now, if that is remembered.
 */
export function apiKeyDocuments(
  rules: DeclarationRules,
  recent?: RecentVersions<ApiKeyDocument>,
): ResourceType<ApiKeyDocument> {
  const schema = API_KEYS.schema.transform((object) =>
    apiKeyDocument(object, rules, recent?.lastOf(object.metadata.uid)),
  );
  return { ...API_KEYS, schema, ...(recent !== undefined && { recent }) };
}

/** Parses an ApiKey. @param last the same object in the version that was parsed last. */
function apiKeyDocument(
  object: CustomObject,
  rules: DeclarationRules,
  last: ApiKeyDocument | undefined,
): ApiKeyDocument {
  const { apiVersion, kind, spec, status } = object;
  const { annotations = {}, namespace = "" } = object.metadata;
  const metadata = { ...documentMeta(object.metadata), namespace };
  return {
    ...(sameSpec(last, metadata, annotations) ?? readSpec(spec, { ...metadata, annotations }, rules)),
    apiVersion: sharedText(apiVersion),
    kind,
    metadata,
    abandon: annotations[ABANDON_ANNOTATION] === "true",
    reconcile: requestOf(annotations, RECONCILE_ANNOTATION),
    ...readStatus(status),
  };
}

/** What follows from the spec, and from what can never change. */
type FromSpec = ReadableSpec & Pick<ApiKeyDocument, "owner" | "declaration">;

/** ApiKeys of a fleet are declared alike, but for their names. */
const specs = new SharedValues<ReturnType<typeof apiKeySpecSchema.safeParse>>();
const accounts = new SharedValues<AccountRef>();
const deletions = new SharedValues<ReadableSpec["deletion"]>();

function parseSpec(spec: unknown): ReturnType<typeof apiKeySpecSchema.safeParse> {
  return specs.of(JSON.stringify(spec) ?? "", () => apiKeySpecSchema.safeParse(spec));
}

function readSpec(
  spec: unknown,
  by: ApiKeyDocument["metadata"] & { readonly annotations: Readonly<Record<string, string>> },
  rules: DeclarationRules,
): FromSpec {
  const parsed = parseSpec(spec);
  return {
    ...readableOf(parsed.success ? parsed.data : readLenientSpec(spec), by),
    owner: ownerOf(by.uid),
    declaration: parsed.success
      ? judgeDeclaration(parsed.data, by, rules)
      : { reason: "InvalidSpec", message: specIssue(parsed.error), transient: false },
  };
}

/** The API server counts `generation` up with every change of the spec, and lets nobody else write it. */
function sameSpec(
  last: ApiKeyDocument | undefined,
  { uid, generation }: DocumentMeta,
  annotations: Readonly<Record<string, string>>,
): FromSpec | undefined {
  if (last === undefined || generation === undefined || last.metadata.uid !== uid) return undefined;
  if (last.metadata.generation !== generation || isProblem(last.declaration)) return undefined;
  const { account, secretName, mode, deletion, holdWhileInUse, owner } = last;
  const declaration = declaredAnew(last.declaration, annotations);
  return { account, secretName, mode, deletion, holdWhileInUse, owner, declaration };
}

function readableOf(
  { accountRef = {}, secret, mode, rotation, deletionPolicy, deletionProtection = false }: LenientSpec,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ReadableSpec {
  const { kind, name: accountName = "default" } = accountRef;
  // A policy that is not understood is not taken for a licence to revoke.
  const revokes = deletionPolicy === undefined || deletionPolicy === "Revoke";
  return {
    account: accounts.alike(
      kind === "ClusterAccount"
        ? { kind, name: accountName }
        : { kind: "Account", namespace, name: accountName },
    ),
    secretName: secret?.name ?? name,
    mode: mode === "live" ? "live" : "test",
    deletion: deletions.alike({ policy: revokes ? "Revoke" : "Retain", protection: deletionProtection }),
    holdWhileInUse: (rotation?.holdWhileInUse ?? false) !== false,
  };
}

/** The key of an ApiKey's Secret in caches. */
export function secretKeyOf({ metadata: { namespace }, secretName }: ApiKeyDocument): string {
  return keyOf({ metadata: { namespace, name: secretName } });
}

/** Where the ApiKeys of a namespace that hold a key of an account are found. */
export function heldKeyIndex(account: AccountRef, namespace: string): string {
  return `${accountKey(account)} ${namespace}`;
}

/** The namespace and name of an ApiKey. */
export type ApiKeyRef = ObjectRef & { readonly namespace: string };
