import { setTimeout as delay } from "node:timers/promises";
import { loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { ACCOUNTS, accountStatusSchema, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violationsDelivered } from "../crash/invariant.ts";
import { IsolatedKey } from "../crash/isolated-key.ts";
import { namespace, type Manifest } from "../e2e/manifests.ts";
import { EXPIRED, refusal } from "./kube-status.ts";
import type { ControllerSettings } from "../e2e/running-controller.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import type { WatchStream } from "./watch-stream.ts";
import { accessThrough, proxyOf } from "./world-proxy.ts";

const TIMEOUT_MS = 300_000;
const ETCD_STANDS_STILL_MS = 30_000;
/** Keys whose values arrive while nothing can be written. */
const KEYS = 6;

let world: World;
let names = 0;

beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => world[Symbol.asyncDispose]());

async function openKey(): Promise<IsolatedKey> {
  return IsolatedKey.open(world, "", `outage-${(names += 1)}`, { spec: { mode: "live" } });
}

const SETTINGS: ControllerSettings = { timing: FAST_TIMING, flags: ["--concurrency", "64"] };

/**
 * Lets the values of several keys arrive during an outage, and looks at what has become of them after it.
 *
 * @returns how many keys were asked for, by key
 */
async function mintThrough(
  settings: ControllerSettings,
  outage: { begin(): Promise<void> | void; end(): Promise<void> | void },
): Promise<readonly number[]> {
  const { admin } = world.emulator;
  const all = await Promise.all(Array.from({ length: KEYS }, openKey));
  const controller = await world.startController({ ...SETTINGS, ...settings });
  const asked = all.map((key) => ({ operation: "createApiKey", account: key.accountId }) as const);
  for (const match of asked) admin.addFault({ match, when: "after", fault: { kind: "hold" } });
  await Promise.all(all.map(async (key) => key.declare()));
  await Promise.all(asked.map(async (match) => admin.waitForRequests(match)));
  await outage.begin();
  admin.clearFaults();
  await outage.end();
  await Promise.all(all.map(async (key) => key.untilSettled(1)));
  for (const key of all) expect(await violationsDelivered(key, await key.facts())).toEqual([]);
  expect(controller.lines.filter((line) => /key_(live|test)_\w/.test(line))).toEqual([]);
  await controller.stop();
  return asked.map((match) => admin.requests(match).length);
}

describe("values that arrive while nothing can be written are committed or revoked:", () => {
  test("the API server restarts", { timeout: TIMEOUT_MS }, async () => {
    await mintThrough(
      {},
      { begin: async () => world.cluster.stopApiServer(), end: async () => world.cluster.startApiServer() },
    );
  });

  test("etcd stands still for half a minute", { timeout: TIMEOUT_MS }, async () => {
    const asked = await mintThrough(
      {},
      {
        begin: () => world.cluster.pauseEtcd(),
        end: async () => {
          await delay(ETCD_STANDS_STILL_MS);
          world.cluster.resumeEtcd();
        },
      },
    );
    // While nothing can be recorded, nothing is asked for: at most one more each, after the first was revoked.
    expect(Math.max(...asked)).toBeLessThanOrEqual(2);
  });

  test("its rights are withdrawn and given back", { timeout: TIMEOUT_MS }, async () => {
    const account = { namespace: "rights", name: "controller" };
    await world.apply(namespace(account.namespace), ROLE);
    const kubeconfigPath = await world.cluster.serviceAccountKubeconfig(account);
    const binding = bindingOf(account);
    await world.apply(binding);
    await until(account, "yes");
    const access = await loadKubeConfig({ kubeconfigPath });
    await mintThrough(
      { access },
      {
        begin: async () => {
          await world.cluster.kubectl(["delete", "clusterrolebinding", "controller-rights"]);
          await until(account, "no");
        },
        end: async () => world.apply(binding),
      },
    );
  });
});

const ROLE: Manifest = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "controller-rights" },
  rules: [
    { apiGroups: ["", "signatureapi.com", "events.k8s.io"], resources: ["*"], verbs: ["*"] },
    { apiGroups: ["signatureapi.com"], resources: ["*/status"], verbs: ["*"] },
  ],
};

function bindingOf({ namespace: inNamespace, name }: { namespace: string; name: string }): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "controller-rights" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "controller-rights" },
    subjects: [{ kind: "ServiceAccount", namespace: inNamespace, name }],
  };
}

/** A change of rights is known to the API server's authoriser a moment after it is stored. */
async function until(account: { namespace: string; name: string }, answer: "yes" | "no"): Promise<void> {
  const as = `--as=system:serviceaccount:${account.namespace}:${account.name}`;
  const ask = async (): Promise<string> => {
    const { stdout } = await world.cluster.kubectl(["auth", "can-i", "create", "secrets", as, "-A"]);
    return stdout.trim();
  };
  await expect.poll(ask, { timeout: 30_000 }).toBe(answer);
}

test(
  "an account is taken inventory of although the report of the first look at it is refused",
  { timeout: TIMEOUT_MS },
  async () => {
    await using proxy = await proxyOf(world);
    const key = await openKey();
    const report = {
      method: "PUT",
      path: new RegExp(`/namespaces/${key.namespace}/accounts/default/status`),
    };
    proxy.fail(report, refusal(403, "Forbidden"));
    // What is found only after such an interval is found too late.
    const flags = [...(SETTINGS.flags ?? []), "--inventory-interval", "1h"];
    const controller = await world.startController({
      ...SETTINGS,
      flags,
      access: accessThrough(proxy, world),
    });
    await world.watcher.until(ACCOUNTS, { namespace: key.namespace, name: "default" }, (object) => {
      const { lastInventoryAt } = accountStatusSchema.parse(object?.status ?? {});
      return lastInventoryAt !== undefined;
    });
    expect(proxy.count(report)).toBeGreaterThan(1);
    await controller.stop();
  },
);

const BROKEN_WATCHES: readonly [name: string, breakOne: (watch: WatchStream) => void][] = [
  ["end", (watch) => watch.end()],
  ["break", (watch) => watch.reset()],
  ["say that their version is too old", (watch) => watch.injectEvent("ERROR", EXPIRED)],
  ["send garbage", (watch) => watch.inject("no line of a watch\n")],
  ["send half an event and end", (watch) => (watch.inject('{"type":"MODIFIED","obj'), watch.end())],
];

describe("a key is delivered, and made again when its Secret is lost, after all watches", () => {
  test.each(BROKEN_WATCHES)("%s", { timeout: TIMEOUT_MS }, async (_, breakOne) => {
    await using proxy = await proxyOf(world);
    const access = accessThrough(proxy, world);
    const controller = await world.startController({ ...SETTINGS, access });
    await controller.logged(/caches are filled/);
    const key = await openKey();
    await key.declare();
    await key.untilSettled(1);
    expect(proxy.watches.length).toBeGreaterThan(2);
    for (const watch of proxy.watches) breakOne(watch);
    await world.kube.delete(SECRETS, key.ref);
    await key.untilSettled(2);
    expect(await violationsDelivered(key, await key.facts())).toEqual([]);
    await controller.stop();
  });
});
