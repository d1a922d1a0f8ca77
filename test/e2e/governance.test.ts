import {
  ACCOUNTS,
  accountStatusSchema,
  CLUSTER_ACCOUNTS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import type { ObjectRef, ResourceType } from "@signatureapi-keys/controller/kube";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionOf, isReady } from "./conditions.ts";
import {
  account,
  accountIdOf,
  apiKey,
  clusterAccount,
  credentials,
  namespace,
  tokenOf,
  type Manifest,
} from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

/** The token of a user who has another role than the owner of the account. */
const TENANT = "tenant";
const NAMES = ["a", "b", "c", "d"];

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  await world.startController({ timing: FAST_TIMING, flags: ["--inventory-interval", "1s"] });
});
afterAll(async () => world[Symbol.asyncDispose]());

/** One vendor account: a ClusterAccount with the owner's token, an Account of another namespace with a tenant's. */
class Shared {
  readonly name: string;
  readonly cluster: Side;
  readonly tenant: Side;

  constructor(name: string) {
    this.name = name;
    this.cluster = { where: `${name}-shop`, type: CLUSTER_ACCOUNTS, ref: { name } };
    this.tenant = tenantOf(`${name}-tenant`);
  }

  /** Makes both. @param changes of the specs of the two. */
  async open({ cluster = {}, tenant = {} }: { cluster?: Manifest; tenant?: Manifest } = {}): Promise<void> {
    const { name } = this;
    world.addVendorAccount(name, { roles: [{ name: TENANT, token: tokenOf(`${name}-tenant`) }] });
    await world.apply(
      credentials("signatureapi-system", { name, token: tokenOf(name) }),
      clusterAccount(name, world.emulator.url, {
        credentials: { name },
        allow: [{ modes: ["live"], namespaceSelector: {} }],
        ...cluster,
      }),
      namespace(this.cluster.where),
      namespace(this.tenant.where),
      credentials(this.tenant.where, { token: tokenOf(`${name}-tenant`) }),
      account(this.tenant.where, world.emulator.url, tenant),
    );
    for (const { type, ref } of [this.cluster, this.tenant]) await world.watcher.until(type, ref, isReady);
  }
}

/** An object that names a vendor account, and the namespace of its ApiKeys. */
interface Side {
  readonly where: string;
  readonly type: ResourceType<CustomObject>;
  readonly ref: ObjectRef;
}

function tenantOf(where: string): Side {
  return { where, type: ACCOUNTS, ref: { namespace: where, name: "default" } };
}

function manifest({ where, type, ref }: Side, name: string): Manifest {
  const accountRef = type === CLUSTER_ACCOUNTS ? { kind: "ClusterAccount", name: ref.name } : undefined;
  return apiKey(where, name, { rotation: { overlap: "1s" }, ...(accountRef && { accountRef }) });
}

/** Declares ApiKeys. @returns them when they are ready. */
async function deliver(side: Side, names: readonly string[] = NAMES): Promise<readonly OneKey[]> {
  await world.apply(...names.map((name) => manifest(side, name)));
  const keys = names.map((name) => new OneKey(world, side.where, { name }));
  await Promise.all(keys.map(async (key) => key.untilReady()));
  return keys;
}

/** Revokes keys in the dashboard, once an inventory has seen them. */
async function lose(vendor: string, side: Side, keys: readonly OneKey[]): Promise<void> {
  await swept(side, Date.now() + FAST_TIMING.settleTime);
  const statuses = await Promise.all(keys.map(async (key) => key.status()));
  // At the same time, so that one inventory finds all of them.
  for (const { keyId = "" } of statuses) world.emulator.admin.revokeKey(accountIdOf(vendor), keyId);
}

/** Resolves once an inventory of the object began after a time. */
async function swept({ type, ref }: Side, after = Date.now()): Promise<void> {
  await world.watcher.until(type, ref, (object) => {
    const { lastInventoryAt = "" } = accountStatusSchema.parse(object?.status ?? {});
    return Date.parse(lastInventoryAt) > after;
  });
}

