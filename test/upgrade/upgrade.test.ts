import {
  API_KEYS,
  apiKeyStatusSchema,
  CLUSTER_ACCOUNTS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Installation } from "../chart/installation.ts";
import { conditionOf, isReady } from "../e2e/conditions.ts";
import type { ControllerChild } from "../e2e/controller-child.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING } from "../e2e/world.ts";
import {
  changesAfterInterruption,
  clusterWrites,
  expectAlive,
  heldBy,
  lookAtAll,
  untilSwept,
  vendorChanges,
  type Held,
} from "./observed.ts";
import { rollBack, startOlderCluster, upgrade } from "./older-cluster.ts";
import { DELIVERED, INTERRUPTED, manyLabelNames, SECRET_METADATA } from "./scenario.ts";

const TEST_TIMEOUT = 900_000;
/** The start of a process takes long on a machine that does other work. */
const PATIENCE = 300_000;
const METADATA = [`--allowed-secret-metadata=${SECRET_METADATA.join(",")}`];
/** What an ApiKey and an account show that a bound of today refuses, and that was allowed before. */
const LABELLED = { namespace: "shop", name: "labelled" };
const WIDE = { name: "wide" };
const REFUSED = { namespace: "shop", name: "refused" };
/** Its workload never rolls out: after ten minutes, that is reported. */
const ROTATED = { namespace: "shop", name: "rotated" };
const EMERGENCY = { namespace: "shop", name: "emergency" };

let world: Installation;
let before: Readonly<Record<string, Held>>;

beforeEach(async () => {
  world = await startOlderCluster();
  before = await heldBy(world);
}, 300_000);

afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** Starts today's controller, and resolves once it has reported what the older one has reported otherwise. */
async function startToday(): Promise<ControllerChild> {
  const controller = await world.startReplica(undefined, [...METADATA, "--log-level=debug"]);
  await untilSwept(controller);
  for (const ref of [REFUSED, LABELLED, ROTATED])
    await world.watcher.until(API_KEYS, ref, isDegraded, PATIENCE);
  await world.watcher.until(API_KEYS, EMERGENCY, isRestarted, PATIENCE);
  return controller;
}

function isDegraded(object: CustomObject | undefined): boolean {
  return conditionOf(object, "Degraded") !== undefined;
}

function isRestarted(object: CustomObject | undefined): boolean {
  return apiKeyStatusSchema.parse(object?.status ?? {}).restart?.restartedAt !== undefined;
}

/** Each ApiKey has its key and its value, each value works, and nobody has asked the vendor for a change. */
async function expectNothingChanged(): Promise<void> {
  expect(await heldBy(world)).toEqual(before);
  await expectAlive(world, before);
  expect(vendorChanges(world)).toEqual([]);
}

