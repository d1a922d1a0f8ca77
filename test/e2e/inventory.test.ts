import { newAttemptId, ownerOf } from "@signatureapi-keys/lifecycle";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  accountStatusSchema,
  apiKeyStatusSchema,
} from "@signatureapi-keys/controller/resources";
import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionOf, isReady } from "./conditions.ts";
import { eventNote } from "./events.ts";
import { account, accountIdOf, clusterAccount, credentials, namespace, tokenOf } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { judgedInventory } from "./inventories.ts";
import type { RunningController } from "./running-controller.ts";
import { FAST_TIMING, World } from "./world.ts";

/** A listing soon after each change, and no wait between two. */
const INTERVAL = "1s";
/** Longer than an interval, so that what a sweep might do wrong has had its chance. */
const SWEEPS = 2;

let world: World;
let controller: RunningController;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  controller = await world.startController({
    timing: FAST_TIMING,
    flags: ["--inventory-interval", INTERVAL, "--metrics-address", "127.0.0.1:0"],
  });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A namespace with an account of its own. */
async function ownAccount(name: string): Promise<void> {
  await world.addAccount(name, {}, { testKeys: 10 });
}

/** Declares ApiKeys and waits for them. @returns the first one. */
async function deliver(where: string, ...names: readonly string[]): Promise<OneKey> {
  const keys = names.map((name) => new OneKey(world, where, { name }));
  await world.apply(...keys.map((key) => key.manifest({ rotation: { overlap: "1s" } })));
  for (const key of keys) await key.untilReady();
  return keys[0] ?? new OneKey(world, where);
}

/** Resolves once the ApiKey names another key than before, which authenticates. */
async function replaced(key: OneKey, before: string): Promise<string> {
  const keyId = await key.until((object) => {
    const now = apiKeyStatusSchema.parse(object?.status ?? {}).keyId;
    return now !== undefined && now !== before && isReady(object) === true ? now : undefined;
  });
  expect(await key.authenticates()).toBe(200);
  return keyId;
}

function live(name: string): readonly string[] {
  return world.activeKeysIn(accountIdOf(name));
}

type AccountType = typeof ACCOUNTS;
type AccountStatus = z.output<typeof accountStatusSchema>;

/** Resolves with the status once an inventory has reported what is expected. */
async function reported(
  name: string,
  expected: (status: AccountStatus) => boolean,
  type: AccountType = ACCOUNTS,
): Promise<AccountStatus> {
  const ref = type === ACCOUNTS ? { namespace: name, name: "default" } : { name };
  return world.watcher.until(type, ref, (object) => {
    const status = accountStatusSchema.parse(object?.status ?? {});
    return expected(status) ? status : undefined;
  });
}

/** Resolves when so many inventories of an account have begun and ended since. */
async function sweeps(name: string, count = SWEEPS, type: AccountType = ACCOUNTS): Promise<void> {
  for (let sweep = 0; sweep <= count; sweep += 1) {
    const since = Date.now();
    await reported(name, ({ lastInventoryAt = "" }) => Date.parse(lastInventoryAt) >= since, type);
  }
}

/** A description with our tag. */
async function tagged(text: string, owner: string): Promise<string> {
  const objects = await world.kube.listAll(API_KEYS, {});
  const installation = objects.items
    .map(({ status }) => apiKeyStatusSchema.parse(status ?? {}).installation)
    .find((found) => found !== undefined);
  return `${text} [ak:${installation}.${owner}:7:${newAttemptId(randomBytes)}]`;
}

async function ownerOfApiKey(key: OneKey): Promise<string> {
  return ownerOf((await key.object()).metadata.uid);
}