async function stopped({ type, ref }: Side): Promise<string> {
  return world.watcher.until(type, ref, (object) => {
    const stalled = conditionOf(object, "Stalled");
    return stalled?.reason === "KeysVanished" ? stalled.message : undefined;
  });
}

async function reasonOf({ type, ref }: Side): Promise<string | undefined> {
  return conditionOf(await world.kube.get(type, ref), "Ready")?.reason;
}

/** Edits the spec, which says that its owner has looked into what was found. */
async function edit({ type, ref }: Side): Promise<void> {
  const spec = { rateLimit: { requestsPerSecond: 9, burst: 9 } };
  await world.kube.patch(type, ref, { spec }, { type: "merge" });
  await world.untilObserved(type, ref);
}

function listedBy(vendor: string, role: string | null): number {
  const match = { account: accountIdOf(vendor), operation: "listApiKeys", role } as const;
  return world.emulator.admin.requests(match).length;
}

/** From here on a role may not list keys. */
function forbidLists(vendor: string, role: string): void {
  const match = { account: accountIdOf(vendor), operation: "listApiKeys", role } as const;
  world.emulator.admin.addFault({ match, times: 100_000, fault: { kind: "status", status: 403 } });
}

describe.concurrent("an Account with another token beside a ClusterAccount of one vendor account", () => {
  test("does not slow down the ClusterAccount", async () => {
    const shared = new Shared("slow");
    await shared.open({ tenant: { rateLimit: { requestsPerSecond: 1, burst: 1 } } });
    // At one request a second, these would take longer than a test waits.
    await deliver(
      shared.cluster,
      Array.from({ length: 20 }, (_, index) => `app-${index}`),
    );
    await deliver(shared.tenant, ["app"]);
  });

  test("is swept with the token of the ClusterAccount, also where its own may not list", async () => {
    const shared = new Shared("swept");
    world.addVendorAccount("swept", { roles: [{ name: TENANT, token: tokenOf("swept-tenant") }] });
    forbidLists("swept", TENANT);
    await shared.open();
    await deliver(shared.tenant, ["app"]);
    await swept(shared.cluster);
    const before = listedBy("swept", TENANT);
    await swept(shared.tenant);
    await swept(shared.tenant);
    expect(listedBy("swept", TENANT)).toBe(before);
    const { keys } = accountStatusSchema.parse(
      (await world.kube.get(ACCOUNTS, shared.tenant.ref)).status ?? {},
    );
    expect(keys).toMatchObject({ managed: 1 });
  });

  test("neither pardons the ClusterAccount nor mints while that is stopped", async ({
    expect: expecting,
  }) => {
    const shared = new Shared("pardon");
    await shared.open();
    const keys = await deliver(shared.cluster);
    const [tenants] = await deliver(shared.tenant, ["app"]);
    await lose("pardon", shared.cluster, keys);
    const why = await stopped(shared.cluster);
    await edit(shared.tenant);
    await swept(shared.cluster);
    await swept(shared.cluster);
    expect(await reasonOf(shared.cluster)).toBe("KeysVanished");
    expect(world.activeKeysIn("acc_pardon")).toHaveLength(1);
    expect(why).toMatch(/more than 3 of 4 keys.*edit the spec of ClusterAccount pardon/);
    await tenants?.declare({ rotation: { trigger: "now" } });
    expect(await tenants?.stalled("KeysVanished")).toMatch(/ClusterAccount pardon/);
    await edit(shared.cluster);
    const active = (): readonly number[] => keys.map((key) => key.active());
    await expecting.poll(active, { timeout: 20_000 }).toEqual([1, 1, 1, 1]);
    await tenants?.until((object) => conditionOf(object, "Stalled") === undefined);
  });

  test("stops itself alone when its own keys vanish", async () => {
    const shared = new Shared("brake");
    await shared.open();
    await deliver(shared.cluster, ["first"]);
    await lose("brake", shared.tenant, await deliver(shared.tenant));
    expect(await stopped(shared.tenant)).toMatch(/edit the spec of Account brake-tenant\/default/);
    await swept(shared.cluster);
    await deliver(shared.cluster, ["second"]);
    expect(await reasonOf(shared.cluster)).toBe("AccountReady");
  });

  test("is bound by what the ClusterAccount suspends and limits, and by who may leave keys active", async () => {
    const shared = new Shared("bound");
    const line = { modes: ["live"], namespaceSelector: {}, maxKeys: 1 };
    await shared.open({ cluster: { allow: [line] } });
    const retained = new OneKey(world, shared.tenant.where, { name: "retained" });
    await retained.declare({ deletionPolicy: "Retain" });
    expect(await retained.refused("RetainNotAllowed")).toMatch(/retain: true/);
    await retained.change({ deletionPolicy: "Revoke" });
    await retained.untilReady();
    const second = new OneKey(world, shared.tenant.where, { name: "second" });
    await second.declare({});
    await second.refused("KeyLimitReached");
    const spec = { suspend: true, allow: [{ ...line, maxKeys: 9 }] };
    await world.kube.patch(CLUSTER_ACCOUNTS, { name: "bound" }, { spec }, { type: "merge" });
    expect(await second.refused("AccountSuspended")).toMatch(/ClusterAccount bound, which names the same/);
    // What it decides does not end with its token.
    world.emulator.admin.setToken("acc_bound", "another-token");
    const type = "merge";
    await world.kube.patch(
      CLUSTER_ACCOUNTS,
      { name: "bound" },
      { metadata: { labels: { a: "b" } } },
      { type },
    );
    await edit(shared.cluster);
    expect(await reasonOf(shared.cluster)).toBe("InvalidToken");
    const third = new OneKey(world, shared.tenant.where, { name: "third" });
    await third.declare({});
    await third.refused("AccountSuspended");
  });
});

