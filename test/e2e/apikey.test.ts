import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNTS, SECRETS } from "@signatureapi-keys/controller/resources";
import { refusedFor } from "./conditions.ts";
import { decoded, type Delivered, OneKey } from "./one-key.ts";
import { FAST_TIMING, MANY_TEST_KEYS, World } from "./world.ts";
import type { Manifest } from "./manifests.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({ emulator: MANY_TEST_KEYS });
  await world.startController({
    timing: FAST_TIMING,
    flags: ["--allowed-secret-metadata", "tier,team"],
  });
});

afterAll(async () => world[Symbol.asyncDispose]());

async function ready(n: string, spec: Manifest = {}): Promise<{ key: OneKey } & Delivered> {
  const key = new OneKey(world, n);
  return { key, ...(await key.ready(spec)) };
}

async function explained(): Promise<string> {
  return (await world.cluster.kubectl(["explain", "apikey.spec.rotation"])).stdout;
}

describe("a declared key", () => {
  test("is in the Secret, authenticates, and can be waited for", async () => {
    const { value, keyId } = await ready("declared");
    expect(await world.authenticates(value)).toBe(200);
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
    expect(table).toMatch(/NAME\s+READY\s+MODE\s+SECRET\s+KEY\s+REASON\s+DEGRADED\s+AGE/);
    expect(table).toMatch(new RegExp(`app\\s+True\\s+live\\s+app\\s+${keyId}\\s+KeyDelivered`));
  });

  test("explains its fields to kubectl", async () => {
    // The API server publishes the schema of a new kind a moment after it serves the kind.
    await expect.poll(explained, { timeout: 20_000 }).toContain("When a new key replaces this one");
    const text = await explained();
    for (const field of ["every", "overlap", "window", "trigger", "holdWhileInUse"])
      expect(text).toContain(field);
  });

  test("is minted again when its Secret is deleted, and the lost key retires after the overlap", async () => {
    const { key, ...before } = await ready("lost", { rotation: { overlap: "2s" } });
    await key.deleteSecret();
    const value = await key.newValue(before.value);
    expect(await world.authenticates(value)).toBe(200);
    const status = await key.replaced(before.keyId);
    expect(status.previous).toMatchObject([{ keyId: before.keyId, reason: "SecretLost" }]);
    expect(world.stateOf(before.keyId)).toBe("active");
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(world.stateOf(before.keyId)).toBe("revoked");
    expect(await world.authenticates(before.value)).toBe(401);
    expect(await key.authenticates()).toBe(200);
  });

  test("is minted again when its value is edited", async () => {
    const { key, value } = await ready("edited");
    await key.patchSecret({ stringData: { SIGNATUREAPI_KEY: "mine" } });
    expect(await world.authenticates(await key.newValue(value))).toBe(200);
  });

  test("of mode test is rolled in place, and keeps its ID", async () => {
    const { key, ...before } = await ready("rolled", { mode: "test" });
    await key.deleteSecret();
    const value = await key.newValue(before.value);
    expect([await world.authenticates(before.value), await world.authenticates(value)]).toEqual([401, 200]);
    expect((await key.status()).keyId).toBe(before.keyId);
  });

  test("rotates when its trigger changes", async () => {
    const { key, ...before } = await ready("triggered", { rotation: { trigger: "one" } });
    await key.declare({ rotation: { trigger: "two" } });
    const value = await key.newValue(before.value);
    expect([await world.authenticates(before.value), await world.authenticates(value)]).toEqual([200, 200]);
  });
});

describe("a Secret", () => {
  test("gets its annotations and labels back without a mint, and keeps those of others", async () => {
    const { key, value } = await ready("stripped");
    const before = world.mints();
    const foreign = { "team.example.com/owner": "payments" };
    const secret = await key.secret();
    await world.kube.update(SECRETS, {
      ...secret,
      metadata: { ...secret.metadata, annotations: foreign, labels: {} },
    });
    // A watch may still show the Secret from before the edit, which has that annotation too.
    const restored = await key.untilSecret(
      ({ metadata: { annotations = {} } }) =>
        "team.example.com/owner" in annotations && "signatureapi.com/key-id" in annotations,
    );
    expect(restored.metadata.annotations).toMatchObject(foreign);
    expect(restored.metadata.labels).toMatchObject({
      "app.kubernetes.io/managed-by": "signatureapi-controller",
    });
    expect(decoded(restored)).toBe(value);
    expect(world.mints()).toBe(before);
  });

  test("follows changes of entry, labels and template without a mint, and drops what was declared before", async () => {
    const { key, keyId, value } = await ready("shaped", {
      secret: { labels: { tier: "one" }, template: [{ name: ".env", value: "K={{key}}\n" }] },
    });
    const before = world.mints();
    await key.declare({
      secret: {
        key: "API_KEY",
        labels: { team: "a" },
        template: [{ name: "key.json", value: '{"id":"{{keyId}}","mode":"{{mode}}"}' }],
      },
    });
    const shaped = await key.untilSecret(({ data }) => data?.["API_KEY"] !== undefined);
    expect(Object.keys(shaped.data ?? {}).toSorted()).toEqual(["API_KEY", "key.json"]);
    expect(decoded(shaped, "API_KEY")).toBe(value);
    expect((await key.status()).keyId).toBe(keyId);
    expect(JSON.parse(decoded(shaped, "key.json") ?? "")).toEqual({ id: keyId, mode: "live" });
    expect(shaped.metadata.labels).toMatchObject({ team: "a" });
    expect(shaped.metadata.labels).not.toHaveProperty("tier");
    expect(world.mints()).toBe(before);
  });

  test("that another user puts in place of ours is not touched", async () => {
    const { key, keyId } = await ready("replaced");
    await key.suspend(true);
    await key.deleteSecret();
    const metadata = { name: "app", namespace: "replaced" };
    await world.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { theirs: "x" } });
    await key.suspend(false);
    await key.refused("SecretConflict");
    expect(Object.keys((await key.secret()).data ?? {})).toEqual(["theirs"]);
    expect(world.stateOf(keyId)).toBe("active");
  });
});

