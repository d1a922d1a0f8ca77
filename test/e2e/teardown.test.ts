import { ACCOUNTS, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiKey, readyNamespace, type Manifest } from "./manifests.ts";
import { decoded, OneKey } from "./one-key.ts";
import { FAST_TIMING, MANY_TEST_KEYS, World } from "./world.ts";

const ROTATION = { overlap: "1h", trigger: "one" };

let world: World;

beforeAll(async () => {
  // The namespace controller of a real kube-controller-manager deletes what is in a namespace, in an order of its own.
  world = await World.start({
    cluster: { workloads: true },
    emulator: MANY_TEST_KEYS,
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
  for (const [name] of KEYS) await new OneKey(world, n, { name }).untilReady();
  const rotated = new OneKey(world, n, { name: "rotated" });
  const before = await rotated.value();
  await rotated.declare({ rotation: { ...ROTATION, trigger: "two" }, secret: { previousKey: "OLD" } });
  await rotated.untilSecret((secret) => before !== undefined && decoded(secret, "OLD") === before);
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
      const key = new OneKey(world, n, { name });
      expect(await key.refused("CredentialsNotFound")).toContain('signatureapi.com/abandon: "true"');
      await key.annotate({ "signatureapi.com/abandon": "true" });
    }
    expect(await deleteNamespace(n, "60s")).toBe(0);
    expect(active(n)).toHaveLength(KEYS.length + 1);
  },
);