/** Two namespaces with an Account each; the token of the first one is that of another role. */
async function two(vendor: string): Promise<readonly [Side, Side]> {
  const [one, other] = [tenantOf(`${vendor}-1`), tenantOf(`${vendor}-2`)];
  world.addVendorAccount(vendor, { roles: [{ name: TENANT, token: tokenOf(one.where) }] });
  await world.apply(
    ...[one, other].flatMap(({ where }) => [
      namespace(where),
      credentials(where, { token: where === one.where ? tokenOf(where) : tokenOf(vendor) }),
      account(where, world.emulator.url),
    ]),
  );
  return [one, other];
}

describe.concurrent("Accounts of two namespaces that name one vendor account, without a ClusterAccount", () => {
  test("are swept apart: a token that may not list stops no other", async () => {
    const [one, other] = await two("apart");
    forbidLists("apart", TENANT);
    await deliver(one, ["app"]);
    await deliver(other, ["app"]);
    await swept(other);
    await swept(other);
  });

  test("have a brake each, and only their own pardon", async ({ expect: expecting }) => {
    const [one, other] = await two("brakes");
    const [ones, others] = [await deliver(one), await deliver(other)];
    await lose("brakes", one, ones);
    await stopped(one);
    await swept(other);
    expect(await reasonOf(other)).toBe("AccountReady");
    await lose("brakes", other, others);
    await stopped(other);
    await edit(other);
    const active = (): readonly number[] => others.map((key) => key.active());
    await expecting.poll(active, { timeout: 20_000 }).toEqual([1, 1, 1, 1]);
    await swept(one);
    expect(await reasonOf(one)).toBe("KeysVanished");
    expect(ones.map((key) => key.active())).toEqual([0, 0, 0, 0]);
  });
});
