import { isProblem, type ObjectView, type SecretView } from "@signatureapi-keys/lifecycle";
import { keyOf } from "../kube/index.ts";
import { ABANDON_ANNOTATION, FINALIZER } from "../resources/names.ts";
import type { CustomObject } from "../resources/types.ts";
import { deletionOf, holdsWhileInUse, readDeclaration, secretKeyOf } from "./desired.ts";
import type { ApiKeyEnvironment } from "./environment.ts";
import { secretView, type SecretFacts } from "./secret-facts.ts";
import { isDeclaredShape } from "./secret-manifest.ts";
import { readStatus } from "./status-codec.ts";

/** How the rules see an ApiKey. */
export function objectView(
  env: ApiKeyEnvironment,
  object: CustomObject,
  read: "cached" | "live",
): ObjectView {
  const { metadata } = object;
  const declaration = readDeclaration(object, env.rules);
  const status = readStatus(object.status);
  return {
    state: "present",
    read,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    observedGeneration: status.observedGeneration,
    finalizer: metadata.finalizers?.includes(FINALIZER) ?? false,
    deleting: metadata.deletionTimestamp !== undefined,
    namespaceTerminating: isTerminating(env, metadata.namespace ?? ""),
    abandon: metadata.annotations?.[ABANDON_ANNOTATION] === "true",
    desired: isProblem(declaration) ? declaration : declaration.desired,
    deletion: deletionOf(object),
    holdWhileInUse: holdsWhileInUse(object),
    status: status.record,
    verdict: status.verdict,
  };
}

function isTerminating(env: ApiKeyEnvironment, namespace: string): boolean {
  const found = env.namespaces?.get(namespace);
  return found?.metadata.deletionTimestamp !== undefined;
}

/** How the rules see the Secret of an ApiKey. */
export function viewOfSecret(
  env: ApiKeyEnvironment,
  object: CustomObject,
  facts: SecretFacts | undefined,
  read: "cached" | "live",
): SecretView {
  if (facts === undefined) return { state: "absent", read };
  const declaration = readDeclaration(object, env.rules);
  return secretView(facts, read, {
    uid: object.metadata.uid,
    entry: isProblem(declaration) ? "" : declaration.spec.secret.key,
    previousEntry: isProblem(declaration) ? undefined : declaration.spec.secret.previousKey,
    fingerprint: readStatus(object.status).record.fingerprint,
    // With a spec that cannot be followed there is no shape to restore.
    isDeclaredShape: (secret) =>
      isProblem(declaration) || isDeclaredShape(secret, declaration.spec, object.metadata.name),
  });
}

/** The ApiKey that named this Secret first, if it is another one: two would overwrite each other's value. */
export function secretClaimedBy(env: ApiKeyEnvironment, object: CustomObject): string | undefined {
  const rivals = env.apiKeys.byIndex("bySecret", secretKeyOf(object));
  return rivals.find((other) => other.metadata.uid !== object.metadata.uid && isOlder(other, object))
    ?.metadata.name;
}

function isOlder(left: CustomObject, right: CustomObject): boolean {
  const [a, b] = [left, right].map((object) => `${object.metadata.creationTimestamp ?? ""} ${keyOf(object)}`);
  return (a ?? "") < (b ?? "");
}
