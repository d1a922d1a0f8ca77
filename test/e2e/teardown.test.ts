import { ACCOUNTS, API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isReady, refusedFor } from "./conditions.ts";
import { apiKey, readyNamespace } from "./manifests.ts";
import { FAST_TIMING, World, type Manifest } from "./world.ts";

const ROTATION = { overlap: "1h", trigger: "one" };

let world: World;

beforeAll(async () => {
  // The namespace controller of a real kube-controller-manager deletes what is in a namespace, in an order of its own.
  world = await World.start({
    cluster: { workloads: true },
    emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
  });
}, 180_000);

afterAll(async () => world[Symbol.asyncDispose]());

const KEYS: readonly (readonly [name: string, spec: Manifest])[] = [
  ["plain", {}],
  ["test", { mode: "test" }],
  ["rotated", { rotation: ROTATION, secret: { previousKey: "OLD" } }],
  ["suspended-later", {}],
  ["more", {}],
];

/** A namespace with an account, and keys in several states. */
async function declare(n: string): Promise<void> {
  await world.apply(
    ...readyNamespace(n, world.emulator.url),
    ...KEYS.map(([name, spec]) => apiKey(n, name, spec)),
  );
  for (const [name] of KEYS) await world.watcher.until(API_KEYS, { namespace: n, name }, isReady);
  const before = await world.kube.get(SECRETS, { namespace: n, name: "rotated" });
  await world.apply(
    apiKey(n, "rotated", { rotation: { ...ROTATION, trigger: "two" }, secret: { previousKey: "OLD" } }),
  );
  await world.watcher.until(
    SECRETS,
    { namespace: n, name: "rotated" },
    (secret) =>
      secret?.data?.["OLD"] !== undefined && secret.data["OLD"] === before.data?.["SIGNATUREAPI_KEY"],
  );
  await world.apply(apiKey(n, "suspended-later", { suspend: true }));
}

function active(n: string): readonly string[] {
  const keys = world.emulator.admin.keys();
  return keys
    .filter(({ status, description }) => status === "active" && description.startsWith(`${n}/`))
    .map(({ description }) => description);
}

function made(): number {
  return world.emulator.admin.keys().length;
}

async function deleteNamespace(n: string, timeout: string): Promise<number | null> {
  return (await world.cluster.kubectl(["delete", "namespace", n, `--timeout=${timeout}`])).code;
}

test(
  "a namespace that is torn down ends, with every key revoked and none minted",
  { timeout: 90_000 },
  async () => {
    const controller = await world.startController({ timing: FAST_TIMING });
    await declare("torn-down");
    expect(active("torn-down")).toHaveLength(KEYS.length + 1);
    const before = made();
    expect(await deleteNamespace("torn-down", "60s")).toBe(0);
    expect(active("torn-down")).toEqual([]);
    expect(made()).toBe(before);
    await controller.stop();
  },
);

test(
  "one whose credentials are gone when the controller comes back says so, and can be given up",
  { timeout: 120_000 },
  async () => {
    const n = "left-alone";
    const controller = await world.startController({ timing: FAST_TIMING });
    await declare(n);
    await controller.stop();
    await deleteNamespace(n, "1s");
    await world.watcher.until(
      SECRETS,
      { namespace: n, name: "credentials" },
      (secret) => secret === undefined,
    );
    await world.watcher.until(
      ACCOUNTS,
      { namespace: n, name: "default" },
      (account) => account?.metadata.deletionTimestamp !== undefined,
    );
    await world.startController({ timing: FAST_TIMING });
    for (const [name] of KEYS) {
      const ref = { namespace: n, name };
      const message = await world.watcher.until(API_KEYS, ref, refusedFor("CredentialsNotFound"));
      expect(message).toContain('signatureapi.com/abandon: "true"');
      const metadata = { annotations: { "signatureapi.com/abandon": "true" } };
      await world.kube.patch(API_KEYS, ref, { metadata }, { type: "merge" });
    }
    expect(await deleteNamespace(n, "60s")).toBe(0);
    expect(active(n)).toHaveLength(KEYS.length + 1);
  },
);