describe.concurrent("an inventory", () => {
  test("counts what an account holds, and touches nothing of others", async () => {
    await ownAccount("counted");
    const foreign = [
      "made by hand",
      "of another installation [ak:0123456789.0123456789abcdef:1:abcdefgh]",
    ].map((description) => world.emulator.admin.createKey("acc_counted", { mode: "live", description }).id);
    await deliver("counted", "app");
    const status = await reported("counted", ({ keys }) => keys?.managed === 1);
    expect(status.keys).toEqual({ managed: 1, abandoned: 0, unaccounted: 0, foreign: 2 });
    expect(foreign.map((id) => world.stateOf(id))).toEqual(["active", "active"]);
    expect(await controller.metrics()).toContain(
      'signatureapi_account_keys{kind="Account",namespace="counted",name="default",state="foreign"} 2',
    );
  });

  test("finds the key of a request that took effect after its recovery was over", async () => {
    await ownAccount("late");
    const match = { operation: "createApiKey", account: "acc_late" } as const;
    world.emulator.admin.addFault({ match, fault: { kind: "late", ms: 12_000 } });
    const { keyId: committed } = await (await deliver("late", "app")).delivered();
    await controller.logged(/"keyId":"(?<id>[^"]+)","reason":"AttemptAbandoned".*"msg":"key revoked"/);
    expect(live("late")).toEqual([committed]);
  });

  test("revokes the second key of a request that a proxy repeated", async () => {
    await ownAccount("repeated");
    const match = { operation: "createApiKey", account: "acc_repeated" } as const;
    world.emulator.admin.addFault({ match, fault: { kind: "duplicate" } });
    const key = await deliver("repeated", "app");
    await controller.logged(/"reason":"AttemptRepeated".*"msg":"key revoked"/);
    expect(live("repeated")).toEqual([(await key.status()).keyId]);
    expect(await key.authenticates()).toBe(200);
  });
});

test.concurrent("a test key that is in the way of its own request, which was repeated, is revoked, and another one made", async () => {
  await ownAccount("twice");
  world.emulator.admin.updateAccount("acc_twice", { testKeys: 1 });
  const match = { operation: "createApiKey", account: "acc_twice" } as const;
  world.emulator.admin.addFault({ match, fault: { kind: "duplicate" } });
  const key = new OneKey(world, "twice");
  await key.declare({ mode: "test" });
  await key.untilReady();
  expect(live("twice")).toEqual([(await key.status()).keyId]);
});

