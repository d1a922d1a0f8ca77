import { ownerOf } from "@signatureapi-keys/lifecycle";
import { SECRET_ANNOTATIONS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
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
import { type Delivered, OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

const PATIENCE = { timeout: 20_000 };

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  await world.startController({ timing: FAST_TIMING, flags: ["--inventory-interval", "1s"] });
});

afterAll(async () => world[Symbol.asyncDispose]());

function handMade(n: string, description = "made by hand", mode: "live" | "test" = "live"): Delivered {
  const { id, key } = world.emulator.admin.createKey(accountIdOf(n), { mode, description });
  return { keyId: id, value: key };
}

/** The same, in a namespace whose account lets it be adopted. */
async function adoptable(n: string, description?: string, mode?: "live" | "test"): Promise<Delivered> {
  await world.addAccount(n);
  const made = handMade(n, description, mode);
  await world.apply(account(n, world.emulator.url, { adoptKeyIds: [made.keyId] }));
  return made;
}

/** A Secret as a user writes it by hand. */
function secret(n: string, stringData: Record<string, string>, annotations: Manifest = {}): Manifest {
  const metadata = { name: "app", namespace: n, labels: { team: "shop" }, annotations };
  return { apiVersion: "v1", kind: "Secret", metadata, stringData };
}

function adopting(n: string, keyId: string, spec: Manifest = {}): Manifest {
  return apiKey(n, "app", { adopt: { keyId }, rotation: { overlap: "1s" }, ...spec });
}

/** The same, and the ApiKey that will adopt it. */
async function wanted(
  n: string,
  description?: string,
  mode?: "live" | "test",
): Promise<{ key: OneKey } & Delivered> {
  return { key: new OneKey(world, n), ...(await adoptable(n, description, mode)) };
}

/** The same, adopted with its value. */
async function adopted(
  n: string,
  description?: string,
  spec: Manifest = {},
): Promise<{ key: OneKey } & Delivered> {
  const { key, keyId, value } = await wanted(n, description);
  await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId, spec));
  await key.untilReady();
  return { key, keyId, value };
}

/** The same, with its tag on, and not adopted yet. */
async function settling(n: string, description: string): Promise<{ key: OneKey } & Delivered> {
  const { key, keyId, value } = await wanted(n, description);
  await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
  await key.refused("Adopting");
  return { key, keyId, value };
}

/** A ClusterAccount with these lines, and an ApiKey that adopts a key of it. */
async function listedBy(n: string, lines: (keyId: string) => readonly Manifest[]): Promise<string> {
  world.addVendorAccount(n);
  const { keyId } = handMade(n);
  const spec = { credentials: { name: n }, allow: lines(keyId) };
  await world.apply(
    namespace(n),
    credentials("signatureapi-system", { name: n, token: tokenOf(n) }),
    clusterAccount(n, world.emulator.url, spec),
    adopting(n, keyId, { accountRef: { kind: "ClusterAccount", name: n } }),
  );
  return keyId;
}

function changesIn(n: string): readonly string[] {
  const { admin } = world.emulator;
  const operations = ["createApiKey", "updateApiKey", "rollApiKey", "revokeApiKey"] as const;
  return operations.filter((operation) => admin.requests({ operation, account: accountIdOf(n) }).length > 0);
}

