import {
  ACCOUNTS,
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedFor } from "./conditions.ts";
import { TOKEN } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

/** An account with an outage that no other one shares. */
const OUT_OF_ORDER = { id: "acc_out_of_order", token: "token-in-an-outage" };
/** Requests about keys; the data plane, which takes the values, is something else. */
const MANAGEMENT = ["getAccount", "listApiKeys", "getApiKey", "revokeApiKey"] as const;
/** Longer than the client's own retries of one request: 1 + 2 + 4 + 8 + 16 s, and their jitter. */
const RETRIES_MS = 60_000;

let world: World;

beforeAll(async () => {
  world = await World.start({
    emulator: { accounts: [{ id: "acc_emulator", token: TOKEN, testKeys: 50 }, OUT_OF_ORDER] },
  });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** Long enough to see that it is waited out. */
const OVERLAP = "8s";

const STRIPPED = Object.fromEntries(Object.values(SECRET_ANNOTATIONS).map((name) => [name, null]));

/** Has the spec refused, so that drift of the Secret is not put right meanwhile. */
async function refuseSpec(key: OneKey): Promise<void> {
  await key.declare({ secret: { labels: { "not-allowed.example.com/tier": "one" } } });
  await key.stalled("SecretMetadataNotAllowed");
}

describe.concurrent("a deletion:", () => {
  test("a Secret that lost its annotations goes with its ApiKey, since its value shows that it is ours", async () => {
    const key = new OneKey(world, "stripped-and-deleted");
    const { keyId, value } = await key.ready();
    await refuseSpec(key);
    await key.patchSecret({ metadata: { annotations: STRIPPED } });
    await key.remove();
    expect(world.stateOf(keyId)).toBe("revoked");
    expect(await world.authenticates(value)).toBe(401);
    expect(await key.findSecret()).toBeUndefined();
  });

  test("a finalizer that was taken off is put back, so that the key goes with its ApiKey all the same", async () => {
    const key = new OneKey(world, "without-finalizer");
    const { keyId } = await key.ready();
    const before = (await key.object()).metadata.finalizers;
    await key.patch({ metadata: { finalizers: null } });
    await world.watcher.until(API_KEYS, key.ref, (object) =>
      object?.metadata.finalizers === undefined ? undefined : "is back",
    );
    expect((await key.object()).metadata.finalizers).toEqual(before);
    await key.remove();
    expect(world.stateOf(keyId)).toBe("revoked");
  });

  test("a deletion that another finalizer delays ends the key, although ours was taken off meanwhile", async () => {
    const key = new OneKey(world, "kept-by-another");
    const { keyId } = await key.ready();
    const [ours = ""] = (await key.object()).metadata.finalizers ?? [];
    await key.patch({ metadata: { finalizers: [ours, "example.com/another"] } });
    await key.patch({ spec: { deletionProtection: true } });
    await key.delete();
    await key.refused("DeletionProtected");
    await key.patch({
      metadata: { finalizers: ["example.com/another"] },
      spec: { deletionProtection: false },
    });
    await world.emulator.admin.waitForRequests({ operation: "revokeApiKey", path: `/api-keys/${keyId}` });
    await world.watcher.until(SECRETS, key.ref, (secret) => (secret === undefined ? "is gone" : undefined));
    expect(world.stateOf(keyId)).toBe("revoked");
    await key.patch({ metadata: { finalizers: null } });
    await key.gone();
  });

  test("the Account of an ApiKey gets its finalizer back, and waits for the ApiKey's key", async () => {
    const key = new OneKey(world, "account-without-finalizer");
    const { keyId } = await key.ready();
    const account = { namespace: key.namespace, name: "default" };
    await world.kube.patch(ACCOUNTS, account, { metadata: { finalizers: null } }, { type: "merge" });
    await world.watcher.until(ACCOUNTS, account, (object) =>
      object?.metadata.finalizers === undefined ? undefined : "is back",
    );
    await world.kube.delete(ACCOUNTS, account);
    await key.remove();
    expect(world.stateOf(keyId)).toBe("revoked");
    await world.watcher.until(ACCOUNTS, account, (object) => (object === undefined ? "is gone" : undefined));
  });

  test(
    "of an ApiKey with many retiring keys comes to its end, and records how far it is",
    { timeout: 90_000 },
    async () => {
      const key = new OneKey(world, "with-many-keys");
      const { keyId } = await key.ready();
      await refuseSpec(key);
      const longAgo = "2026-01-01T00:00:00Z";
      const previous = Array.from({ length: 250 }, (_, index) => ({
        keyId: `ak_${String(index).padStart(24, "0")}`,
        revokeAt: "2099-01-01T00:00:00Z",
        replacedAt: longAgo,
        reason: "RotationTriggered",
      }));
      const object = await key.object();
      await world.kube.updateStatus(API_KEYS, { ...object, status: { ...(await key.status()), previous } });
      const counts = new Set<number>();
      const seen = world.watcher.until(
        API_KEYS,
        key.ref,
        (found) => {
          if (found === undefined) return "is gone";
          counts.add(apiKeyStatusSchema.parse(found.status).previous?.length ?? 0);
          return undefined;
        },
        RETRIES_MS,
      );
      await key.delete();
      expect(await seen).toBe("is gone");
      expect(counts.size).toBeGreaterThan(10);
      expect(world.stateOf(keyId)).toBe("revoked");
    },
  );

  test("a Secret of another user in place of ours stays when the ApiKey is deleted", async () => {
    const key = new OneKey(world, "foreign-and-deleted");
    const { keyId } = await key.ready();
    await refuseSpec(key);
    await key.deleteSecret();
    const data = { SIGNATUREAPI_KEY: Buffer.from("key_live_of_another_user").toString("base64") };
    await world.kube.create(SECRETS, { metadata: key.ref, data });
    await key.remove();
    expect(world.stateOf(keyId)).toBe("revoked");
    expect(await key.value()).toBe("key_live_of_another_user");
  });

  test(
    "waits while the management API is down, says so, and goes on by itself",
    { timeout: 120_000 },
    async () => {
      const key = new OneKey(world, "deleted-in-an-outage", OUT_OF_ORDER);
      const { keyId, value } = await key.ready();
      const { admin } = world.emulator;
      const outage = MANAGEMENT.map((operation) => ({ operation, account: OUT_OF_ORDER.id }));
      for (const match of outage)
        admin.addFault({ match, times: 100_000, fault: { kind: "status", status: 503 } });
      await key.delete();
      const refused = refusedFor("ManagementAPIUnavailable");
      const message = await world.watcher.until(API_KEYS, key.ref, refused, RETRIES_MS);
      expect(message).toContain("503");
      expect(await key.value()).toBe(value);
      expect(await world.authenticates(value)).toBe(200);

      // Back again; only the answer to the revocation is held: until it is known, the Secret stays.
      admin.clearFaults();
      const revocation = { operation: "revokeApiKey", account: OUT_OF_ORDER.id } as const;
      admin.addFault({ match: revocation, when: "after", fault: { kind: "hold" } });
      await admin.waitForRequests(revocation);
      expect(await key.value()).toBe(value);
      admin.clearFaults();
      await key.gone();
      expect(world.stateOf(keyId)).toBe("revoked");
      expect(await world.authenticates(value)).toBe(401);
      expect(await key.findSecret()).toBeUndefined();
    },
  );

  test(
    "with Retain during an overlap waits for the previous key, revokes it in its time, and keeps the current one",
    { timeout: 60_000 },
    async () => {
      const key = new OneKey(world, "retained-in-an-overlap");
      const spec = { deletionPolicy: "Retain", description: "Kept" };
      const old = await key.ready({ ...spec, rotation: { overlap: OVERLAP, trigger: "one" } });
      await key.declare({ ...spec, rotation: { overlap: OVERLAP, trigger: "two" } });
      const value = await key.newValue(old.value);
      const rotated = await key.untilStatus(({ previous }) => previous?.[0]?.keyId === old.keyId);
      await key.delete();
      const message = await key.refused("RetirementPending");
      expect(message).toContain(old.keyId);
      expect([await world.authenticates(old.value), await world.authenticates(value)]).toEqual([200, 200]);

      await key.gone();
      const path = `/api-keys/${old.keyId}`;
      const revocations = world.emulator.admin.requests({ operation: "revokeApiKey", path });
      const due = Date.parse(rotated.previous?.[0]?.revokeAt ?? "");
      expect(revocations.map(({ time }) => Date.parse(time) >= due)).toEqual([true]);
      expect(world.stateOf(old.keyId)).toBe("revoked");
      expect(world.remote(rotated.keyId)).toMatchObject({ status: "active", description: "Kept" });
      expect([await world.authenticates(old.value), await world.authenticates(value)]).toEqual([401, 200]);
      expect(await key.value()).toBe(value);
    },
  );
});
