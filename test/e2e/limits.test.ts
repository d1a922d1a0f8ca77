import { createHash } from "node:crypto";
import {
  API_KEYS,
  CLUSTER_ACCOUNTS,
  SECRET_ANNOTATIONS,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isReady, refusedFor } from "./conditions.ts";
import {
  account,
  apiKey,
  clusterAccount,
  credentials,
  namespace,
  tokenOf,
  type Manifest,
} from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

const EXHAUSTED = "MintBudgetExhausted";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  // One key an hour for a namespace, eight for an account, and three for each ApiKey.
  const flags = ["--namespace-mint-budget", "1", "--account-mint-budget", "8"];
  await world.startController({ timing: FAST_TIMING, flags });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A ClusterAccount of its own, which allows a namespace so many live keys. */
function limited(n: string, maxKeys: number): readonly Manifest[] {
  world.addVendorAccount(n);
  return [
    namespace(n, { limited: n }),
    credentials("signatureapi-system", { name: n, token: tokenOf(n) }),
    clusterAccount(n, world.emulator.url, {
      credentials: { name: n },
      allow: [{ modes: ["live"], namespaceSelector: { matchLabels: { limited: n } }, maxKeys }],
    }),
  ];
}

function declared(n: string, name: string, spec: Manifest = {}): Manifest {
  return apiKey(n, name, { accountRef: { kind: "ClusterAccount", name: n }, ...spec });
}

/** Resolves with what an ApiKey waits for, and with no text once it has its key. */
async function waits(key: OneKey): Promise<string> {
  return key.until((object) => (isReady(object) === true ? "" : refusedFor("KeyLimitReached")(object)));
}

test("a namespace has no more keys than maxKeys allows, even when several are declared at the same time, until one is deleted", async () => {
  const keys = ["a", "b", "c", "d"].map((name) => new OneKey(world, "full", { name }));
  await world.apply(...limited("full", 2), ...keys.map(({ ref }) => declared("full", ref.name)));
  const messages = await Promise.all(keys.map(waits));
  const waiting = keys.filter((_key, index) => messages[index] !== "");
  expect(waiting).toHaveLength(2);
  expect(messages.find((message) => message !== "")).toMatch(/full has 2 of the 2 keys.*ClusterAccount full/);
  expect(world.activeKeysIn("acc_full").length).toBe(2);

  await keys.find((key) => !waiting.includes(key))?.delete();
  await Promise.any(waiting.map(async (key) => key.untilReady()));
  expect([world.activeKeysIn("acc_full").length, world.keysIn("acc_full").length]).toEqual([2, 3]);
});

test("a key at the limit is replaced once, waits for its overlap the next time, and an emergency waits for nothing", async () => {
  const rotation = { overlap: "1h" };
  await world.apply(
    ...limited("tight", 1),
    declared("tight", "app", { rotation: { ...rotation, trigger: "1" } }),
  );
  const key = new OneKey(world, "tight");
  await key.untilReady();
  const first = (await key.value()) ?? "";
  await world.apply(declared("tight", "app", { rotation: { ...rotation, trigger: "2" } }));
  const second = await key.newValue(first);
  await world.apply(declared("tight", "app", { rotation: { ...rotation, trigger: "3" } }));
  expect(await key.stalled("KeyLimitReached")).toMatch(/2 of the 1 keys.*is revoked at/);
  expect([isReady(await key.object()), world.activeKeysIn("acc_tight").length, await key.value()]).toEqual([
    true,
    2,
    second,
  ]);

  await key.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
  await key.newValue(second);
  await key.untilStatus(({ previous }) => previous === undefined);
  expect(world.activeKeysIn("acc_tight").length).toBe(1);
});

test("the lines of every object that stands for one account hold, and a lower maxKeys takes no key away", async () => {
  await world.apply(
    ...limited("shared", 5),
    credentials("shared", { token: tokenOf("shared") }),
    account("shared", world.emulator.url),
    declared("shared", "a"),
    apiKey("shared", "b"),
  );
  for (const name of ["a", "b"]) await new OneKey(world, "shared", { name }).untilReady();
  const allow = [{ modes: ["live"], namespaceSelector: { matchLabels: { limited: "shared" } }, maxKeys: 1 }];
  await world.kube.patch(CLUSTER_ACCOUNTS, { name: "shared" }, { spec: { allow } }, { type: "merge" });
  await world.untilObserved(CLUSTER_ACCOUNTS, { name: "shared" });
  const third = new OneKey(world, "shared", { name: "c" });
  await third.declare({});
  expect(await third.refused("KeyLimitReached")).toMatch(/shared has 2 of the 1 keys.*ClusterAccount shared/);
  expect(world.activeKeysIn("acc_shared").length).toBe(2);
});

