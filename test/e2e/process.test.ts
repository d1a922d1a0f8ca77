import type { KubeObject } from "@signatureapi-keys/controller/kube";
import type { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ACCOUNTS,
  API_KEYS,
  apiKeyStatusSchema,
  CLUSTER_ACCOUNTS,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import type { RunningController } from "./running-controller.ts";
import { conditionOf, isReady, refusedFor } from "./conditions.ts";
import { ControllerChild } from "./controller-child.ts";
import { account, apiKey, clusterAccount, credentials, namespace, readyNamespace } from "./manifests.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;

function statusOf(object: KubeObject | undefined): z.output<typeof apiKeyStatusSchema> {
  return apiKeyStatusSchema.parse(object?.["status"] ?? {});
}

function keyIdOf(object: KubeObject | undefined): string | undefined {
  return statusOf(object).keyId;
}

beforeAll(async () => {
  world = await World.start();
});

afterAll(async () => world[Symbol.asyncDispose]());

function child(...flags: readonly string[]): ControllerChild {
  return new ControllerChild(world.cluster.kubeconfigFile, [
    "--allowed-base-urls",
    world.emulator.url,
    ...flags,
  ]);
}

describe("the process", () => {
  test("serves health, readiness and metrics, and ends with 0 at SIGTERM", async () => {
    await using controller = child("--namespaces", "default");
    await controller.said(/caches are filled/);
    expect([await controller.health("/healthz"), await controller.health("/readyz")]).toEqual([200, 200]);
    const metrics = await controller.metrics();
    for (const name of [
      "signatureapi_apikey_mints_total",
      "controller_runtime_reconcile_total",
      "workqueue_depth",
      "rest_client_requests_total",
    ]) {
      expect(metrics).toContain(name);
    }
    expect(await controller.end("SIGTERM")).toBe(0);
    expect(controller.output).toMatch(/"msg":"stopped"/);
  });

  test("waits at its end for no answer that it has no use for", async () => {
    await using mute = await World.start();
    const { admin, url } = mute.emulator;
    for (const operation of ["getAccount", "listApiKeys"] as const) {
      admin.addFault({ match: { operation }, times: 1_000, fault: { kind: "hang" } });
      await mute.apply(...readyNamespace(operation.toLowerCase(), url));
      await using controller = new ControllerChild(mute.cluster.kubeconfigFile, ["--allowed-base-urls", url]);
      await admin.waitForRequests({ operation });
      expect(await controller.end("SIGTERM")).toBe(0);
      expect(admin.requests({ operation }).map(({ status }) => status)).toEqual([null]);
      admin.clearFaults();
    }
  });

  test("refuses an unknown flag with status 2, and says where help is", async () => {
    await using controller = child("--no-such-flag");
    await expect(controller.said(/never/)).rejects.toThrow(/--no-such-flag.*--help/s);
    expect(await controller.end()).toBe(2);
  });

  test("says what to install where the CRDs are missing", async () => {
    await using bare = await World.start({ crds: false });
    await using controller = new ControllerChild(bare.cluster.kubeconfigFile, []);
    await expect(controller.said(/never/)).rejects.toThrow(/CustomResourceDefinitions.*kubectl apply/s);
    expect(await controller.end()).toBe(1);
  });
});

describe("two replicas", () => {
  test("take turns: the standby takes over when the leader is stopped", async () => {
    await world.apply(namespace("signatureapi-system"), ...readyNamespace("turns", world.emulator.url));
    const flags = ["--leader-elect", "--namespaces", "turns"];
    await using first = child(...flags);
    await first.said(/this replica leads/);
    await using second = child(...flags);
    await second.said(/caches are filled/);
    expect(second.output).not.toContain("this replica leads");
    expect(await first.end("SIGTERM")).toBe(0);
    await second.said(/this replica leads/);
    await world.apply(apiKey("turns", "app"));
    await world.watcher.until(API_KEYS, { namespace: "turns", name: "app" }, isReady);
    expect(await second.end("SIGTERM")).toBe(0);
  });
});

describe("--read-only", () => {
  test("changes nothing, not even a status", async () => {
    await world.apply(...readyNamespace("read-only", world.emulator.url), apiKey("read-only", "app"));
    world.emulator.admin.clearRequests();
    const controller = await world.startController({
      timing: FAST_TIMING,
      flags: ["--read-only", "--namespaces", "read-only"],
    });
    await controller.logged(/"level":"info".*"reason":"ReadOnly".*the next step would be add-finalizer/);
    await controller.stop();
    const object = await world.kube.get(API_KEYS, { namespace: "read-only", name: "app" });
    expect(object.status).toBeUndefined();
    expect(object.metadata.finalizers).toBeUndefined();
    // It looks, and takes inventory; whether that has begun by now is chance.
    const asked = Object.keys(world.emulator.admin.counters());
    expect(asked.filter((operation) => !["getAccount", "listApiKeys"].includes(operation))).toEqual([]);
    expect(asked).toContain("getAccount");
  });
});

describe("another installation", () => {
  test("leaves an ApiKey alone that is managed already", async () => {
    await world.apply(...readyNamespace("managed", world.emulator.url), apiKey("managed", "app"));
    const ours = await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", "managed"] });
    await world.watcher.until(API_KEYS, { namespace: "managed", name: "app" }, isReady);
    await ours.stop();
    const before = await world.kube.get(API_KEYS, { namespace: "managed", name: "app" });
    await world.kube.delete(SECRETS, { namespace: "managed", name: "app" });
    const theirs = await world.startController({
      timing: FAST_TIMING,
      flags: ["--namespaces", "managed", "--installation", "0123456789"],
    });
    await theirs.logged(/"reason":"ManagedByAnother"/);
    await theirs.stop();
    expect(await world.kube.find(SECRETS, { namespace: "managed", name: "app" })).toBeUndefined();
    expect(
      (await world.kube.get(API_KEYS, { namespace: "managed", name: "app" })).metadata.resourceVersion,
    ).toBe(before.metadata.resourceVersion);
  });

  test("that moved here is taken over: its keys are tagged anew, and none is minted", async () => {
    const ref = { namespace: "moved", name: "app" };
    const start = async (installation: string, ...flags: readonly string[]): Promise<RunningController> =>
      world.startController({
        timing: FAST_TIMING,
        flags: [
          "--namespaces",
          "moved",
          "--installation",
          installation,
          "--inventory-interval",
          "1s",
          ...flags,
        ],
      });
    await world.apply(...readyNamespace("moved", world.emulator.url), apiKey("moved", "app"));
    const old = await start("00000000aa");
    const keyId = await world.watcher.until(API_KEYS, ref, (object) => isReady(object) && keyIdOf(object));
    await old.stop();
    const value = (await world.kube.get(SECRETS, ref)).data;

    const next = await start("00000000bb", "--previous-installations", "00000000aa");
    await world.watcher.until(API_KEYS, ref, (object) => statusOf(object).installation === "00000000bb");
    await next.stop();
    const { description = "" } = world.emulator.admin.keys().find(({ id }) => id === keyId) ?? {};
    expect(description).toMatch(/^moved\/app \[ak:00000000bb\.[0-9a-f]{16}:1:[a-z2-7]{8}\]$/);
    expect((await world.kube.get(SECRETS, ref)).data).toEqual(value);

    // From now on the old name is not needed: the key can be replaced, and is revoked with its ApiKey.
    const later = await start("00000000bb");
    await world.kube.delete(API_KEYS, ref);
    await world.watcher.until(API_KEYS, ref, (object) => object === undefined);
    expect(world.emulator.admin.keys().find(({ id }) => id === keyId)?.status).toBe("revoked");
    await later.stop();
  });
});

describe("--secret-access get", () => {
  test("finds a lost Secret at the resync, without ever listing Secrets", async () => {
    const flags = ["--secret-access", "get", "--namespaces", "gets", "--resync", "1s"];
    await world.apply(...readyNamespace("gets", world.emulator.url), apiKey("gets", "app"));
    const lists = async (): Promise<number> =>
      (await world.cluster.requestCounts())
        .filter(({ resource, verb }) => resource === "secrets" && /LIST|WATCH/.test(verb))
        .reduce((sum, { value }) => sum + value, 0);
    const before = await lists();
    const controller = await world.startController({ timing: FAST_TIMING, flags });
    await world.watcher.until(API_KEYS, { namespace: "gets", name: "app" }, isReady);
    const { uid } = (await world.kube.get(SECRETS, { namespace: "gets", name: "app" })).metadata;
    await world.kube.delete(SECRETS, { namespace: "gets", name: "app" });
    await controller.logged(/"reason":"SecretLost"/);
    await controller.stop();
    expect(await lists()).toBe(before);
    expect((await world.kube.get(SECRETS, { namespace: "gets", name: "app" })).metadata.uid).not.toBe(uid);
  });
});

describe("a refused mint", () => {
  test("is not repeated because something wakes the ApiKey", async () => {
    world.emulator.admin.addAccount({ id: "acc_refuses", token: "token-refuses" });
    world.emulator.admin.createKey("acc_refuses", { mode: "test", description: "made by hand" });
    await world.apply(
      namespace("refused"),
      credentials("refused", { token: "token-refuses" }),
      account("refused", world.emulator.url),
      apiKey("refused", "app", { mode: "test" }),
    );
    const ref = { namespace: "refused", name: "app" };
    const controller = await world.startController({ flags: ["--namespaces", "refused"] });
    await world.watcher.until(API_KEYS, ref, refusedFor("TestKeyExists"));
    for (const touched of ["once", "twice"]) {
      const atRest = controller.lines.filter((line) => line.includes('"msg":"at rest"')).length;
      await world.kube.patch(API_KEYS, ref, { metadata: { labels: { touched } } }, { type: "merge" });
      await controller.logged(/"msg":"at rest"/, atRest + 1);
    }
    await controller.stop();
    const posts = world.emulator.admin.requests({ operation: "createApiKey", account: "acc_refuses" });
    expect(posts).toHaveLength(1);
  });
});

/** Lines that allow these modes where a namespace is labelled for it. */
const allow = (modes: readonly string[]): object[] => [
  { modes, namespaceSelector: { matchLabels: { "team.example.com/live": "true" } } },
];

describe("an account", () => {
  test("takes a replaced token without a restart", async () => {
    world.emulator.admin.addAccount({ id: "acc_rotated", token: "token-one" });
    await world.apply(
      namespace("token"),
      credentials("token", { token: "token-one" }),
      account("token", world.emulator.url),
      apiKey("token", "before"),
    );
    await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", "token"] });
    await world.watcher.until(API_KEYS, { namespace: "token", name: "before" }, isReady);
    world.emulator.admin.setToken("acc_rotated", "token-two");
    await world.apply(credentials("token", { token: "token-two" }), apiKey("token", "after"));
    await world.watcher.until(API_KEYS, { namespace: "token", name: "after" }, isReady);
    await world.watcher.until(ACCOUNTS, { namespace: "token", name: "default" }, isReady);
  });

  test("of the cluster keeps existing keys when its lines are narrowed, and mints no more", async () => {
    const accountRef = { kind: "ClusterAccount", name: "acme" };
    await world.apply(
      namespace("signatureapi-system"),
      credentials("signatureapi-system"),
      clusterAccount("acme", world.emulator.url, { allow: allow(["live"]) }),
      namespace("narrowed", { "team.example.com/live": "true" }),
      apiKey("narrowed", "kept", { accountRef }),
    );
    await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", "narrowed"] });
    await world.watcher.until(API_KEYS, { namespace: "narrowed", name: "kept" }, isReady);
    await world.apply(clusterAccount("acme", world.emulator.url, { allow: allow(["test"]) }));
    await world.watcher.until(
      CLUSTER_ACCOUNTS,
      { name: "acme" },
      (object) => conditionOf(object, "Ready")?.observedGeneration === object?.metadata.generation,
    );
    await world.apply(apiKey("narrowed", "refused", { accountRef }));
    await world.watcher.until(API_KEYS, { namespace: "narrowed", name: "refused" }, refusedFor("NotAllowed"));
    expect(await world.watcher.until(API_KEYS, { namespace: "narrowed", name: "kept" }, isReady)).toBe(true);
  });
});
