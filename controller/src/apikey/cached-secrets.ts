import type { KubeObject, ListedType, ObjectIdentity } from "../kube/index.ts";
import { SECRETS } from "../resources/types.ts";
import { secretFacts, type SecretFacts } from "./secret-facts.ts";

/** A Secret whose JSON is larger is not parsed by a cache. Those of ApiKeys have some hundred to some thousand bytes. */
const MOST_PARSED_BYTES = 64 * 1024;
/** The most that is kept of one Secret, in characters of JSON. */
const MOST_KEPT = 16 * 1024;
/** How soon a change of a large Secret is looked at, in milliseconds: each look reads all of it. */
const LARGE_DELAY_MS = 30_000;

/** A Secret in a cache. */
export type CachedSecret = SecretFacts | LargeSecret;

/** A Secret that is too large for a cache: it exists, and what is in it has to be read live. */
export type LargeSecret = KubeObject & { readonly kept: "size"; readonly bytes: number };

/** Secrets as a cache takes them from the API server: reduced to their facts before anything holds on to them. */
export const SECRET_FACTS: ListedType<CachedSecret> = {
  ...SECRETS,
  schema: SECRETS.schema.transform((secret): CachedSecret => {
    const facts = secretFacts(secret);
    const { length } = JSON.stringify(facts);
    return length <= MOST_KEPT ? facts : sizeOnly(secret.metadata, length);
  }),
  outline: { aboveBytes: MOST_PARSED_BYTES, of: sizeOnly },
};

/** Secrets with tokens as a cache takes them: only that they change matters, so that no token is even parsed. */
export const CREDENTIAL_SECRETS: ListedType<LargeSecret> = {
  ...SECRETS,
  schema: SECRETS.schema.transform(({ metadata }) => sizeOnly(metadata, 0)),
  outline: { aboveBytes: 0, of: sizeOnly },
};

/**
 * In how many milliseconds a change of a Secret is looked at; undefined if nothing has changed that anything rests on.
 * @param old what it was; undefined where it has come or gone
 */
export function lookDelay(secret: CachedSecret, old: CachedSecret | undefined): number | undefined {
  if (secret.kept === "size") return secret.bytes > MOST_KEPT && old !== undefined ? LARGE_DELAY_MS : 0;
  return old !== undefined && withoutVersion(secret) === withoutVersion(old) ? undefined : 0;
}

function withoutVersion({
  metadata: { resourceVersion: _moves, ...metadata },
  ...rest
}: CachedSecret): string {
  return JSON.stringify({ ...rest, metadata });
}

function sizeOnly({ name, namespace, uid, resourceVersion }: ObjectIdentity, bytes: number): LargeSecret {
  const identity = { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: "v1", kind: "Secret", metadata: identity, kept: "size", bytes };
}