describe.concurrent("a key that was made by hand", () => {
  test("is adopted with the value that its Secret holds: nothing changes for its users", async () => {
    const n = "with-value";
    const { key, keyId, value } = await wanted(n, "Checkout, by Ada");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value, mine: "stays" }), adopting(n, keyId));
    await key.untilReady();
    expect(await key.value()).toBe(value);
    expect(await world.authenticates(value)).toBe(200);
    const status = await key.status();
    expect(status).toMatchObject({ keyId, revision: 1, hint: value.slice(-4), mode: "live" });
    expect(status.attempt).toBeUndefined();
    const kept = await key.secret();
    expect(kept.metadata.labels).toMatchObject({ team: "shop" });
    expect(kept.data).toHaveProperty("mine");
    expect(kept.metadata.annotations?.[SECRET_ANNOTATIONS.adopt]).toBe(keyId);
    const { uid } = (await key.object()).metadata;
    expect(world.remote(keyId)?.description).toMatch(
      new RegExp(`^Checkout, by Ada \\[ak:[0-9a-f]{10}\\.${ownerOf(uid)}:0:`),
    );
    expect(changesIn(n)).toEqual(["updateApiKey"]);
    expect(await key.event("KeyAdopted")).toMatch(/nothing changes/);
  });

  test("is rolled where there is no Secret, and the event says that its old value has stopped", async () => {
    const n = "without-value";
    const { key, keyId, value } = await wanted(n);
    await world.apply(adopting(n, keyId));
    await key.untilReady();
    expect(await world.authenticates(value)).toBe(401);
    expect(await key.authenticates()).toBe(200);
    expect(await key.status()).toMatchObject({ keyId });
    expect(changesIn(n)).toEqual(["updateApiKey", "rollApiKey"]);
    expect(await key.event("KeyMinted")).toMatch(
      new RegExp(`rolled key ${keyId} \\(Adopted\\): its old value stopped at once`),
    );
  });

  test("is the account's one test key, and adopted all the same", async () => {
    const n = "test-key";
    const { key, keyId, value } = await wanted(n, "the test key", "test");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId, { mode: "test" }));
    await key.untilReady();
    expect(await key.value()).toBe(value);
  });

  test("is managed like any other afterwards: it rotates, and a deletion revokes what is there", async () => {
    const n = "managed";
    const { key, keyId } = await adopted(n);
    await world.apply(adopting(n, keyId, { rotation: { overlap: "1s", trigger: "2026-11" } }));
    await vi.waitFor(() => expect(world.stateOf(keyId)).toBe("revoked"), PATIENCE);
    const { keyId: next = "" } = await key.status();
    expect(next).not.toBe(keyId);
    expect(await key.authenticates()).toBe(200);
    await key.remove();
    expect(world.stateOf(next)).toBe("revoked");
  });

  test("stays with its text when an ApiKey that has adopted it is deleted with Retain", async () => {
    const n = "retained";
    const { key, keyId, value } = await adopted(n, "Checkout, by Ada", { deletionPolicy: "Retain" });
    await key.remove();
    expect(world.remote(keyId)).toMatchObject({ status: "active", description: "Checkout, by Ada" });
    expect(await key.value()).toBe(value);
  });

  test("is not adopted again by an ApiKey whose status was lost, and that has another key by now", async () => {
    const n = "lost-status";
    const { key, keyId } = await adopted(n);
    await world.apply(adopting(n, keyId, { rotation: { overlap: "1h", trigger: "2026-11" } }));
    const { keyId: second } = await key.replaced(keyId);
    await key.wipeStatus();
    await key.untilStatus(({ keyId: now }) => now !== undefined);
    expect(await key.status()).toMatchObject({ keyId: second });
  });
});

