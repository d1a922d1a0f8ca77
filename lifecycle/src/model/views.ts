import { ownerOf, type ObjectView, type SecretView } from "../index.ts";
import type { StoredObject, StoredSecret } from "./stored.ts";
import { fingerprintOf, hintOf } from "./vendor.ts";

const objects = {
  cached: new WeakMap<StoredObject, ObjectView>(),
  live: new WeakMap<StoredObject, ObjectView>(),
};

/** An ApiKey as a controller sees it. Equal views are one object, so that they are compared and keyed once. */
export function objectView(object: StoredObject, read: "cached" | "live"): ObjectView {
  const known = objects[read].get(object) ?? newObjectView(object, read);
  objects[read].set(object, known);
  return known;
}

function newObjectView(object: StoredObject, read: "cached" | "live"): ObjectView {
  const deletion = { policy: "Revoke", protection: false } as const;
  return { ...object, deletion, state: "present", read, namespaceTerminating: false };
}

/** A Secret as the controller of the ApiKey with this UID sees it. */
export function secretView(
  secret: StoredSecret | undefined,
  uid: string,
  read: "cached" | "live",
): SecretView {
  if (secret === undefined) return { state: "absent", read };
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
    immutable: false,
    shape: owner === uid && record !== undefined ? "declared" : "different",
    touchedFor: secret.touchedFor,
  };
}
