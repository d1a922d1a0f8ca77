import type { CommitRecord, OwnerRecords, SecretView } from "@signatureapi-keys/lifecycle";
import { secretKeyOf, type ApiKeyDocument } from "../apikey/document.ts";
import { secretFacts } from "../apikey/secret-facts.ts";
import { viewOfSecret } from "../apikey/views.ts";
import { parseKey, type MalformedObject } from "../kube/index.ts";
import { SECRETS } from "../resources/types.ts";
import type { InventoryEnvironment } from "./environment.ts";

/** What Kubernetes records of an ApiKey's keys, as the caches show it: good for seeing that nothing is the matter. */
export function cachedRecords(env: InventoryEnvironment, object: ApiKeyDocument): OwnerRecords {
  const facts = env.apiKey.secrets?.get(secretKeyOf(object));
  const secret = commitRecordIn(viewOfSecret(object, facts, "cached"));
  return { status: object.record, secret };
}

/** The same, read now. The object itself comes with it; undefined where it is gone or another one has its name. */
export async function liveRecords(
  env: InventoryEnvironment,
  object: ApiKeyDocument,
): Promise<{ readonly object: ApiKeyDocument; readonly records: OwnerRecords } | undefined> {
  const { kube, apiKeyType } = env.apiKey;
  const { namespace, name, uid } = object.metadata;
  const live = await kube.find(apiKeyType, { namespace, name });
  if (live?.metadata.uid !== uid) return undefined;
  const found = await kube.find(SECRETS, parseKey(secretKeyOf(live)));
  const facts = found === undefined ? undefined : secretFacts(found);
  const secret = commitRecordIn(viewOfSecret(live, facts, "live"));
  return { object: live, records: { status: live.record, secret } };
}

function commitRecordIn(secret: SecretView): CommitRecord | undefined {
  return secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
}

/**
 * Every ApiKey that there is, read now and completely, by the owner part of its keys' tags.
 * @throws Error naming an ApiKey that exists and cannot be read: its keys would pass for those of one that is gone.
 */
export async function liveOwners(env: {
  readonly namespaces: InventoryEnvironment["namespaces"];
  readonly apiKey: {
    readonly kube: Pick<InventoryEnvironment["apiKey"]["kube"], "listAll">;
    readonly apiKeyType: InventoryEnvironment["apiKey"]["apiKeyType"];
  };
}): Promise<ReadonlyMap<string, ApiKeyDocument>> {
  const scopes = env.namespaces ?? [undefined];
  const owners = new Map<string, ApiKeyDocument>();
  for (const namespace of scopes) {
    const { items, malformed } = await env.apiKey.kube.listAll(env.apiKey.apiKeyType, {
      limit: 500,
      ...(namespace === undefined ? {} : { namespace }),
    });
    const [unread] = malformed;
    if (unread !== undefined) throw new Error(unreadMessage(unread));
    for (const object of items) owners.set(object.owner, object);
  }
  return owners;
}

function unreadMessage({ key = "without a name", problem }: MalformedObject): string {
  return `ApiKey ${key} cannot be read (${problem}), so no key can be judged that its tag may name; correct the object or delete it`;
}