describe.concurrent("what others do in the vendor account", () => {
  test("a key that was revoked in the dashboard is replaced", async () => {
    await ownAccount("revoked");
    const key = await deliver("revoked", "app");
    const { keyId: before } = await key.delivered();
    world.emulator.admin.revokeKey("acc_revoked", before);
    const now = await replaced(key, before);
    expect(live("revoked")).toEqual([now]);
  });

  test("a key that was rolled in the dashboard is replaced, and revoked after its overlap", async ({
    expect: expecting,
  }) => {
    await ownAccount("rolled");
    const key = await deliver("rolled", "app");
    const { keyId: before } = await key.delivered();
    const answer = await fetch(`${world.emulator.url}/api-keys/${before}/roll`, {
      method: "POST",
      headers: { authorization: "Bearer token-of-rolled" },
    });
    expect(answer.status).toBe(200);
    const now = await replaced(key, before);
    await world.emulator.admin.waitForRequests({ operation: "revokeApiKey", account: "acc_rolled" });
    await expecting.poll(() => live("rolled")).toEqual([now]);
  });

  test("a list that leaves rows out, or breaks off, proves nothing", async () => {
    await ownAccount("lagging");
    await deliver("lagging", "one", "two", "three", "four", "five");
    const before = live("lagging");
    await judgedInventory(world, "lagging");
    const match = { operation: "listApiKeys", account: "acc_lagging" } as const;
    world.emulator.admin.addFault({ match, times: 3, fault: { kind: "omit", count: 4 } });
    await sweeps("lagging", 4);
    world.emulator.admin.addFault({ match, times: 3, fault: { kind: "malformed" } });
    await controller.logged(/"name":"default".*"msg":"the inventory failed/);
    await sweeps("lagging");
    expect(live("lagging")).toEqual(before);
    expect(controller.lines.filter((line) => /"namespace":"lagging".*KeysVanished/.test(line))).toEqual([]);
  });
});

describe.concurrent("keys that no record knows", () => {
  test("are reported, and live on", async () => {
    await ownAccount("unknown");
    const owner = await ownerOfApiKey(await deliver("unknown", "app"));
    const ids: string[] = [];
    for (const of of [owner, "00000000deadbeef"]) {
      const description = await tagged("from a restored snapshot", of);
      ids.push(world.emulator.admin.createKey("acc_unknown", { mode: "live", description }).id);
    }
    const message = await world.watcher.until(
      ACCOUNTS,
      { namespace: "unknown", name: "default" },
      (object) => {
        const condition = conditionOf(object, "UnaccountedKeys");
        return condition?.status === "True" && ids.every((id) => condition.message.includes(id))
          ? condition.message
          : undefined;
      },
    );
    expect(message).toMatch(/2 live keys carry this installation's tag/);
    expect(await eventNote(world, "unknown", "Account", "default", "UnaccountedKeys")).toContain(ids[0]);
    const { unaccountedKeys } = await reported("unknown", ({ keys }) => keys?.unaccounted === 2);
    const seen = unaccountedKeys?.map(({ keyId, owner: of, revision }) => [keyId, of, revision]);
    expect(new Map(seen?.map((row) => [row[0], row]))).toEqual(
      new Map([
        [ids[0], [ids[0], owner, 7]],
        [ids[1], [ids[1], "00000000deadbeef", 7]],
      ]),
    );
    await sweeps("unknown");
    expect(ids.map((id) => world.stateOf(id))).toEqual(["active", "active"]);
    for (const id of ids) world.emulator.admin.revokeKey("acc_unknown", id);
    const status = await reported("unknown", ({ keys }) => keys?.unaccounted === 0);
    expect(status.conditions?.map(({ type }) => type)).toEqual(["Ready"]);
  });

  test("are revoked where a ClusterAccount asks for it: at once without an owner, else once they were replaced", async ({
    expect: expecting,
  }) => {
    world.addVendorAccount("orphans");
    const key = new OneKey(world, "orphans");
    const spec = { accountRef: { kind: "ClusterAccount", name: "orphans" }, rotation: { overlap: "1s" } };
    await world.apply(
      namespace("orphans"),
      credentials("signatureapi-system", { token: tokenOf("orphans"), name: "orphans" }),
      clusterAccount("orphans", world.emulator.url, {
        credentials: { name: "orphans" },
        allow: [{ modes: ["live"], namespaceSelector: {} }],
        orphans: "Revoke",
      }),
      key.manifest(spec),
    );
    await key.untilReady();
    const owner = await ownerOfApiKey(key);
    const create = async (of: string): Promise<string> =>
      world.emulator.admin.createKey("acc_orphans", { mode: "live", description: await tagged("lost", of) })
        .id;
    const ownerless = await create("00000000deadbeef");
    const owned = await create(owner);
    await expecting.poll(() => world.stateOf(ownerless), { timeout: 20_000 }).toBe("revoked");
    await sweeps("orphans", SWEEPS, CLUSTER_ACCOUNTS);
    // The committed key is older than this one, which may be what Pods run with.
    expect(world.stateOf(owned)).toBe("active");
    const { keyId: before } = await key.delivered();
    await key.declare({ ...spec, rotation: { overlap: "1s", trigger: "now" } });
    const now = await replaced(key, before);
    await expecting.poll(() => live("orphans"), { timeout: 20_000 }).toEqual([now]);
  });
});

describe.concurrent("several objects that stand for one vendor account", () => {
  test("share one inventory if they decide together, and what it decides", async () => {
    await ownAccount("twin");
    await world.apply(account("twin", world.emulator.url, {}, "second"));
    const second = { accountRef: { kind: "Account", name: "second" } };
    await deliver("twin", "a", "b", "c");
    const others = ["d", "e", "f"].map((name) => new OneKey(world, "twin", { name }));
    await world.apply(...others.map((key) => key.manifest(second)));
    for (const key of others) await key.untilReady();
    const { keys } = await reported("twin", (status) => status.keys?.managed === 6);
    expect(keys).toEqual({ managed: 6, abandoned: 0, unaccounted: 0, foreign: 0 });
    // Two of three, and two of three: only together are they too many.
    await judgedInventory(world, "twin");
    const { items } = await world.kube.listAll(API_KEYS, { namespace: "twin" });
    const lost = items
      .filter(({ metadata }) => /[abde]/.test(metadata.name))
      .map(({ status }) => apiKeyStatusSchema.parse(status).keyId ?? "");
    expect(lost).toHaveLength(4);
    for (const id of lost) world.emulator.admin.revokeKey("acc_twin", id);
    for (const name of ["default", "second"])
      await world.watcher.until(ACCOUNTS, { namespace: "twin", name }, keysVanished);
    await sweeps("twin");
    expect(live("twin")).toHaveLength(2);
  });
});

describe.concurrent("many keys that vanish at once", () => {
  const names = ["a", "b", "c", "d", "e", "f"];

  test("stop the account, until an administrator edits it", async ({ expect: expecting }) => {
    await ownAccount("vanished");
    await deliver("vanished", ...names);
    await judgedInventory(world, "vanished");
    const lost = live("vanished").slice(0, 4);
    for (const id of lost) world.emulator.admin.revokeKey("acc_vanished", id);
    const message = await world.watcher.until(
      ACCOUNTS,
      { namespace: "vanished", name: "default" },
      keysVanished,
    );
    expect(message).toMatch(/more than 3 of 6 keys vanished/);
    await sweeps("vanished");
    expect(live("vanished")).toHaveLength(2);

    // An edited spec says that an administrator has looked.
    await world.apply(
      account("vanished", world.emulator.url, { rateLimit: { requestsPerSecond: 9, burst: 9 } }),
    );
    await expecting.poll(() => live("vanished").length, { timeout: 20_000 }).toBe(6);
    for (const name of names) {
      const key = new OneKey(world, "vanished", { name });
      await key.untilReady();
      expect(await key.authenticates()).toBe(200);
    }
    await world.watcher.until(ACCOUNTS, { namespace: "vanished", name: "default" }, isReady);
  });
});

test("what is out of sight is never called an orphan", async () => {
  await using narrow = await World.start();
  await narrow.apply(
    namespace("signatureapi-system"),
    namespace("seen"),
    credentials("signatureapi-system"),
    clusterAccount("acme", narrow.emulator.url, {
      allow: [{ modes: ["live"], namespaceSelector: {} }],
      orphans: "Revoke",
    }),
  );
  const tag = `[ak:00000aaaaa.00000000deadbeef:7:${newAttemptId(randomBytes)}]`;
  const { id } = narrow.emulator.admin.createKey("acc_emulator", {
    mode: "live",
    description: `unseen ${tag}`,
  });
  const looking = await narrow.startController({
    timing: FAST_TIMING,
    flags: ["--inventory-interval", INTERVAL, "--namespaces", "seen", "--installation", "00000aaaaa"],
  });
  await looking.logged(/"namespaces":\["seen"\].*is never called deleted/);
  await narrow.watcher.until(CLUSTER_ACCOUNTS, { name: "acme" }, (object) =>
    conditionOf(object, "UnaccountedKeys")?.message.includes(id),
  );
  await looking.logged(/"inventory made"/, 4);
  expect(narrow.emulator.admin.keys().map(({ status }) => status)).toEqual(["active"]);
});

function keysVanished(object: KubeObject | undefined): string | undefined {
  const condition = conditionOf(object, "Stalled");
  return condition?.reason === "KeysVanished" ? condition.message : undefined;
}
