import { isProblem, type ObjectView, type SecretView } from "@signatureapi-keys/lifecycle";
import { keyOf } from "../kube/index.ts";
import { FINALIZER } from "../resources/names.ts";
import type { CachedSecret } from "./cached-secrets.ts";
import { secretKeyOf, type ApiKeyDocument } from "./document.ts";
import type { ApiKeyEnvironment } from "./environment.ts";
import { declaredEntries, recordedFingerprints } from "./entries.ts";
import { secretView } from "./secret-view.ts";
import { isDeclaredShape } from "./secret-manifest.ts";

/** How the rules see an ApiKey. */
export function objectView(
  env: Pick<ApiKeyEnvironment, "namespaces" | "emergencies">,
  apiKey: ApiKeyDocument,
  read: "cached" | "live",
): ObjectView {
  const { metadata, declaration } = apiKey;
  return {
    state: "present",
    read,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    observedGeneration: apiKey.observedGeneration,
    finalizer: metadata.finalizers?.includes(FINALIZER) ?? false,
    deleting: metadata.deletionTimestamp !== undefined,
    namespaceTerminating: isTerminating(env, metadata.namespace),
    abandon: apiKey.abandon,
    ...(apiKey.reconcile === undefined ? {} : { reconcile: apiKey.reconcile }),
    desired: isProblem(declaration) ? declaration : declaration.desired,
    deletion: apiKey.deletion,
    holdWhileInUse: apiKey.holdWhileInUse,
    status: asWritten(env, apiKey),
    verdict: apiKey.verdict,
  };
}

function asWritten(
  { emergencies }: Pick<ApiKeyEnvironment, "emergencies">,
  { metadata: { uid }, record }: ApiKeyDocument,
): ApiKeyDocument["record"] {
  const emergency = emergencies.read(uid, record.emergency);
  return emergency === undefined || emergency === record.emergency ? record : { ...record, emergency };
}

function isTerminating({ namespaces }: Pick<ApiKeyEnvironment, "namespaces">, namespace: string): boolean {
  return namespaces?.get(namespace)?.metadata.deletionTimestamp !== undefined;
}

/** How the rules see the Secret of an ApiKey; one that is too large for a cache has not been read. */
export function viewOfSecret(
  { metadata, declaration, record }: ApiKeyDocument,
  facts: CachedSecret | undefined,
  read: "cached" | "live",
): SecretView {
  if (facts === undefined) return { state: "absent", read };
  if (facts.kept === "size") return { state: "unread" };
  const spec = isProblem(declaration) ? undefined : declaration.spec;
  return secretView(facts, read, {
    uid: metadata.uid,
    entry: spec?.secret.key ?? "",
    previousEntry: spec?.secret.previousKey,
    fingerprint: record.fingerprint,
    retiring: recordedFingerprints({ previous: record.previous }),
    declared: spec === undefined ? [] : declaredEntries(spec),
    // With a spec that cannot be followed there is no shape to restore.
    isDeclaredShape: (secret) => spec === undefined || isDeclaredShape(secret, spec, metadata.name),
  });
}

/** The ApiKey that named this Secret first, if it is another one: two would overwrite each other's value. */
export function secretClaimedBy(
  { apiKeys }: Pick<ApiKeyEnvironment, "apiKeys">,
  apiKey: ApiKeyDocument,
): string | undefined {
  const rivals = apiKeys.byIndex("bySecret", secretKeyOf(apiKey));
  return rivals.find((other) => isOlder(other, apiKey))?.metadata.name;
}

/** By the time of creation, which has whole seconds; within one, by the name. */
function isOlder(left: ApiKeyDocument, right: ApiKeyDocument): boolean {
  const [a, b] = [left, right].map((apiKey) => `${apiKey.metadata.creationTimestamp ?? ""} ${keyOf(apiKey)}`);
  return (a ?? "") < (b ?? "");
}
