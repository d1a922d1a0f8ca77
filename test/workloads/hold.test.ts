import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusedFor } from "../e2e/conditions.ts";
import { apiKey } from "../e2e/manifests.ts";
import { FAST_TIMING, type Manifest } from "../e2e/world.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(async () => stage[Symbol.asyncDispose]());

// Kubernetes tells the age of a Pod to the second: what is younger by less is not older for sure.
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

async function run(n: string, names: readonly string[]): Promise<void> {
  await stage.world.cluster.apply(
    names.map((name) => stringify(pod(n, name, USERS[name] ?? {}))).join("---\n"),
  );
  for (const name of names)
    await stage.kubectl(n, "wait", "--for=condition=Ready", `pod/${name}`, "--timeout=30s");
}

describe("a controller that may list Pods", () => {
  beforeAll(async () => {
    await stage.world.startController({
      timing,
      flags: ["--pod-access", "list", "--installation", "00000000aa", "--namespaces", "used,unused"],
    });
  });

  test("holds an old key until the last Pod that uses the Secret is younger than the new value", async () => {
    const n = "used";
    const before = await stage.ready(n, { rotation });
    await run(n, ["volume", "projected", "init", "stranger"]);
    await stage.rotate(n);
    const message = await stage.held(n, "SecretInUse");
    expect(message).toContain(before.keyId);
    expect(message).toContain("init; projected; volume");
    await stage.kubectl(n, "delete", "pod", "init", "volume");
    await stage.world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) =>
      JSON.stringify(object?.status).includes("older than the new value: projected"),
    );
    expect(stage.keyState(before.keyId)).toBe("active");
    await stage.kubectl(n, "delete", "pod", "projected");
    await stage.status(n, ({ previous }) => previous === undefined);
    expect(stage.keyState(before.keyId)).toBe("revoked");
  });

  test("holds nothing in an emergency", async () => {
    const n = "unused";
    const before = await stage.ready(n, { rotation });
    await run(n, ["volume"]);
    await stage.kubectl(n, "annotate", "apikey/app", "signatureapi.com/rotate=leaked");
    await stage.status(n, ({ keyId, previous }) => keyId !== before.keyId && previous === undefined);
    expect(stage.keyState(before.keyId)).toBe("revoked");
  });
});

describe("a controller that may not", () => {
  test("refuses to hold before anything is minted, and keeps what it holds when it no longer may", async () => {
    const flags = ["--installation", "00000000bb", "--namespaces", "blind"];
    const n = "blind";
    const seeing = await stage.world.startController({
      timing,
      flags: [...flags, "--pod-access", "list"],
    });
    const before = await stage.ready(n, { rotation });
    await run(n, ["volume"]);
    await stage.rotate(n);
    await stage.held(n, "SecretInUse");
    await seeing.stop();
    await stage.world.startController({ timing, flags });
    expect(await stage.held(n, "PodAccessMissing")).toContain("holdWhileInUse");
    expect(stage.keyState(before.keyId)).toBe("active");
    await stage.world.apply(apiKey(n, "new", { rotation }));
    const ref = { namespace: n, name: "new" };
    const refusal = await stage.world.watcher.until(API_KEYS, ref, refusedFor("PodAccessMissing"));
    expect(refusal).toContain("--pod-access list");
    // Who no longer asks for it is not kept waiting.
    await stage.change(n, { rotation: { holdWhileInUse: false } });
    await stage.status(n, ({ previous }) => previous === undefined);
    expect(stage.keyState(before.keyId)).toBe("revoked");
  });
});
