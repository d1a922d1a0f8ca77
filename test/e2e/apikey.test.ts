import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNTS, API_KEYS, SECRETS, type Secret } from "@signatureapi-keys/controller/resources";
import { apiKeyStatusSchema } from "@signatureapi-keys/controller/resources";
import { conditionOf, isReady, refusedFor } from "./conditions.ts";
import { account, apiKey, credentials, namespace, readyNamespace } from "./manifests.ts";
import { FAST_TIMING, World, type Manifest } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({
    emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
  });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A namespace of its own with an account that works, and an ApiKey that is ready. */
async function ready(n: string, spec: Manifest = {}): Promise<{ keyId: string; value: string }> {
  await world.apply(...readyNamespace(n, world.emulator.url), apiKey(n, "app", spec));
  await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, isReady);
  return { keyId: await keyIdOf(n), value: await valueOf(n) };
}

async function statusOf(n: string): Promise<ReturnType<typeof apiKeyStatusSchema.parse>> {
  const object = await world.kube.get(API_KEYS, { namespace: n, name: "app" });
  return apiKeyStatusSchema.parse(object.status);
}

async function keyIdOf(n: string): Promise<string> {
  return (await statusOf(n)).keyId ?? "";
}

function decoded(secret: Secret | undefined, entry = "SIGNATUREAPI_KEY"): string | undefined {
  const base64 = secret?.data?.[entry];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}

async function valueOf(n: string): Promise<string> {
  return decoded(await world.kube.get(SECRETS, { namespace: n, name: "app" })) ?? "";
}

/** Resolves with the value once it is another one than before. */
async function newValue(n: string, before: string): Promise<string> {
  return world.watcher.until(SECRETS, { namespace: n, name: "app" }, (secret) => {
    const value = decoded(secret);
    return value !== undefined && value !== before && value.startsWith("key_") ? value : undefined;
  });
}

/** The status with which the data plane answers a value. */
async function authenticates(value: string): Promise<number> {
  return (await fetch(`${world.emulator.url}/envelopes`, { headers: { "x-api-key": value } })).status;
}

function keyState(keyId: string): string | undefined {
  return world.emulator.admin.keys().find((key) => key.id === keyId)?.status;
}

function mints(): number {
  const { createApiKey = 0, rollApiKey = 0 } = world.emulator.admin.counters();
  return createApiKey + rollApiKey;
}

async function explained(): Promise<string> {
  return (await world.cluster.kubectl(["explain", "apikey.spec.rotation"])).stdout;
}

async function gone(n: string): Promise<void> {
  await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) => object === undefined);
}

async function deleteApiKey(n: string): Promise<void> {
  await world.kube.delete(API_KEYS, { namespace: n, name: "app" });
}

