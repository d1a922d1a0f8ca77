import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionOf } from "./conditions.ts";
import { kstatusOf, type KStatus } from "./kstatus.ts";
import { clusterAccount, readyNamespace, tokenOf } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(async () => world[Symbol.asyncDispose]());

test("what no controller has looked at yet is in progress, of each kind", async () => {
  const n = "nobody";
  const key = new OneKey(world, n);
  await world.apply(
    ...readyNamespace(n, world.emulator.url),
    clusterAccount(n, world.emulator.url),
    key.manifest(),
  );
  const objects = [
    await key.object(),
    await world.kube.get(ACCOUNTS, { namespace: n, name: "default" }),
    await world.kube.get(CLUSTER_ACCOUNTS, { name: n }),
  ];
  expect(objects.map(({ status }) => status)).toEqual(objects.map(() => ({ observedGeneration: -1 })));
  expect(objects.map(kstatusOf)).toEqual(["InProgress", "InProgress", "InProgress"]);
});

async function ready(n: string): Promise<OneKey> {
  await world.addAccount(n);
  const key = new OneKey(world, n, { token: tokenOf(n) });
  await key.declare({ rotation: { trigger: "one", overlap: "0s" } });
  await until(key, "Current");
  return key;
}

async function until(key: OneKey, wanted: KStatus): Promise<CustomObject> {
  return key.until((object) => object !== undefined && kstatusOf(object) === wanted && object);
}

/** What it was taken for from an edit on, until it is current, with the conditions that it had. */
async function seenUntilCurrent(key: OneKey, edit: () => Promise<void>): Promise<readonly string[]> {
  const seen = new Set<string>();
  const { metadata } = await key.object();
  const current = world.watcher.until(API_KEYS, key.ref, (object) => {
    if (object === undefined || object.metadata.generation === metadata.generation) return undefined;
    const types = ["Ready", "Reconciling", "Stalled", "Degraded"];
    const holds = types.filter((type) => conditionOf(object, type)?.status === "True");
    seen.add([kstatusOf(object), ...holds].join(" "));
    return kstatusOf(object) === "Current" || undefined;
  });
  await edit();
  await current;
  return [...seen];
}

describe("with a controller", () => {
  beforeAll(async () => {
    await world.startController({ timing: FAST_TIMING });
  });

  test("a key that is delivered is current, and so is its account", async () => {
    const key = await ready("current");
    expect(kstatusOf(await world.kube.get(ACCOUNTS, { namespace: key.namespace, name: "default" }))).toBe(
      "Current",
    );
    expect(conditionOf(await key.object(), "Degraded")).toBeUndefined();
  });

  test("a rotation that was asked for is in progress until its key is committed, and Ready all the time", async () => {
    const key = await ready("rotated");
    const before = (await key.status()).keyId;
    const seen = await seenUntilCurrent(key, async () =>
      key.change({ rotation: { trigger: "two", overlap: "0s" } }),
    );
    expect(seen).toEqual(["InProgress Ready", "Current Ready"]);
    expect((await key.status()).keyId).not.toBe(before);
  });

  test("an edit that needs no new key is current at once", async () => {
    const key = await ready("edited");
    const seen = await seenUntilCurrent(key, async () => key.change({ description: "of the shop" }));
    expect(seen).toEqual(["InProgress Ready", "Current Ready"]);
  });

  test("a spec that cannot be obeyed fails where there is no key, and stays in progress where one works", async () => {
    const labels = { "not-allowed.example.com/tier": "one" };
    await world.addAccount("refused");
    const refused = new OneKey(world, "refused", { token: tokenOf("refused") });
    await refused.declare({ secret: { labels } });
    await until(refused, "Failed");
    const working = await ready("working");
    await working.declare({ rotation: { trigger: "one", overlap: "0s" }, secret: { labels } });
    await working.stalled("SecretMetadataNotAllowed");
    const object = await working.object();
    expect(kstatusOf(object)).toBe("InProgress");
    expect(conditionOf(object, "Ready")).toMatchObject({ status: "True", reason: "KeyDelivered" });
    expect(conditionOf(object, "Degraded")).toMatchObject({
      status: "True",
      reason: "SecretMetadataNotAllowed",
      observedGeneration: object.metadata.generation,
    });
    await working.declare({ rotation: { trigger: "one", overlap: "0s" } });
    expect(conditionOf(await until(working, "Current"), "Degraded")).toBeUndefined();
  });

  test("an API that cannot be reached leaves a key current, and makes it degraded", async () => {
    const key = await ready("unreachable");
    const match = { account: `acc_${key.namespace}` };
    world.emulator.admin.addFault({ match, times: 1_000, fault: { kind: "reset" } });
    await key.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
    const degraded = await key.until(
      (object) => conditionOf(object, "Degraded")?.status === "True" && object !== undefined && object,
    );
    expect(kstatusOf(degraded)).toBe("Current");
    expect(conditionOf(degraded, "Ready")?.status).toBe("True");
    world.emulator.admin.clearFaults();
    await key.until((object) => conditionOf(object, "Degraded") === undefined);
  });

  test("a deletion is terminating", async () => {
    const key = await ready("deleted");
    const match = { account: `acc_${key.namespace}` };
    world.emulator.admin.addFault({ match, times: 1_000, fault: { kind: "reset" } });
    await key.delete();
    await until(key, "Terminating");
    world.emulator.admin.clearFaults();
    await key.gone();
  });
});
