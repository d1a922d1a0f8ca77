import { newAttemptId, ownerOf } from "@signatureapi-keys/lifecycle";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  SECRETS,
  accountStatusSchema,
  apiKeyStatusSchema,
} from "@signatureapi-keys/controller/resources";
import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionOf, isReady } from "./conditions.ts";
import { eventNote } from "./events.ts";
import { account, apiKey, clusterAccount, credentials, namespace } from "./manifests.ts";
import type { RunningController } from "./running-controller.ts";
import { FAST_TIMING, World, type Manifest } from "./world.ts";

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

/** A namespace with an account of its own at the vendor's, both of one name. */
async function ownAccount(name: string, spec: Manifest = {}): Promise<void> {
  world.emulator.admin.addAccount({ id: name, token: `token-of-${name}`, testKeys: 10 });
  await world.apply(
    namespace(name),
    credentials(name, { token: `token-of-${name}` }),
    account(name, world.emulator.url, spec),
  );
}

async function deliver(where: string, ...names: readonly string[]): Promise<void> {
  await world.apply(...names.map((name) => apiKey(where, name, { rotation: { overlap: "1s" } })));
  for (const name of names) await world.watcher.until(API_KEYS, { namespace: where, name }, isReady);
}

async function keyIdOf(where: string, name: string): Promise<string> {
  const { status } = await world.kube.get(API_KEYS, { namespace: where, name });
  return apiKeyStatusSchema.parse(status).keyId ?? "";
}

async function tryKeyIdOf(where: string, name: string): Promise<string | undefined> {
  const object = await world.kube.find(API_KEYS, { namespace: where, name });
  return object === undefined ? undefined : keyIdOf(where, name);
}

/** Resolves once the ApiKey names another key than before, which authenticates. */
async function replaced(where: string, name: string, before: string): Promise<string> {
  const keyId = await world.watcher.until(API_KEYS, { namespace: where, name }, (object) => {
    const now = apiKeyStatusSchema.parse(object?.status ?? {}).keyId;
    return now !== undefined && now !== before && isReady(object) === true ? now : undefined;
  });
  expect(await authenticates(where, name)).toBe(true);
  return keyId;
}