describe("a declared key", () => {
  test("stands in the Secret, authenticates, and can be waited for", async () => {
    const { value, keyId } = await ready("declared");
    expect(await authenticates(value)).toBe(200);
    const wait = await world.cluster.kubectl([
      "wait",
      "--for=condition=Ready",
      "apikey/app",
      "-n",
      "declared",
      "--timeout=5s",
    ]);
    expect(wait.stdout).toContain("condition met");
    const table = (await world.cluster.kubectl(["get", "ak", "-n", "declared"])).stdout;
    expect(table).toMatch(/NAME\s+READY\s+MODE\s+SECRET\s+KEY\s+REASON\s+AGE/);
    expect(table).toMatch(new RegExp(`app\\s+True\\s+live\\s+app\\s+${keyId}\\s+KeyDelivered`));
  });

  test("explains its fields to kubectl", async () => {
    // The API server publishes the schema of a new kind a moment after it serves the kind.
    await expect.poll(explained, { timeout: 20_000 }).toContain("When the key is replaced by a new one");
    const text = await explained();
    for (const field of ["every", "overlap", "window", "trigger", "holdWhileInUse"])
      expect(text).toContain(field);
  });

  test("is minted again when its Secret is deleted, and the lost key retires after the overlap", async () => {
    const before = await ready("lost", { rotation: { overlap: "2s" } });
    await world.kube.delete(SECRETS, { namespace: "lost", name: "app" });
    const value = await newValue("lost", before.value);
    expect(await authenticates(value)).toBe(200);
    const status = await world.watcher.until(API_KEYS, { namespace: "lost", name: "app" }, (object) => {
      const seen = apiKeyStatusSchema.parse(object?.status ?? {});
      return seen.keyId !== before.keyId && seen.attempt === undefined ? seen : undefined;
    });
    expect(status.previous).toMatchObject([{ keyId: before.keyId, reason: "SecretLost" }]);
    expect(keyState(before.keyId)).toBe("active");
    await world.watcher.until(
      API_KEYS,
      { namespace: "lost", name: "app" },
      (object) => apiKeyStatusSchema.parse(object?.status ?? {}).previous === undefined,
    );
    expect(keyState(before.keyId)).toBe("revoked");
    expect(await authenticates(before.value)).toBe(401);
    expect(await authenticates(await valueOf("lost"))).toBe(200);
  });

  test("is minted again when its value is edited", async () => {
    const before = await ready("edited");
    await world.kube.patch(
      SECRETS,
      { namespace: "edited", name: "app" },
      { stringData: { SIGNATUREAPI_KEY: "mine" } },
      { type: "merge" },
    );
    const value = await newValue("edited", before.value);
    expect(await authenticates(value)).toBe(200);
  });

  test("of mode test is rolled in place, and keeps its ID", async () => {
    const before = await ready("rolled", { mode: "test" });
    await world.kube.delete(SECRETS, { namespace: "rolled", name: "app" });
    const value = await newValue("rolled", before.value);
    expect([await authenticates(before.value), await authenticates(value)]).toEqual([401, 200]);
    expect(await keyIdOf("rolled")).toBe(before.keyId);
  });

  test("rotates when its trigger changes", async () => {
    const before = await ready("triggered", { rotation: { trigger: "one" } });
    await world.apply(apiKey("triggered", "app", { rotation: { trigger: "two" } }));
    const value = await newValue("triggered", before.value);
    expect([await authenticates(before.value), await authenticates(value)]).toEqual([200, 200]);
  });
});

describe("a Secret", () => {
  test("gets its annotations and labels back without a mint, and keeps those of others", async () => {
    const { value } = await ready("stripped");
    const before = mints();
    const foreign = { "team.example.com/owner": "payments" };
    const secret = await world.kube.get(SECRETS, { namespace: "stripped", name: "app" });
    await world.kube.update(SECRETS, {
      ...secret,
      metadata: { ...secret.metadata, annotations: foreign, labels: {} },
    });
    const restored = await world.watcher.until(SECRETS, { namespace: "stripped", name: "app" }, (object) =>
      object?.metadata.annotations?.["signatureapi.com/key-id"] === undefined ? undefined : object,
    );
    expect(restored.metadata.annotations).toMatchObject(foreign);
    expect(restored.metadata.labels).toMatchObject({
      "app.kubernetes.io/managed-by": "signatureapi-controller",
    });
    expect(decoded(restored)).toBe(value);
    expect(mints()).toBe(before);
  });

  test("follows changes of entry, labels and template without a mint, and drops what was declared before", async () => {
    const { value } = await ready("shaped", {
      secret: { labels: { tier: "one" }, template: [{ name: ".env", value: "K={{key}}\n" }] },
    });
    const before = mints();
    await world.apply(
      apiKey("shaped", "app", {
        secret: {
          key: "API_KEY",
          labels: { team: "a" },
          template: [{ name: "key.json", value: '{"id":"{{keyId}}","mode":"{{mode}}"}' }],
        },
      }),
    );
    const shaped = await world.watcher.until(SECRETS, { namespace: "shaped", name: "app" }, (object) =>
      object?.data?.["API_KEY"] === undefined ? undefined : object,
    );
    expect(Object.keys(shaped.data ?? {}).toSorted()).toEqual(["API_KEY", "key.json"]);
    expect(decoded(shaped, "API_KEY")).toBe(value);
    expect(JSON.parse(decoded(shaped, "key.json") ?? "")).toEqual({
      id: await keyIdOf("shaped"),
      mode: "live",
    });
    expect(shaped.metadata.labels).toMatchObject({ team: "a" });
    expect(shaped.metadata.labels).not.toHaveProperty("tier");
    expect(mints()).toBe(before);
  });

  test("that somebody puts in the place of ours is not touched", async () => {
    const before = await ready("replaced");
    await world.apply(apiKey("replaced", "app", { suspend: true }));
    await world.watcher.until(
      API_KEYS,
      { namespace: "replaced", name: "app" },
      (object) => conditionOf(object, "Ready")?.observedGeneration === object?.metadata.generation,
    );
    await world.kube.delete(SECRETS, { namespace: "replaced", name: "app" });
    const foreign = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "app", namespace: "replaced" },
      stringData: { theirs: "x" },
    };
    await world.apply(foreign, apiKey("replaced", "app", { suspend: false }));
    await world.watcher.until(API_KEYS, { namespace: "replaced", name: "app" }, refusedFor("SecretConflict"));
    expect(
      Object.keys((await world.kube.get(SECRETS, { namespace: "replaced", name: "app" })).data ?? {}),
    ).toEqual(["theirs"]);
    expect(keyState(before.keyId)).toBe("active");
  });
});

