import { setTimeout as delay } from "node:timers/promises";
import {
  ACCOUNTS,
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { parseTag } from "@signatureapi-keys/lifecycle";
import { isReady, refusedFor } from "../e2e/conditions.ts";
import { tokenOf } from "../e2e/manifests.ts";
import { namespaces } from "../faults/kube-fixtures.ts";
import type { IsolatedKey } from "./isolated-key.ts";
import { OVERLAP } from "./timing.ts";

const POLL_MS = 50;
const PATIENCE_MS = 60_000;
/** Keeps credentials while their namespace goes. */
const KEPT = "example.com/kept";

export async function declare(key: IsolatedKey): Promise<void> {
  await key.declare();
}

export async function deleteSecret(key: IsolatedKey): Promise<void> {
  await key.deleteSecret();
}

export async function editValue(key: IsolatedKey): Promise<void> {
  await key.patchSecret({ stringData: { SIGNATUREAPI_KEY: "edited by hand" } });
}

export async function stripAnnotations(key: IsolatedKey): Promise<void> {
  const annotations = Object.fromEntries(Object.values(SECRET_ANNOTATIONS).map((name) => [name, null]));
  await key.patchSecret({ metadata: { annotations } });
}

export async function wipeStatus(key: IsolatedKey): Promise<void> {
  await key.wipeStatus();
}

export async function trigger(key: IsolatedKey): Promise<void> {
  await key.change({ rotation: { overlap: OVERLAP, trigger: "two" } });
}

/** The old key is held for a rollout, and then for Pods. */
export async function triggerWithDependents(key: IsolatedKey): Promise<void> {
  await key.deploy();
  await key.change({ rotation: { overlap: OVERLAP, trigger: "two", holdWhileInUse: true } });
}

/** Rotates the key, and lets the old one retire for an hour. */
export async function rotateForAnHour(key: IsolatedKey): Promise<void> {
  await key.change({ rotation: { overlap: "1h", trigger: "two" } });
  await key.until((object) => {
    const { previous = [], attempt, revision } = apiKeyStatusSchema.parse(object?.status ?? {});
    return isReady(object) === true && previous.length === 1 && attempt === undefined && revision === 2;
  });
}

export async function shortenOverlap(key: IsolatedKey): Promise<void> {
  await key.change({ rotation: { overlap: OVERLAP } });
}

export async function callEmergency(key: IsolatedKey): Promise<void> {
  await key.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
}

export async function deleteApiKey(key: IsolatedKey): Promise<void> {
  await key.delete();
}

/** Does nothing where it is gone. */
export async function deleteLeftApiKey(key: IsolatedKey): Promise<void> {
  if ((await key.world.kube.find(API_KEYS, key.ref)) !== undefined) await key.delete();
}

/** Annotated first, so that no deletion waits for an annotation that comes only after a crash. */
export async function giveUp(key: IsolatedKey): Promise<void> {
  await key.annotate({ "signatureapi.com/abandon": "true" });
  await key.delete();
}

export async function giveUpWithoutCredentials(key: IsolatedKey): Promise<void> {
  const { world, namespace } = key;
  await world.kube.delete(SECRETS, { namespace, name: "credentials" });
  await world.watcher.until(ACCOUNTS, { namespace, name: "default" }, refusedFor("CredentialsNotFound"));
  await giveUp(key);
}

/** The account is usable all the while: only the request that would take the tag off is not carried out. */
export async function giveUpWithoutAnswer(key: IsolatedKey): Promise<void> {
  key.world.emulator.admin.addFault({
    match: { account: key.accountId, operation: "updateApiKey" },
    times: 1_000,
    fault: { kind: "html" },
  });
  await giveUp(key);
}

/** What a second controller does that believes the attempt to be cut off: it takes the lock away. */
export async function giveUpAttempt({ world, ref }: IsolatedKey): Promise<void> {
  const object = await world.kube.get(API_KEYS, ref);
  const { attempt, ...status } = apiKeyStatusSchema.parse(object.status);
  if (attempt === undefined) throw new Error("an attempt is given up while one is under way");
  const abandoned = [{ ...attempt, abandonedAt: new Date().toISOString(), listings: 0 }];
  await world.kube.updateStatus(API_KEYS, { ...object, status: { ...status, abandoned } });
}

/** The vendor refuses one request for a key, before it takes effect. */
export async function declareRefused(key: IsolatedKey): Promise<void> {
  const match = { account: key.accountId, operation: "createApiKey" } as const;
  key.world.emulator.admin.addFault({ match, fault: { kind: "status", status: 403 } });
  await key.declare();
}

/** A proxy sends one request for a key twice. */
export async function declareRepeated(key: IsolatedKey): Promise<void> {
  const match = { account: key.accountId, operation: "createApiKey" } as const;
  key.world.emulator.admin.addFault({ match, fault: { kind: "duplicate" } });
  await key.declare();
}

/** A Secret of the same name is there before. */
export async function declareInConflict(key: IsolatedKey): Promise<void> {
  const data = { SIGNATUREAPI_KEY: Buffer.from("of another owner").toString("base64") };
  await key.world.kube.create(SECRETS, { metadata: key.ref, data });
  await key.declare();
}

/** What the condition SecretConflict asks for; does nothing where the Secret is gone, or ours. */
export async function resolveConflict(key: IsolatedKey): Promise<void> {
  const secret = await key.findSecret();
  if (secret !== undefined && secret.metadata.annotations?.[SECRET_ANNOTATIONS.owner] === undefined)
    await key.deleteSecret();
}

/** As a person does in the dashboard. */
export async function revokeOutside(key: IsolatedKey): Promise<void> {
  const { keyId = "" } = await key.status();
  key.world.emulator.admin.revokeKey(key.accountId, keyId);
}

/** As a person does in the dashboard: the value in the Secret ends. */
export async function rollOutside(key: IsolatedKey): Promise<void> {
  const { keyId = "" } = await key.status();
  const answer = await fetch(`${key.world.emulator.url}/api-keys/${keyId}/roll`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokenOf(key.namespace)}` },
  });
  if (!answer.ok) throw new Error(`the roll is answered with ${answer.status}`);
  await answer.body?.cancel();
}

/**
 * Puts back what a snapshot of etcd from the middle of the mint holds: the attempt is recorded, and neither its commit
 * nor its Secret is.
 */
export async function restoreMidMint(key: IsolatedKey): Promise<void> {
  const { world, ref } = key;
  const object = await world.kube.get(API_KEYS, ref);
  const { installation, accountId, keyId, observedGeneration } = apiKeyStatusSchema.parse(object.status);
  const minted = world.remote(keyId);
  const tag = parseTag(minted?.description ?? "");
  if (minted === undefined || tag === undefined) throw new Error("a key that is delivered carries a tag");
  const { attempt: id, revision } = tag;
  const attempt = { id, op: "create", revision, startedAt: minted.created_at, reason: "Declared" };
  const status = { installation, accountId, observedGeneration, attempt };
  await world.kube.updateStatus(API_KEYS, { ...object, status });
  await key.deleteSecret();
}

export async function move(key: IsolatedKey): Promise<void> {
  key.move();
}

/** Resolves once the status names the installation that the key has moved to. */
export async function moved(key: IsolatedKey): Promise<void> {
  await key.until(
    (object) => apiKeyStatusSchema.parse(object?.status ?? {}).installation === key.installation,
  );
}

/** Puts off the end of the credentials: what is done with a namespace whose credentials are gone is another operation. */
export async function keepCredentials({ world, namespace }: IsolatedKey): Promise<void> {
  const patch = { metadata: { finalizers: [KEPT] } };
  await world.kube.patch(SECRETS, { namespace, name: "credentials" }, patch, { type: "merge" });
}

export async function deleteNamespace({ world, namespace }: IsolatedKey): Promise<void> {
  await world.kube.delete(namespaces, { name: namespace });
}

/** Resolves once one key is left alive that the controllers have made. */
export async function oneLeft(key: IsolatedKey): Promise<void> {
  const mine = new Set([...key.handMade, ...key.orphans].map(({ id }) => id));
  await untilVendor(key, "one key is left", (active) => active.filter((id) => !mine.has(id)).length === 1);
}

/** Resolves once all keys are revoked that no record knows. */
export async function orphansRevoked(key: IsolatedKey): Promise<void> {
  await untilVendor(key, "orphans are revoked", (active) =>
    key.orphans.every(({ id }) => !active.includes(id)),
  );
}

// The emulator reports no changes.
async function untilVendor(
  { world, accountId }: IsolatedKey,
  what: string,
  wanted: (active: readonly string[]) => boolean,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!wanted(world.activeKeysIn(accountId))) {
    if (performance.now() > deadline)
      throw new Error(
        `not within ${PATIENCE_MS} ms: ${what}, of ${world.activeKeysIn(accountId).join(", ")}`,
      );
    await delay(POLL_MS);
  }
}