test("a loop of rotations uses up the namespace's budget, and an emergency is not held back", async () => {
  const key = new OneKey(world, "looped");
  let { value } = await key.ready({ rotation: { overlap: "0s", trigger: "0" } });
  for (let count = 1; count <= 3; count += 1) {
    await key.declare({ rotation: { overlap: "0s", trigger: String(count) } });
    value = await key.newValue(value);
  }
  await key.declare({ rotation: { overlap: "0s", trigger: "4" } });
  expect(await key.stalled("MintBudgetExhausted")).toMatch(
    /4 keys were made within an hour for namespace looped, and 4 are allowed.*next key is made at/,
  );
  expect(await key.value()).toBe(value);
  await key.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
  expect(await key.newValue(value)).not.toBe(value);
});

test("emergencies of one namespace that use up an account leave another one its first key and its healing", async () => {
  const names = ["a", "b", "c", "d"];
  const loud = names.map((name) => new OneKey(world, "loud", { name }));
  await world.apply(
    ...limited("loud", 10).slice(1),
    ...["loud", "quiet"].map((n) => namespace(n, { limited: "loud" })),
    ...loud.map(({ ref }) => declared("loud", ref.name, { rotation: { overlap: "0s" } })),
  );
  await Promise.all(
    loud.map(async (key) => {
      await key.untilReady();
      for (let count = 0; count < 5; count += 1) {
        const { keyId } = await key.untilStatus(({ attempt }) => attempt === undefined);
        await key.annotate({ "signatureapi.com/emergency-rotate": `leaked ${count}` });
        await key.replaced(keyId);
      }
    }),
  );
  const quiet = new OneKey(world, "quiet");
  const ofLoud = { accountRef: { kind: "ClusterAccount", name: "loud" } };
  await quiet.declare(ofLoud);
  expect(await quiet.until((object) => isReady(object) ?? refusedFor(EXHAUSTED)(object))).toBe(true);
  const first = (await quiet.value()) ?? "";
  await quiet.deleteSecret();
  const second = await quiet.newValue(first);
  await quiet.deleteSecret();
  const third = await quiet.newValue(second);
  // Four more would be its namespace's; but of the account, all that is left are the three of its one ApiKey.
  await quiet.deleteSecret();
  expect(await quiet.stalled(EXHAUSTED)).toMatch(
    /quiet has used up its own 3 keys.*the 8 that all namespaces/,
  );
  await quiet.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
  expect(await quiet.newValue(third)).not.toBe(third);
});

test("creating and deleting in a loop uses up the namespace's budget", async () => {
  const key = new OneKey(world, "created-and-deleted");
  for (let count = 0; count < 4; count += 1) {
    await key.ready();
    await key.remove();
  }
  await key.declare({});
  await key.refused("MintBudgetExhausted");
  expect((await key.status()).attempt).toBeUndefined();
  expect(key.active()).toBe(0);
  // What was refused needs no controller to go.
  expect((await key.object()).metadata.finalizers ?? []).toEqual([]);
});

test("what is only declared adds nothing to the budget of a namespace", async () => {
  const key = new OneKey(world, "declared-only");
  let { value } = await key.ready({ rotation: { overlap: "0s", trigger: "0" } });
  const idle = Array.from({ length: 20 }, (_, index) =>
    apiKey(key.namespace, `idle-${index}`, { suspend: true }),
  );
  await world.apply(...idle);
  for (let count = 1; count <= 3; count += 1) {
    await key.declare({ rotation: { overlap: "0s", trigger: String(count) } });
    value = await key.newValue(value);
  }
  await key.declare({ rotation: { overlap: "0s", trigger: "4" } });
  // One for the namespace, and three for the one ApiKey that has a key.
  expect(await key.stalled("MintBudgetExhausted")).toMatch(/and 4 are allowed/);
});

