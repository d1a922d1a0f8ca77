import {
  API_KEYS,
  apiKeyStatusSchema,
  CLUSTER_ACCOUNTS,
  NAMESPACES,
} from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conditionOf } from "../e2e/conditions.ts";
import { apiKey, clusterAccount, credentials, namespace, TOKEN, type Manifest } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import type { KubeProxy } from "./kube-proxy.ts";
import { refusal } from "./kube-status.ts";
import { accessThrough, proxyOf } from "./world-proxy.ts";

const LABEL = "signatureapi.com/live";
const ACCOUNT = "acc_emulator";
const CASES = [
  "first",
  "rotated",
  "lost",
  "adopted",
  "counted",
  "retained",
  "deleted",
  "unread",
  "once",
] as const;

let world: World;
let proxy: KubeProxy;

function labelled(name: string): Manifest {
  return { matchLabels: { [name]: "true" } };
}

/** Live keys by a label; another one limits them, and allows none to be left active. */
function allowed(byLabel: Manifest = {}): readonly Manifest[] {
  return [
    { modes: ["test"], namespaceSelector: {} },
    { modes: ["live"], namespaceSelector: labelled(LABEL), retain: true, ...byLabel },
    { modes: ["live"], namespaceSelector: labelled("narrow"), maxKeys: 1 },
  ];
}

/** A ClusterAccount for live keys of labelled namespaces, and a controller that hears of no namespace any more. */
beforeAll(async () => {
  world = await World.start({ emulator: { accounts: [{ id: ACCOUNT, token: TOKEN, testKeys: 5 }] } });
  proxy = await proxyOf(world);
  await world.apply(
    namespace("signatureapi-system"),
    credentials("signatureapi-system"),
    clusterAccount("acme", world.emulator.url, {
      allow: allowed(),
    }),
    ...CASES.map((name) => namespace(`stale-${name}`, { [LABEL]: "true" })),
  );
  const watched = proxy.nextWatch({ path: /^\/api\/v1\/namespaces\?/ });
  await world.startController({ access: accessThrough(proxy, world), timing: FAST_TIMING });
  (await watched).stall();
}, 120_000);

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await proxy.close();
});

function keyOf(name: (typeof CASES)[number], of = "app"): OneKey {
  return new OneKey(world, `stale-${name}`, { name: of });
}

async function declare(key: OneKey, spec: Manifest = {}): Promise<void> {
  const accountRef = { kind: "ClusterAccount", name: "acme" };
  await world.apply(apiKey(key.namespace, key.ref.name, { accountRef, ...spec }));
}

/** Changes the labels of a namespace; no cache hears of it. */
async function label(key: OneKey, labels: Record<string, string | null>): Promise<void> {
  await world.kube.patch(NAMESPACES, { name: key.namespace }, { metadata: { labels } }, { type: "merge" });
}

/** Takes away the label that allows live keys. */
async function unlabel(key: OneKey): Promise<void> {
  await label(key, { [LABEL]: null });
}

/** Resolves with why no key is made, or with `made` once there is another key than before. */
async function answer(key: OneKey, before?: string): Promise<string> {
  return key.until((object) => {
    const { keyId, attempt } = apiKeyStatusSchema.parse(object?.status ?? {});
    if (attempt !== undefined) return undefined;
    if (keyId !== before) return "made";
    const found = ["Ready", "Stalled", "Reconciling"].map((type) => conditionOf(object, type));
    const refused = found.find((condition) => condition !== undefined && REFUSED.has(condition.reason));
    return refused && `${refused.reason}: ${refused.message}`;
  });
}

const REFUSED = new Set(["NotAllowed", "KeyLimitReached", "RetainNotAllowed", "Deleting"]);
const NO_LINE = /^NotAllowed: no line of spec.allow of ClusterAccount acme allows mode live in namespace/;