describe("a deleted ApiKey", () => {
  test("takes its key and its Secret with it", async () => {
    const { keyId, value } = await ready("deleted");
    await deleteApiKey("deleted");
    await gone("deleted");
    expect(keyState(keyId)).toBe("revoked");
    expect(await authenticates(value)).toBe(401);
    expect(await world.kube.find(SECRETS, { namespace: "deleted", name: "app" })).toBeUndefined();
  });

  test("with Retain leaves the key, without its tag, and the Secret", async () => {
    const { keyId, value } = await ready("retained", { deletionPolicy: "Retain", description: "Kept" });
    await deleteApiKey("retained");
    await gone("retained");
    expect(world.emulator.admin.keys().find((key) => key.id === keyId)).toMatchObject({
      status: "active",
      description: "Kept",
    });
    expect(await authenticates(value)).toBe(200);
    expect(await valueOf("retained")).toBe(value);
  });

  test("is held while it is protected", async () => {
    const { keyId } = await ready("protected", { deletionProtection: true });
    await deleteApiKey("protected");
    await world.watcher.until(
      API_KEYS,
      { namespace: "protected", name: "app" },
      refusedFor("DeletionProtected"),
    );
    expect(keyState(keyId)).toBe("active");
    await world.apply(apiKey("protected", "app", { deletionProtection: false }));
    await gone("protected");
    expect(keyState(keyId)).toBe("revoked");
  });

  test("whose account and credentials go at the same moment is still revoked", async () => {
    const { keyId } = await ready("torn-down");
    const { code } = await world.cluster.kubectl([
      "delete",
      "secret/credentials",
      "account/default",
      "apikey/app",
      "-n",
      "torn-down",
      "--timeout=15s",
    ]);
    expect(code).toBe(0);
    expect(keyState(keyId)).toBe("revoked");
  });

  test("without credentials says why it is stuck, and can be given up", async () => {
    const { keyId } = await ready("abandoned");
    await world.kube.delete(SECRETS, { namespace: "abandoned", name: "credentials" });
    await world.watcher.until(
      ACCOUNTS,
      { namespace: "abandoned", name: "default" },
      refusedFor("CredentialsNotFound"),
    );
    await deleteApiKey("abandoned");
    const message = await world.watcher.until(
      API_KEYS,
      { namespace: "abandoned", name: "app" },
      refusedFor("CredentialsNotFound"),
    );
    expect(message).toContain("signatureapi.com/abandon");
    await world.kube.patch(
      API_KEYS,
      { namespace: "abandoned", name: "app" },
      { metadata: { annotations: { "signatureapi.com/abandon": "true" } } },
      { type: "merge" },
    );
    await gone("abandoned");
    expect(keyState(keyId)).toBe("active");
  });
});

