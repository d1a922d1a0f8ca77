import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAST_TIMING, MANY_TEST_KEYS, World } from "../e2e/world.ts";
import type { Manifest } from "../e2e/manifests.ts";
import { KeyWithDependents } from "./key-with-dependents.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({ cluster: { workloads: true }, emulator: MANY_TEST_KEYS });
});

afterAll(async () => world[Symbol.asyncDispose]());

// Kubernetes records the age of a Pod in whole seconds, so that a smaller difference proves nothing.
const timing = { ...FAST_TIMING, restartDelay: 1_100 };
const rotation = { overlap: "0s", holdWhileInUse: true };

function pod(namespace: string, name: string, spec: Manifest): Manifest {
  const containers = [{ name: "app", image: "example.com/app:1" }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec: { containers, ...spec } };
}

/** Ways to use the Secret `app`, each of a Pod that no workload of ours has asked a restart for. */
const USERS: Readonly<Record<string, Manifest>> = {
  volume: { volumes: [{ name: "key", secret: { secretName: "app" } }] },
  projected: { volumes: [{ name: "key", projected: { sources: [{ secret: { name: "app" } }] } }] },
  init: {
    initContainers: [
      { name: "init", image: "example.com/init:1", envFrom: [{ secretRef: { name: "app" } }] },
    ],
  },
};

async function run(key: KeyWithDependents, names: readonly string[]): Promise<void> {
  await world.apply(...names.map((name) => pod(key.namespace, name, USERS[name] ?? {})));
  for (const name of names)
    await key.kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=30s");
}

describe("a controller that may list Pods", () => {
  beforeAll(async () => {
    await world.startController({
      timing,
      flags: ["--pod-access", "list", "--installation", "00000000aa", "--namespaces", "used,unused"],
    });
  });

  test("holds an old key until the last Pod that uses the Secret is younger than the new value", async () => {
    const key = new KeyWithDependents(world, "used");
    const before = await key.settled({ rotation });
    await run(key, ["volume", "projected", "init", "stranger"]);
    await key.rotate();
    const message = await key.held("SecretInUse");
    expect(message).toContain(before.keyId);
    expect(message).toContain("init; projected; volume");
    await key.kubectl("delete", "pod", "init", "volume");
    await key.until((object) =>
      JSON.stringify(object?.status).includes("older than the new value: projected"),
    );
    expect(world.stateOf(before.keyId)).toBe("active");
    await key.kubectl("delete", "pod", "projected");
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(world.stateOf(before.keyId)).toBe("revoked");
  });

  test("holds nothing in an emergency", async () => {
    const key = new KeyWithDependents(world, "unused");
    const before = await key.settled({ rotation });
    await run(key, ["volume"]);
    await key.kubectl("annotate", "apikey/app", "signatureapi.com/emergency-rotate=leaked");
    await key.untilStatus(({ keyId, previous }) => keyId !== before.keyId && previous === undefined);
    expect(world.stateOf(before.keyId)).toBe("revoked");
  });
});

describe("a controller that may not", () => {
  test("refuses to hold before anything is minted, and keeps what it holds when it no longer may", async () => {
    const flags = ["--installation", "00000000bb", "--namespaces", "blind"];
    const key = new KeyWithDependents(world, "blind");
    const seeing = await world.startController({
      timing,
      flags: [...flags, "--pod-access", "list"],
    });
    const before = await key.settled({ rotation });
    await run(key, ["volume"]);
    await key.rotate();
    await key.held("SecretInUse");
    await seeing.stop();
    await world.startController({ timing, flags });
    expect(await key.held("PodAccessMissing")).toContain("holdWhileInUse");
    expect(world.stateOf(before.keyId)).toBe("active");
    const later = new KeyWithDependents(world, "blind", { name: "new" });
    await later.declare({ rotation });
    expect(await later.refused("PodAccessMissing")).toContain("--pod-access list");
    // Nothing is held once the spec no longer asks for it.
    await key.change({ rotation: { holdWhileInUse: false } });
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(world.stateOf(before.keyId)).toBe("revoked");
  });
});