describe("a deleted ApiKey", () => {
  test("takes its key and its Secret with it", async () => {
    const { key, keyId, value } = await ready("deleted");
    await key.remove();
    expect(world.stateOf(keyId)).toBe("revoked");
    expect(await world.authenticates(value)).toBe(401);
    expect(await key.findSecret()).toBeUndefined();
  });

  test("with Retain leaves the key, without its tag, and the Secret", async () => {
    const { key, keyId, value } = await ready("retained", { deletionPolicy: "Retain", description: "Kept" });
    await key.remove();
    expect(world.remote(keyId)).toMatchObject({ status: "active", description: "Kept" });
    expect(await world.authenticates(value)).toBe(200);
    expect(await key.value()).toBe(value);
  });

  test("is held while it is protected", async () => {
    const { key, keyId } = await ready("protected", { deletionProtection: true });
    await key.delete();
    await key.refused("DeletionProtected");
    expect(world.stateOf(keyId)).toBe("active");
    await key.declare({ deletionProtection: false });
    await key.gone();
    expect(world.stateOf(keyId)).toBe("revoked");
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
    expect(world.stateOf(keyId)).toBe("revoked");
  });

  test("without credentials says why it is stuck, and can be given up", async () => {
    const { key, keyId } = await ready("abandoned");
    const { namespace } = key;
    await world.kube.delete(SECRETS, { namespace, name: "credentials" });
    await world.watcher.until(ACCOUNTS, { namespace, name: "default" }, refusedFor("CredentialsNotFound"));
    await key.delete();
    expect(await key.refused("CredentialsNotFound")).toContain("signatureapi.com/abandon");
    await key.annotate({ "signatureapi.com/abandon": "true" });
    await key.gone();
    expect(world.stateOf(keyId)).toBe("active");
  });
});

/** The key that was made first is revoked, and another one is delivered. */
async function expectReplaced(key: OneKey): Promise<void> {
  expect(
    key
      .keys()
      .map(({ status }) => status)
      .toSorted(),
  ).toEqual(["active", "revoked"]);
  expect(await key.authenticates()).toBe(200);
}

describe("an unknown outcome", () => {
  test.each(["reset", "truncate", "malformed"] as const)(
    "after a %s the key that was made is revoked, and another one delivered",
    async (kind) => {
      world.emulator.admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind } });
      const { key } = await ready(`unknown-${kind}`);
      await expectReplaced(key);
    },
  );
});

test("a Secret that is deleted again and again does not use up the account", async () => {
  const { key, ...first } = await ready("fought-over", { rotation: { overlap: "0s" } });
  let { value } = first;
  for (let count = 0; count < 5; count += 1) {
    await key.deleteSecret();
    value = await key.newValue(value);
  }
  await key.untilReady();
  const before = world.mints();
  await key.deleteSecret();
  expect(await key.refused("MintBudgetExhausted")).toMatch(
    /5 keys.*within an hour.*SecretLost.*next key is made at/,
  );
  expect(world.mints()).toBe(before);
});

test("a key of the wrong mode is never delivered, and revoked", async () => {
  const match = { operation: "createApiKey" } as const;
  world.emulator.admin.addFault({ match, when: "after", fault: { kind: "wrong-mode" } });
  const { key } = await ready("wrong-mode");
  await expectReplaced(key);
});

test("an API that drops tags gets the pending commit finished, and mints no more, also after a restart", async () => {
  const n = "untraceable";
  const account = await world.addAccount(n);
  world.emulator.admin.addFault({
    match: { operation: "createApiKey", account },
    when: "after",
    fault: { kind: "rewrite-description", description: "tidied up" },
  });
  const [key, second] = [new OneKey(world, n), new OneKey(world, n, { name: "second" })];
  await key.declare({});
  await key.untilReady();
  expect(await key.authenticates()).toBe(200);
  await world.watcher.until(ACCOUNTS, { namespace: n, name: "default" }, refusedFor("TagNotPreserved"));
  await second.declare({});
  await second.refused("TagNotPreserved");
  const restarted = await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", n] });
  await restarted.logged(/"reason":"TagNotPreserved".*at rest/);
  await restarted.stop();
  expect(world.keysIn(account)).toHaveLength(1);
});

test("a suspended ApiKey mints nothing, and says so", async () => {
  const before = world.mints();
  const key = new OneKey(world, "suspended");
  await key.create({ suspend: true });
  await key.refused("Suspended");
  expect(world.mints()).toBe(before);
  await key.suspend(false);
  await key.untilReady();
});