test("no key is left active beyond a limit, by Retain or by giving ApiKeys up, unless a line allows it", async () => {
  const n = "left-behind";
  await world.apply(...limited(n, 1));
  const key = new OneKey(world, n);
  await world.apply(declared(n, "app"));
  await key.untilReady();
  const { keyId } = await key.delivered();
  await key.change({ deletionPolicy: "Retain" });
  await key.delete();
  expect(await key.refused("RetainNotAllowed")).toMatch(/retain: true/);
  expect(world.stateOf(keyId)).toBe("active");
  await key.change({ deletionPolicy: "Revoke" });
  await key.gone();
  expect(world.stateOf(keyId)).toBe("revoked");

  await world.apply(declared(n, "app"));
  await key.untilReady();
  const { keyId: second } = await key.delivered();
  await key.annotate({ "signatureapi.com/abandon": "true" });
  await key.remove();
  expect(world.stateOf(second)).toBe("revoked");
  expect(world.activeKeysIn(`acc_${n}`)).toEqual([]);

  const allow = [
    { modes: ["live"], namespaceSelector: { matchLabels: { limited: n } }, maxKeys: 1, retain: true },
  ];
  await world.kube.patch(CLUSTER_ACCOUNTS, { name: n }, { spec: { allow } }, { type: "merge" });
  await world.untilObserved(CLUSTER_ACCOUNTS, { name: n });
  await world.apply(declared(n, "app", { deletionPolicy: "Retain" }));
  await key.untilReady();
  const { keyId: third } = await key.delivered();
  await key.remove();
  expect(world.activeKeysIn(`acc_${n}`)).toEqual([third]);
});

test("an ApiKey that no line allows has nothing asked for it, whatever its Secret claims, and holds nothing", async () => {
  const n = "not-allowed";
  const accountId = world.addVendorAccount(n);
  const { id } = world.emulator.admin.createKey(accountId, { mode: "live", description: "made by hand" });
  const finalizers = ["signatureapi.com/revoke"];
  const [key, other] = ["app", "held"].map((name) => new OneKey(world, n, { name }));
  if (key === undefined || other === undefined) throw new TypeError("there are two");
  await world.apply(
    namespace(n),
    credentials("signatureapi-system", { name: n, token: tokenOf(n) }),
    clusterAccount(n, world.emulator.url, { credentials: { name: n }, allow: [] }),
    declared(n, "app"),
    { ...declared(n, "held"), metadata: { name: "held", namespace: n, finalizers } },
  );
  await key.refused("NotAllowed");
  await other.refused("NotAllowed");
  const value = Buffer.from("no value of a key");
  const annotations = {
    [SECRET_ANNOTATIONS.owner]: (await key.object()).metadata.uid,
    [SECRET_ANNOTATIONS.keyId]: id,
    [SECRET_ANNOTATIONS.account]: accountId,
    [SECRET_ANNOTATIONS.revision]: "1",
    [SECRET_ANNOTATIONS.attempt]: "abcdefgh",
    [SECRET_ANNOTATIONS.fingerprint]: createHash("sha256").update(value).digest("hex").slice(0, 12),
    [SECRET_ANNOTATIONS.createdAt]: "2026-01-01T00:00:00Z",
    [SECRET_ANNOTATIONS.committedAt]: "2026-01-01T00:00:00Z",
  };
  const data = { SIGNATUREAPI_KEY: value.toString("base64") };
  const labels = { "signatureapi.com/apikey": "app" };
  await world.kube.create(SECRETS, { metadata: { ...key.ref, annotations, labels }, data });
  await key.change({ description: "Looked at again" });
  await world.untilObserved(API_KEYS, key.ref);
  await key.patch({ metadata: { finalizers } });
  await key.remove();
  await world.kube.delete(CLUSTER_ACCOUNTS, { name: n });
  await world.watcher.until(CLUSTER_ACCOUNTS, { name: n }, (found) =>
    found === undefined ? "gone" : undefined,
  );
  const asked = world.emulator.admin.requests({ account: accountId }).map(({ operation }) => operation);
  expect(asked.filter((operation) => operation !== "getAccount" && operation !== "listApiKeys")).toEqual([]);
});