describe("an outcome that nobody knows", () => {
  test.each(["reset", "truncate", "malformed"] as const)(
    "after a %s the key that was made is revoked, and another one delivered",
    async (kind) => {
      const n = `unknown-${kind}`;
      world.emulator.admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind } });
      await ready(n);
      const mine = world.emulator.admin.keys().filter((key) => key.description.startsWith(`${n}/app `));
      expect(mine.map((key) => key.status).toSorted()).toEqual(["active", "revoked"]);
      expect(await authenticates(await valueOf(n))).toBe(200);
    },
  );
});

test("a Secret that is deleted again and again does not use up the account", async () => {
  let { value } = await ready("fought-over", { rotation: { overlap: "0s" } });
  for (let count = 0; count < 5; count += 1) {
    await world.kube.delete(SECRETS, { namespace: "fought-over", name: "app" });
    value = await newValue("fought-over", value);
  }
  await world.watcher.until(API_KEYS, { namespace: "fought-over", name: "app" }, isReady);
  const before = mints();
  await world.kube.delete(SECRETS, { namespace: "fought-over", name: "app" });
  const message = await world.watcher.until(
    API_KEYS,
    { namespace: "fought-over", name: "app" },
    refusedFor("MintBudgetExhausted"),
  );
  expect(message).toMatch(/5 keys.*within an hour.*SecretLost.*next key is made at/);
  expect(mints()).toBe(before);
});

test("a key of the wrong mode is never delivered, and revoked", async () => {
  world.emulator.admin.addFault({
    match: { operation: "createApiKey" },
    when: "after",
    fault: { kind: "wrong-mode" },
  });
  const { value } = await ready("wrong-mode");
  expect(await authenticates(value)).toBe(200);
  const mine = world.emulator.admin.keys().filter((key) => key.description.startsWith("wrong-mode/app "));
  expect(mine.map((key) => key.status).toSorted()).toEqual(["active", "revoked"]);
});

test("an API that drops tags gets the key in hand delivered, and mints no more, also after a restart", async () => {
  const n = "untraceable";
  world.emulator.admin.addAccount({ id: "acc_untraceable", token: "token-untraceable" });
  world.emulator.admin.addFault({
    match: { operation: "createApiKey", account: "acc_untraceable" },
    when: "after",
    fault: { kind: "rewrite-description", description: "tidied up" },
  });
  await world.apply(
    namespace(n),
    credentials(n, { token: "token-untraceable" }),
    account(n, world.emulator.url),
    apiKey(n, "app"),
  );
  await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, isReady);
  expect(await authenticates(await valueOf(n))).toBe(200);
  await world.watcher.until(ACCOUNTS, { namespace: n, name: "default" }, refusedFor("TagNotPreserved"));
  await world.apply(apiKey(n, "second"));
  await world.watcher.until(API_KEYS, { namespace: n, name: "second" }, refusedFor("TagNotPreserved"));
  const restarted = await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", n] });
  await restarted.logged(/"reason":"TagNotPreserved".*at rest/);
  await restarted.stop();
  expect(world.emulator.admin.keys().filter((key) => key.account === "acc_untraceable")).toHaveLength(1);
});

test("a suspended ApiKey mints nothing, and says so", async () => {
  const before = mints();
  await world.apply(
    ...readyNamespace("suspended", world.emulator.url),
    apiKey("suspended", "app", { suspend: true }),
  );
  await world.watcher.until(API_KEYS, { namespace: "suspended", name: "app" }, refusedFor("Suspended"));
  expect(mints()).toBe(before);
  await world.apply(apiKey("suspended", "app", { suspend: false }));
  await world.watcher.until(API_KEYS, { namespace: "suspended", name: "app" }, isReady);
});