describe.concurrent("an adoption is refused, and neither key nor Secret touched,", () => {
  /** What is refused, and how it is reported. */
  interface Refusal {
    readonly name: string;
    readonly reason: string;
    readonly message: RegExp;
    /** Makes what is to be refused; gives the key that must not change, if there is one. */
    readonly make: (n: string) => Promise<string | undefined>;
  }

  const REFUSALS: readonly Refusal[] = [
    {
      name: "of a key that no adoptKeyIds lists",
      reason: "AdoptionNotAllowed",
      message: /no adoptKeyIds of the account lists key ak_/,
      make: async (n) => {
        await world.addAccount(n, { adoptKeyIds: ["ak_another"] });
        const { keyId, value } = handMade(n);
        await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "of a key that only a line for another mode lists",
      reason: "AdoptionNotAllowed",
      message: /lists key ak_/,
      make: async (n) =>
        listedBy(n, (keyId) => [
          { modes: ["live"], namespaceSelector: {} },
          { modes: ["test"], namespaceSelector: {}, adoptKeyIds: [keyId] },
        ]),
    },
    {
      name: "where the namespace has reached its limit of keys",
      reason: "KeyLimitReached",
      message: /0 of the 0 keys/,
      make: async (n) =>
        listedBy(n, (keyId) => [
          { modes: ["live"], namespaceSelector: {}, adoptKeyIds: [keyId], maxKeys: 0 },
        ]),
    },
    {
      name: "of a key of the other mode",
      reason: "AdoptionRefused",
      message: /it is a test key, and spec\.mode is live/,
      make: async (n) => {
        const { keyId } = await adoptable(n, "by hand", "test");
        await world.apply(adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "of a key that is revoked",
      reason: "AdoptionRefused",
      message: /it is revoked/,
      make: async (n) => {
        const { keyId } = await adoptable(n);
        world.emulator.admin.revokeKey(accountIdOf(n), keyId);
        await world.apply(adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "of a key that is not there",
      reason: "AdoptionRefused",
      message: /no such key/,
      make: async (n) => {
        await world.addAccount(n, { adoptKeyIds: ["ak_nowhere"] });
        await world.apply(adopting(n, "ak_nowhere"));
        return undefined;
      },
    },
    {
      name: "whose Secret holds another value",
      reason: "SecretConflict",
      message: /does not hold the value of key ak_/,
      make: async (n) => {
        const { keyId } = await adoptable(n);
        await world.apply(secret(n, { SIGNATUREAPI_KEY: "key_live_of_another_user" }), adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "whose Secret holds it in another entry",
      reason: "SecretConflict",
      message: /does not hold the value of key ak_/,
      make: async (n) => {
        const { keyId, value } = await adoptable(n);
        await world.apply(secret(n, { ANOTHER: value }), adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "whose Secret is immutable",
      reason: "SecretConflict",
      message: /is immutable/,
      make: async (n) => {
        const { keyId, value } = await adoptable(n);
        await world.apply({ ...secret(n, { SIGNATUREAPI_KEY: value }), immutable: true }, adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "of a key of another installation",
      reason: "AdoptionRefused",
      message: /another installation \(0123456789\).*--previous-installations 0123456789/,
      make: async (n) => {
        const tagged = "theirs [ak:0123456789.0123456789abcdef:1:abcdefgh]";
        const { keyId } = await adoptable(n, tagged);
        await world.apply(adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "while the ApiKey is suspended",
      reason: "Suspended",
      message: /spec\.suspend is true/,
      make: async (n) => {
        const { keyId } = await adoptable(n);
        await world.apply(adopting(n, keyId, { suspend: true }));
        return keyId;
      },
    },
    {
      name: "while the account is suspended",
      reason: "AccountSuspended",
      message: /is suspended/,
      make: async (n) => {
        await world.addAccount(n);
        const { keyId } = handMade(n);
        await world.apply(account(n, world.emulator.url, { adoptKeyIds: [keyId], suspend: true }));
        await world.apply(adopting(n, keyId));
        return keyId;
      },
    },
  ];

  test.for(REFUSALS.map((item, index) => ({ ...item, index })))("$name", async (item, context) => {
    const n = `refused-${item.index}`;
    const keyId = await item.make(n);
    const key = new OneKey(world, n);
    const before = world.remote(keyId);
    if (keyId !== undefined) context.expect(before).toBeDefined();
    const untouched = await key.findSecret();
    context.expect(await key.refused(item.reason)).toMatch(item.message);
    context.expect(world.remote(keyId)).toEqual(before);
    context.expect(changesIn(n)).toEqual([]);
    context
      .expect((await key.findSecret())?.metadata.resourceVersion)
      .toBe(untouched?.metadata.resourceVersion);
  });
});

describe.concurrent("two that want one key", () => {
  test("ApiKeys of one installation: exactly one of them gets it", async () => {
    const n = "rivals";
    const { keyId, value } = await adoptable(n);
    await world.apply(adopting(n, keyId), apiKey(n, "rival", { adopt: { keyId } }));
    const rivals = ["app", "rival"].map((name) => new OneKey(world, n, { name }));
    const winner = await Promise.race(rivals.map(async (key) => key.untilReady().then(() => key)));
    const loser = rivals.find((key) => key !== winner);
    expect(await loser?.refused("AdoptionRefused")).toMatch(/another ApiKey/);
    expect(await world.authenticates(value)).toBe(401);
    expect(await winner.status()).toMatchObject({ keyId });
    expect((await loser?.status())?.keyId).toBeUndefined();
    expect(world.stateOf(keyId)).toBe("active");
    expect(world.emulator.admin.requests({ operation: "rollApiKey", account: accountIdOf(n) })).toHaveLength(
      1,
    );
  });
});

describe.concurrent("an adoption that does not come to its end", () => {
  test("is undone where spec.adopt is taken back while its tag settles", async () => {
    const n = "taken-back";
    const { key, keyId, value } = await settling(n, "Checkout, by Ada");
    await key.change({ adopt: null });
    await vi.waitFor(() => expect(world.remote(keyId)?.description).toBe("Checkout, by Ada"), PATIENCE);
    expect(await key.refused("SecretConflict")).toMatch(/not this ApiKey's/);
    expect(await key.value()).toBe(value);
    expect(world.stateOf(keyId)).toBe("active");
  });

  test("is undone where the ApiKey is deleted while its tag settles", async () => {
    const n = "deleted";
    const { key, keyId, value } = await settling(n, "Checkout, by Ada");
    await key.remove();
    expect(world.remote(keyId)).toMatchObject({ status: "active", description: "Checkout, by Ada" });
    expect(await key.value()).toBe(value);
  });

  test("gives way to a tag that another user has put on meanwhile", async () => {
    const n = "overtaken";
    const { key, keyId } = await settling(n, "by hand");
    const theirs = "by hand [ak:0123456789.0123456789abcdef:0:abcdefgh]";
    const answer = await fetch(`${world.emulator.url}/api-keys/${keyId}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${tokenOf(n)}`, "content-type": "application/json" },
      body: JSON.stringify({ description: theirs }),
    });
    expect(answer.status).toBe(200);
    expect(await key.refused("AdoptionRefused")).toMatch(/another installation/);
    expect(world.remote(keyId)).toMatchObject({ status: "active", description: theirs });
    expect((await key.status()).keyId).toBeUndefined();
    // It was given up and undone: what it might still do has had its chance.
    await key.untilStatus(
      ({ abandoned = [] }) => abandoned.length > 0 && abandoned.every(({ listings }) => listings > 0),
    );
    expect(world.remote(keyId)?.description).toBe(theirs);
  });
});