async function authenticates(where: string, name: string): Promise<boolean> {
  const secret = await world.kube.get(SECRETS, { namespace: where, name });
  const value = Buffer.from(secret.data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
  const answer = await fetch(`${world.emulator.url}/envelopes`, { headers: { "x-api-key": value } });
  return answer.status !== 401;
}

function statusOfKey(keyId: string): string | undefined {
  return world.emulator.admin.keys().find(({ id }) => id === keyId)?.status;
}

/** Live keys of an account at the vendor's. */
function live(accountId: string): readonly string[] {
  const keys = world.emulator.admin.keys();
  return keys.filter((key) => key.account === accountId && key.status === "active").map(({ id }) => id);
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

async function ownerOfApiKey(where: string, name: string): Promise<string> {
  return ownerOf((await world.kube.get(API_KEYS, { namespace: where, name })).metadata.uid);
}

describe.concurrent("an inventory", () => {
  test("counts what an account holds, and touches nothing of others", async () => {
    await ownAccount("counted");
    const foreign = [
      "made by hand",
      "of another installation [ak:0123456789.0123456789abcdef:1:abcdefgh]",
    ].map((description) => world.emulator.admin.createKey("counted", { mode: "live", description }).id);
    await deliver("counted", "app");
    const status = await reported("counted", ({ keys }) => keys?.managed === 1);
    expect(status.keys).toEqual({ managed: 1, abandoned: 0, unaccounted: 0, foreign: 2 });
    expect(foreign.map(statusOfKey)).toEqual(["active", "active"]);
    expect(await controller.metrics()).toContain(
      'signatureapi_account_keys{kind="Account",namespace="counted",name="default",state="foreign"} 2',
    );
  });

  test("finds the key of a request that took effect after its recovery was over", async () => {
    await ownAccount("late");
    const match = { operation: "createApiKey", account: "late" } as const;
    world.emulator.admin.addFault({ match, fault: { kind: "late", ms: 12_000 } });
    await deliver("late", "app");
    const committed = await keyIdOf("late", "app");
    await controller.logged(/"keyId":"(?<id>[^"]+)","reason":"AttemptAbandoned".*"msg":"key revoked"/);
    expect(live("late")).toEqual([committed]);
  });

  test("revokes the second key of a request that something on the way repeated", async () => {
    await ownAccount("repeated");
    const match = { operation: "createApiKey", account: "repeated" } as const;
    world.emulator.admin.addFault({ match, fault: { kind: "duplicate" } });
    await deliver("repeated", "app");
    await controller.logged(/"reason":"AttemptRepeated".*"msg":"key revoked"/);
    expect(live("repeated")).toEqual([await keyIdOf("repeated", "app")]);
    expect(await authenticates("repeated", "app")).toBe(true);
  });
});

test.concurrent("a test key that is in the way of its own request, which was repeated, is revoked, and another one made", async () => {
  await ownAccount("twice");
  world.emulator.admin.updateAccount("twice", { testKeys: 1 });
  const match = { operation: "createApiKey", account: "twice" } as const;
  world.emulator.admin.addFault({ match, fault: { kind: "duplicate" } });
  await world.apply(apiKey("twice", "app", { mode: "test" }));
  await world.watcher.until(API_KEYS, { namespace: "twice", name: "app" }, isReady);
  expect(live("twice")).toEqual([await keyIdOf("twice", "app")]);
});

describe.concurrent("what others do at the vendor's", () => {
  test("a key that was revoked in the dashboard is replaced", async () => {
    await ownAccount("revoked");
    await deliver("revoked", "app");
    const before = await keyIdOf("revoked", "app");
    world.emulator.admin.revokeKey("revoked", before);
    const now = await replaced("revoked", "app", before);
    expect(live("revoked")).toEqual([now]);
  });

  test("a key that was rolled in the dashboard is replaced, and revoked after its overlap", async ({
    expect: expecting,
  }) => {
    await ownAccount("rolled");
    await deliver("rolled", "app");
    const before = await keyIdOf("rolled", "app");
    const answer = await fetch(`${world.emulator.url}/api-keys/${before}/roll`, {
      method: "POST",
      headers: { authorization: "Bearer token-of-rolled" },
    });
    expect(answer.status).toBe(200);
    const now = await replaced("rolled", "app", before);
    await world.emulator.admin.waitForRequests({ operation: "revokeApiKey", account: "rolled" });
    await expecting.poll(() => live("rolled")).toEqual([now]);
  });

  test("a list that leaves rows out, or breaks off, proves nothing", async () => {
    await ownAccount("lagging");
    await deliver("lagging", "one", "two", "three", "four", "five");
    const before = live("lagging");
    // Younger keys are not judged at all.
    const judged = Date.now() + FAST_TIMING.settleTime;
    await reported("lagging", ({ lastInventoryAt = "" }) => Date.parse(lastInventoryAt) > judged);
    const match = { operation: "listApiKeys", account: "lagging" } as const;
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
    await deliver("unknown", "app");
    const owner = await ownerOfApiKey("unknown", "app");
    const ids: string[] = [];
    for (const of of [owner, "00000000deadbeef"]) {
      const description = await tagged("from a restored snapshot", of);
      ids.push(world.emulator.admin.createKey("unknown", { mode: "live", description }).id);
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
    await sweeps("unknown");
    expect(ids.map(statusOfKey)).toEqual(["active", "active"]);
    for (const id of ids) world.emulator.admin.revokeKey("unknown", id);
    const status = await reported("unknown", ({ keys }) => keys?.unaccounted === 0);
    expect(status.conditions?.map(({ type }) => type)).toEqual(["Ready"]);
  });

  test("are revoked where a ClusterAccount asks for it: at once without an owner, else once they were replaced", async ({
    expect: expecting,
  }) => {
    world.emulator.admin.addAccount({ id: "orphans", token: "token-of-orphans" });
    await world.apply(
      namespace("orphans"),
      credentials("signatureapi-system", { token: "token-of-orphans", name: "orphans" }),
      clusterAccount("orphans", world.emulator.url, {
        credentials: { name: "orphans" },
        allow: [{ modes: ["live"], namespaceSelector: {} }],
        orphans: "Revoke",
      }),
      apiKey("orphans", "app", {
        accountRef: { kind: "ClusterAccount", name: "orphans" },
        rotation: { overlap: "1s" },
      }),
    );
    await world.watcher.until(API_KEYS, { namespace: "orphans", name: "app" }, isReady);
    const owner = await ownerOfApiKey("orphans", "app");
    const create = async (of: string): Promise<string> =>
      world.emulator.admin.createKey("orphans", { mode: "live", description: await tagged("lost", of) }).id;
    const ownerless = await create("00000000deadbeef");
    const owned = await create(owner);
    await expecting.poll(() => statusOfKey(ownerless), { timeout: 20_000 }).toBe("revoked");
    await sweeps("orphans", SWEEPS, CLUSTER_ACCOUNTS);
    // The committed key is older than this one, which may be what Pods run with.
    expect(statusOfKey(owned)).toBe("active");
    const before = await keyIdOf("orphans", "app");
    await world.apply(
      apiKey("orphans", "app", {
        accountRef: { kind: "ClusterAccount", name: "orphans" },
        rotation: { overlap: "1s", trigger: "now" },
      }),
    );
    const now = await replaced("orphans", "app", before);
    await expecting.poll(() => live("orphans"), { timeout: 20_000 }).toEqual([now]);
  });
});

describe.concurrent("several objects that stand for one account at the vendor's", () => {
  test("share one inventory, and what it decides", async () => {
    await ownAccount("twin");
    await world.apply(
      namespace("twin-too"),
      credentials("twin-too", { token: "token-of-twin" }),
      account("twin-too", world.emulator.url),
    );
    await deliver("twin", "a", "b", "c");
    await deliver("twin-too", "d", "e", "f");
    const both = ["twin", "twin-too"];
    for (const name of both) {
      const { keys } = await reported(name, (status) => status.keys?.managed === 6);
      expect(keys).toEqual({ managed: 6, abandoned: 0, unaccounted: 0, foreign: 0 });
    }
    // Two of three, and two of three: only together are they too many.
    for (const where of both)
      for (const keyId of await Promise.all(
        ["a", "b", "d", "e"].map(async (name) => tryKeyIdOf(where, name)),
      ))
        if (keyId !== undefined) world.emulator.admin.revokeKey("twin", keyId);
    for (const where of both)
      await world.watcher.until(ACCOUNTS, { namespace: where, name: "default" }, (object) =>
        stalledFor(object, "KeysVanished"),
      );
    await sweeps("twin");
    expect(live("twin")).toHaveLength(2);
  });
});

describe.concurrent("many keys that vanish at once", () => {
  const names = ["a", "b", "c", "d", "e", "f"];

  test("stop the account, until somebody has looked", async ({ expect: expecting }) => {
    await ownAccount("vanished");
    await deliver("vanished", ...names);
    const lost = live("vanished").slice(0, 4);
    for (const id of lost) world.emulator.admin.revokeKey("vanished", id);
    const message = await world.watcher.until(
      ACCOUNTS,
      { namespace: "vanished", name: "default" },
      (object) => stalledFor(object, "KeysVanished"),
    );
    expect(message).toMatch(/more than 3 of 6 keys vanished/);
    await sweeps("vanished");
    expect(live("vanished")).toHaveLength(2);

    // Somebody has looked: an edited spec says so.
    await world.apply(
      account("vanished", world.emulator.url, { rateLimit: { requestsPerSecond: 9, burst: 9 } }),
    );
    await expecting.poll(() => live("vanished").length, { timeout: 20_000 }).toBe(6);
    for (const name of names) {
      await world.watcher.until(API_KEYS, { namespace: "vanished", name }, isReady);
      expect(await authenticates("vanished", name)).toBe(true);
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
  await narrow.watcher.until(CLUSTER_ACCOUNTS, { name: "acme" }, (object) =>
    conditionOf(object, "UnaccountedKeys")?.message.includes(id),
  );
  await looking.logged(/"inventory made"/, 4);
  expect(narrow.emulator.admin.keys().map(({ status }) => status)).toEqual(["active"]);
});

function stalledFor(object: KubeObject | undefined, reason: string): string | undefined {
  const condition = conditionOf(object, "Stalled");
  return condition?.reason === reason ? condition.message : undefined;
}
