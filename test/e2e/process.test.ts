import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNTS, CLUSTER_ACCOUNTS } from "@signatureapi-keys/controller/resources";
import type { RunningController } from "./running-controller.ts";
import { isReady } from "./conditions.ts";
import { ControllerChild } from "./controller-child.ts";
import { clusterAccount, credentials, namespace, readyNamespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;

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
      // Each Account of a namespace of its own asks for itself.
      const answers = new Set(admin.requests({ operation }).map(({ status }) => status));
      expect(answers).toEqual(new Set([null]));
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
    const leading = 'leader_election_master_status{name="signatureapi-controller"}';
    expect(await first.metrics()).toContain(`${leading} 1`);
    expect(await second.metrics()).toContain(`${leading} 0`);
    expect(await first.end("SIGTERM")).toBe(0);
    await second.said(/this replica leads/);
    const key = new OneKey(world, "turns");
    await key.declare({});
    await key.untilReady();
    expect(await second.end("SIGTERM")).toBe(0);
  });
});

describe("--read-only", () => {
  test("changes nothing, not even a status", async () => {
    const key = new OneKey(world, "read-only");
    await key.create();
    world.emulator.admin.clearRequests();
    const controller = await world.startController({
      timing: FAST_TIMING,
      flags: ["--read-only", "--namespaces", "read-only"],
    });
    await controller.logged(/"level":"info".*"reason":"ReadOnly".*the next step would be add-finalizer/);
    await controller.stop();
    const object = await key.object();
    expect(object.status).toEqual({ observedGeneration: -1 });
    expect(object.metadata.finalizers).toBeUndefined();
    // It looks, and takes inventory; whether that has begun by now is chance.
    const asked = Object.keys(world.emulator.admin.counters());
    expect(asked.filter((operation) => !["getAccount", "listApiKeys"].includes(operation))).toEqual([]);
    expect(asked).toContain("getAccount");
  });
});

describe("another installation", () => {
  test("leaves an ApiKey alone that is managed already", async () => {
    const key = new OneKey(world, "managed");
    await key.create();
    const ours = await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", "managed"] });
    await key.untilReady();
    await ours.stop();
    const before = await key.object();
    await key.deleteSecret();
    const theirs = await world.startController({
      timing: FAST_TIMING,
      flags: ["--namespaces", "managed", "--installation", "0123456789"],
    });
    await theirs.logged(/"reason":"ManagedByAnother"/);
    await theirs.stop();
    expect(await key.findSecret()).toBeUndefined();
    expect((await key.object()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test("that moved here is taken over: its keys are tagged anew, and none is minted", async () => {
    const key = new OneKey(world, "moved");
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
    await key.create();
    const old = await start("00000000aa");
    await key.untilReady();
    const { keyId } = await key.delivered();
    await old.stop();
    const value = (await key.secret()).data;

    const next = await start("00000000bb", "--previous-installations", "00000000aa");
    await key.untilStatus(({ installation }) => installation === "00000000bb");
    await next.stop();
    const { description = "" } = world.remote(keyId) ?? {};
    expect(description).toMatch(/^moved\/app \[ak:00000000bb\.[0-9a-f]{16}:1:[a-z2-7]{8}\]$/);
    expect((await key.secret()).data).toEqual(value);

    // From now on the old name is not needed: the key can be replaced, and is revoked with its ApiKey.
    const later = await start("00000000bb");
    await key.remove();
    expect(world.stateOf(keyId)).toBe("revoked");
    await later.stop();
  });
});

describe("--secret-access get", () => {
  test("finds a lost Secret at the resync, without ever listing Secrets", async () => {
    const flags = ["--secret-access", "get", "--namespaces", "gets", "--resync", "1s"];
    const key = new OneKey(world, "gets");
    await key.create();
    const lists = async (): Promise<number> =>
      (await world.cluster.requestCounts())
        .filter(({ resource, verb }) => resource === "secrets" && /LIST|WATCH/.test(verb))
        .reduce((sum, { value }) => sum + value, 0);
    const before = await lists();
    const controller = await world.startController({ timing: FAST_TIMING, flags });
    await key.untilReady();
    const { uid } = (await key.secret()).metadata;
    await key.deleteSecret();
    await controller.logged(/"reason":"SecretLost"/);
    await controller.stop();
    expect(await lists()).toBe(before);
    expect((await key.secret()).metadata.uid).not.toBe(uid);
  });
});

describe("a refused mint", () => {
  test("is not repeated when the ApiKey is queued again", async () => {
    const account = await world.addAccount("refused");
    world.emulator.admin.createKey(account, { mode: "test", description: "made by hand" });
    const key = new OneKey(world, "refused");
    await key.declare({ mode: "test" });
    const controller = await world.startController({ flags: ["--namespaces", "refused"] });
    await key.refused("TestKeyExists");
    for (const touched of ["once", "twice"]) {
      const atRest = controller.lines.filter((line) => line.includes('"msg":"at rest"')).length;
      await key.patch({ metadata: { labels: { touched } } });
      await controller.logged(/"msg":"at rest"/, atRest + 1);
    }
    await controller.stop();
    const posts = world.emulator.admin.requests({ operation: "createApiKey", account });
    expect(posts).toHaveLength(1);
  });
});

/** Lines that allow these modes where a namespace is labelled for it. */
const allow = (modes: readonly string[]): object[] => [
  { modes, namespaceSelector: { matchLabels: { "team.example.com/live": "true" } } },
];

describe("an account", () => {
  test("takes a replaced token without a restart", async () => {
    const account = await world.addAccount("token");
    const before = new OneKey(world, "token", { name: "before" });
    const after = new OneKey(world, "token", { name: "after" });
    await before.declare({});
    await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", "token"] });
    await before.untilReady();
    world.emulator.admin.setToken(account, "token-two");
    await world.apply(credentials("token", { token: "token-two" }));
    await after.declare({});
    await after.untilReady();
    await world.watcher.until(ACCOUNTS, { namespace: "token", name: "default" }, isReady);
  });

  test("of the cluster keeps existing keys when its lines are narrowed, and mints no more", async () => {
    const accountRef = { kind: "ClusterAccount", name: "acme" };
    await world.apply(
      namespace("signatureapi-system"),
      credentials("signatureapi-system"),
      clusterAccount("acme", world.emulator.url, { allow: allow(["live"]) }),
      namespace("narrowed", { "team.example.com/live": "true" }),
    );
    const kept = new OneKey(world, "narrowed", { name: "kept" });
    const refused = new OneKey(world, "narrowed", { name: "refused" });
    await kept.declare({ accountRef });
    await world.startController({ timing: FAST_TIMING, flags: ["--namespaces", "narrowed"] });
    await kept.untilReady();
    await world.apply(clusterAccount("acme", world.emulator.url, { allow: allow(["test"]) }));
    await world.untilObserved(CLUSTER_ACCOUNTS, { name: "acme" });
    await refused.declare({ accountRef });
    await refused.refused("NotAllowed");
    await kept.untilReady();
  });
});
