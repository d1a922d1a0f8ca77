import { ownerOf, type CommitRecord, type OwnerRecords, type SecretView } from "@signatureapi-keys/lifecycle";
import { secretKeyOf } from "../apikey/desired.ts";
import { secretFacts } from "../apikey/secret-facts.ts";
import { readStatus } from "../apikey/status-codec.ts";
import { viewOfSecret } from "../apikey/views.ts";
import { parseKey } from "../kube/index.ts";
import { API_KEYS, SECRETS, type CustomObject } from "../resources/types.ts";
import type { InventoryEnvironment } from "./environment.ts";

/** What Kubernetes records of an ApiKey's keys, as the caches show it: good for seeing that nothing is the matter. */
export function cachedRecords(env: InventoryEnvironment, object: CustomObject): OwnerRecords {
  const facts = env.apiKey.secrets?.get(secretKeyOf(object));
  const secret = commitRecordIn(viewOfSecret(env.apiKey, object, facts, "cached"));
  return { status: readStatus(object.status).record, secret };
}

/** The same, read now. The object itself comes with it; undefined where it is gone or another one has its name. */
export async function liveRecords(
  env: InventoryEnvironment,
  object: CustomObject,
): Promise<{ readonly object: CustomObject; readonly records: OwnerRecords } | undefined> {
  const { kube } = env.apiKey;
  const { namespace, name, uid } = object.metadata;
  const live = await kube.find(API_KEYS, { namespace, name });
  if (live?.metadata.uid !== uid) return undefined;
  const found = await kube.find(SECRETS, parseKey(secretKeyOf(live)));
  const facts = found === undefined ? undefined : secretFacts(found);
  const secret = commitRecordIn(viewOfSecret(env.apiKey, live, facts, "live"));
  return { object: live, records: { status: readStatus(live.status).record, secret } };
}

function commitRecordIn(secret: SecretView): CommitRecord | undefined {
  return secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
}

/** Every ApiKey that there is, read now and completely, by the owner part of its keys' tags. */
export async function liveOwners(env: InventoryEnvironment): Promise<ReadonlyMap<string, CustomObject>> {
  const scopes = env.namespaces ?? [undefined];
  const owners = new Map<string, CustomObject>();
  for (const namespace of scopes) {
    const { items } = await env.apiKey.kube.listAll(API_KEYS, {
      limit: 500,
      ...(namespace === undefined ? {} : { namespace }),
    });
    for (const object of items) owners.set(ownerOf(object.metadata.uid), object);
  }
  return owners;
}