function conditionsOf(object: CustomObject | undefined): Readonly<Record<string, string>> {
  const types = ["Ready", "Reconciling", "Stalled", "Degraded"];
  const found = types.flatMap((type) => conditionOf(object, type) ?? []);
  return Object.fromEntries(found.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

async function apiKeyConditions(ref: typeof REFUSED): Promise<Readonly<Record<string, string>>> {
  return conditionsOf(await world.kube.get(API_KEYS, ref));
}

describe("helm upgrade from the version before the condition Degraded", () => {
  test("keeps every key and every Secret, and writes few statuses", { timeout: TEST_TIMEOUT }, async () => {
    expect(Object.keys(before)).toHaveLength(DELIVERED.length);
    expect(await apiKeyConditions(REFUSED)).toEqual({
      Ready: "True KeyDelivered",
      Stalled: "True SecretMetadataNotAllowed",
    });
    await upgrade(world);
    await startToday();
    await lookAtAll(world, "after the upgrade");

    await expectNothingChanged();
    const [ofKeys, others] = await writes();
    // Each look is one. The others are what the two versions report differently, and a restart that was due.
    const twice = [REFUSED, LABELLED, ROTATED, EMERGENCY].map(
      ({ namespace, name }) => `${namespace}/${name}`,
    );
    const expected = [...DELIVERED, ...twice].map((key) => `update apikeys/status ${key}`);
    expect(ofKeys).toEqual(expected.toSorted());
    expect(others).toEqual(
      new Set([
        "update accounts/status shop/default",
        "update clusteraccounts/status acme",
        "update clusteraccounts/status wide",
      ]),
    );
  });

  test(
    "reads the statuses of the older version, and reports what a new bound refuses",
    { timeout: TEST_TIMEOUT },
    async () => {
      await upgrade(world);
      await startToday();
      expect(await apiKeyConditions(REFUSED)).toEqual({
        Ready: "True KeyDelivered",
        Degraded: "True SecretMetadataNotAllowed",
      });
      // 40 labels of a Secret and 40 requirements of a selector: today's limit is 32 of each.
      expect(await apiKeyConditions(LABELLED)).toEqual({
        Ready: "True KeyDelivered",
        Degraded: "True InvalidSpec",
      });
      const wide = await world.watcher.until(CLUSTER_ACCOUNTS, WIDE, (object) =>
        conditionOf(object, "Stalled") === undefined ? undefined : object,
      );
      expect(conditionsOf(wide)).toEqual({ Ready: "False InvalidSpec", Stalled: "True InvalidSpec" });
      await expectNothingChanged();

      // What is stored is not held to the new bounds as long as it stays as it is.
      const key = new OneKey(world, LABELLED.namespace, LABELLED);
      await key.change({ description: "edited next to it" });
      await expect(
        key.change({ secret: { labels: { "team.example.com/one-more": "set" } } }),
      ).rejects.toThrow("must have at most 32 items");
      const labels = Object.fromEntries(manyLabelNames().map((name) => [name, null]));
      await key.change({ secret: { labels: { ...labels, tier: "web" } } });
      await key.untilSecret(({ metadata }) => metadata.labels?.["tier"] === "web");
      await expectAlive(world, before);
      expect(vendorChanges(world)).toEqual([]);
    },
  );

  test("recovers a mint that the end of the older process cut off", { timeout: TEST_TIMEOUT }, async () => {
    await upgrade(world);
    const [namespace = "", name = ""] = INTERRUPTED.split("/");
    const key = new OneKey(world, namespace, { name });
    const left = world.keysIn("acc_interrupted").map(({ id }) => id);
    expect(left).toHaveLength(1);
    const kubeconfigPath = await world.cluster.serviceAccountKubeconfig(world.serviceAccount);
    const access = await loadKubeConfig({ kubeconfigPath });
    await world.startController({ timing: FAST_TIMING, access, flags: METADATA });
    await world.watcher.until(API_KEYS, key.ref, isReady, PATIENCE);
    expect(world.stateOf(left[0])).toBe("revoked");
    expect(world.activeKeysIn("acc_interrupted")).toEqual([(await key.status()).keyId]);
    expect(await key.authenticates()).toBe(200);
    const requests = ["acc_interrupted revokeApiKey", "acc_interrupted createApiKey"];
    expect(changesAfterInterruption(world)).toEqual(requests);
  });
});

describe("helm rollback to the version before the condition Degraded", () => {
  test(
    "keeps every key and every Secret, hides new fields, and leaves Degraded",
    { timeout: TEST_TIMEOUT },
    async () => {
      await upgrade(world);
      const controller = await startToday();
      await lookAtAll(world, "before the rollback");
      expect(await controller.end()).toBe(0);
      expect(await statusDefault()).toBe('{"observedGeneration":-1}');

      await rollBack(world);
      expect(await statusDefault()).toBe("");
      await expectNothingChanged();
      const refused = await world.kube.get(API_KEYS, REFUSED);
      expect(refused.status).not.toHaveProperty("lastHandledReconcileAt");
      expect(conditionsOf(refused)).toMatchObject({ Degraded: "True SecretMetadataNotAllowed" });

      await upgrade(world);
      await startToday();
      await lookAtAll(world, "after the second upgrade");
      await expectNothingChanged();
    },
  );
});

/** The statuses of ApiKeys and the other objects that the controller has written, without the cut off mint. */
async function writes(): Promise<[ofKeys: readonly string[], others: ReadonlySet<string>]> {
  const all = (await clusterWrites(world)).filter((write) => !write.includes(" interrupted/"));
  return [all.filter(isOfKey), new Set(all.filter((write) => !isOfKey(write)))];
}

function isOfKey(write: string): boolean {
  return write.startsWith("update apikeys/status");
}

async function statusDefault(): Promise<string> {
  const path = "{.spec.versions[0].schema.openAPIV3Schema.properties.status.default}";
  const { stdout } = await world.cluster.kubectl([
    "get",
    "crd",
    "apikeys.signatureapi.com",
    `--output=jsonpath=${path}`,
  ]);
  return stdout;
}