test("a first live key is made by the labels that the namespace has now", async () => {
  const key = keyOf("first");
  await unlabel(key);
  await declare(key);
  expect(await answer(key)).toMatch(NO_LINE);
  expect(key.keys()).toEqual([]);
  await label(key, { [LABEL]: "true" });
  await key.untilReady();
});

test.each([
  ["rotated", async (key: OneKey) => declare(key, { rotation: { trigger: "1" } })],
  ["lost", async (key: OneKey) => key.deleteSecret()],
] as const)("so is one that is %s", async (name, act) => {
  const key = keyOf(name);
  await declare(key);
  await key.untilReady();
  const { keyId } = await key.delivered();
  await unlabel(key);
  await act(key);
  expect(await answer(key, keyId)).toMatch(NO_LINE);
  expect(key.keys()).toHaveLength(1);
});

test("so is one that is adopted: it is not even described anew", async () => {
  const key = keyOf("adopted");
  const { id } = world.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "by hand" });
  await world.kube.patch(
    CLUSTER_ACCOUNTS,
    { name: "acme" },
    { spec: { allow: allowed({ adoptKeyIds: [id] }) } },
    { type: "merge" },
  );
  await world.untilObserved(CLUSTER_ACCOUNTS, { name: "acme" });
  await unlabel(key);
  await declare(key, { adopt: { keyId: id } });
  expect(await answer(key)).toMatch(NO_LINE);
  expect(world.remote(id)).toMatchObject({ description: "by hand", status: "active" });
});

test("lines that limit the namespace by a label count, though no cache knows the label yet", async () => {
  const [first, second] = [keyOf("counted"), keyOf("counted", "second")];
  await declare(first);
  await first.untilReady();
  await label(first, { narrow: "true" });
  await declare(second);
  expect(await answer(second)).toMatch(/^KeyLimitReached: .*1 of the 1 keys/);
});

test("a key is not promised to be left active where the label that allows it is gone", async () => {
  const key = keyOf("retained");
  await label(key, { [LABEL]: null, narrow: "true" });
  await declare(key, { deletionPolicy: "Retain" });
  expect(await answer(key)).toMatch(/^RetainNotAllowed/);
});

test("no new value is made in a namespace that is being deleted, though no cache knows that yet", async () => {
  const key = keyOf("deleted");
  await declare(key);
  await key.untilReady();
  const { keyId } = await key.delivered();
  await world.kube.delete(NAMESPACES, { name: key.namespace });
  await key.change({ rotation: { trigger: "1" } });
  expect(await answer(key, keyId)).toMatch(/^Deleting: the namespace is being deleted/);
});

test("where the namespace cannot be read, nothing is made, and the right that is missing is named", async () => {
  const key = keyOf("unread");
  const path = new RegExp(`^/api/v1/namespaces/${key.namespace}$`);
  proxy.fail({ method: "GET", path }, refusal(403, "Forbidden"), 1_000);
  await declare(key);
  expect(await answer(key)).toMatch(/^NotAllowed: .*namespace stale-unread.*the right to get namespaces/);
  expect(key.keys()).toEqual([]);
  await declare(keyOf("unread", "test-key"), { mode: "test" });
  await keyOf("unread", "test-key").untilReady();
  proxy.heal();
  await key.untilReady();
});

test("a namespace is read once for each live key, and not again for one that is there", async () => {
  const key = keyOf("once");
  const path = new RegExp(`^/api/v1/namespaces/${key.namespace}$`);
  await declare(key);
  await key.untilReady();
  await declare(key, { description: "Looked at again" });
  await key.annotate({ "signatureapi.com/reconcile": "now" });
  await world.untilObserved(API_KEYS, key.ref);
  expect(proxy.count({ method: "GET", path })).toBe(1);
  await declare(keyOf("once", "test-key"), { mode: "test" });
  await keyOf("once", "test-key").untilReady();
  expect(proxy.count({ method: "GET", path })).toBe(1);
});
