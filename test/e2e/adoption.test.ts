import { ownerOf } from "@signatureapi-keys/lifecycle";
import {
  API_KEYS,
  SECRET_ANNOTATIONS,
  SECRETS,
  apiKeyStatusSchema,
} from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { isReady, refusedFor } from "./conditions.ts";
import { eventNote } from "./events.ts";
import { account, apiKey, clusterAccount, credentials, namespace } from "./manifests.ts";
import { FAST_TIMING, World, type Manifest } from "./world.ts";

const PATIENCE = { timeout: 20_000 };

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  await world.startController({ timing: FAST_TIMING, flags: ["--inventory-interval", "1s"] });
});

afterAll(async () => world[Symbol.asyncDispose]());

interface HandMade {
  readonly keyId: string;
  readonly value: string;
}

/** A namespace with an account of its own at the vendor's. */
async function ownAccount(n: string, spec: Manifest = {}): Promise<void> {
  world.emulator.admin.addAccount({ id: n, token: `token-of-${n}` });
  await world.apply(
    namespace(n),
    credentials(n, { token: `token-of-${n}` }),
    account(n, world.emulator.url, spec),
  );
}

function handMade(n: string, description = "made by hand", mode: "live" | "test" = "live"): HandMade {
  const { id, key } = world.emulator.admin.createKey(n, { mode, description });
  return { keyId: id, value: key };
}

/** The same, in a namespace whose account lets it be adopted. */
async function adoptable(n: string, description?: string, mode?: "live" | "test"): Promise<HandMade> {
  await ownAccount(n);
  const made = handMade(n, description, mode);
  await world.apply(account(n, world.emulator.url, { adoptKeyIds: [made.keyId] }));
  return made;
}

/** A Secret as somebody writes it by hand. */
function secret(n: string, stringData: Record<string, string>, annotations: Manifest = {}): Manifest {
  const metadata = { name: "app", namespace: n, labels: { team: "shop" }, annotations };
  return { apiVersion: "v1", kind: "Secret", metadata, stringData };
}

function adopting(n: string, keyId: string, spec: Manifest = {}): Manifest {
  return apiKey(n, "app", { adopt: { keyId }, rotation: { overlap: "1s" }, ...spec });
}

async function statusOf(n: string, name = "app"): Promise<z.output<typeof apiKeyStatusSchema>> {
  return apiKeyStatusSchema.parse((await world.kube.get(API_KEYS, { namespace: n, name })).status ?? {});
}

async function valueOf(n: string): Promise<string> {
  const { data } = await world.kube.get(SECRETS, { namespace: n, name: "app" });
  return Buffer.from(data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
}

async function authenticates(value: string): Promise<number> {
  return (await fetch(`${world.emulator.url}/envelopes`, { headers: { "x-api-key": value } })).status;
}

function keyAt(keyId: string): { readonly status: string; readonly description: string } {
  const found = world.emulator.admin.keys().find(({ id }) => id === keyId);
  if (found === undefined) throw new Error(`there is no key ${keyId}`);
  return found;
}

function changesIn(n: string): readonly string[] {
  const { admin } = world.emulator;
  const operations = ["createApiKey", "updateApiKey", "rollApiKey", "revokeApiKey"] as const;
  return operations.filter((operation) => admin.requests({ operation, account: n }).length > 0);
}

async function ready(n: string): Promise<void> {
  await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, isReady);
}

async function refused(n: string, reason: string, name = "app"): Promise<string> {
  return world.watcher.until(API_KEYS, { namespace: n, name }, refusedFor(reason));
}

describe.concurrent("a key that was made by hand", () => {
  test("is adopted with the value that its Secret holds: nothing changes for whoever uses it", async () => {
    const n = "with-value";
    const { keyId, value } = await adoptable(n, "Checkout, by Ada");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value, mine: "stays" }), adopting(n, keyId));
    await ready(n);
    expect(await valueOf(n)).toBe(value);
    expect(await authenticates(value)).toBe(200);
    const status = await statusOf(n);
    expect(status).toMatchObject({ keyId, revision: 1, hint: value.slice(-4), mode: "live" });
    expect(status.attempt).toBeUndefined();
    const kept = await world.kube.get(SECRETS, { namespace: n, name: "app" });
    expect(kept.metadata.labels).toMatchObject({ team: "shop" });
    expect(kept.data).toHaveProperty("mine");
    expect(kept.metadata.annotations?.[SECRET_ANNOTATIONS.adopt]).toBe(keyId);
    const { uid } = (await world.kube.get(API_KEYS, { namespace: n, name: "app" })).metadata;
    expect(keyAt(keyId).description).toMatch(
      new RegExp(`^Checkout, by Ada \\[ak:[0-9a-f]{10}\\.${ownerOf(uid)}:0:`),
    );
    expect(changesIn(n)).toEqual(["updateApiKey"]);
    expect(await eventNote(world, n, "ApiKey", "app", "KeyAdopted")).toMatch(/nothing changes/);
  });

  test("is rolled where there is no Secret, and the event says that its old value has stopped", async () => {
    const n = "without-value";
    const { keyId, value } = await adoptable(n);
    await world.apply(adopting(n, keyId));
    await ready(n);
    expect(await authenticates(value)).toBe(401);
    expect(await authenticates(await valueOf(n))).toBe(200);
    expect(await statusOf(n)).toMatchObject({ keyId });
    expect(changesIn(n)).toEqual(["updateApiKey", "rollApiKey"]);
    expect(await eventNote(world, n, "ApiKey", "app", "KeyMinted")).toMatch(
      new RegExp(`rolled key ${keyId} \\(Adopted\\): its old value stopped at once`),
    );
  });

  test("is the account's one test key, and adopted all the same", async () => {
    const n = "test-key";
    const { keyId, value } = await adoptable(n, "the test key", "test");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId, { mode: "test" }));
    await ready(n);
    expect(await valueOf(n)).toBe(value);
  });

  test("is managed like any other afterwards: it rotates, and a deletion revokes what is there", async () => {
    const n = "managed";
    const { keyId, value } = await adoptable(n);
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
    await ready(n);
    await world.apply(adopting(n, keyId, { rotation: { overlap: "1s", trigger: "2026-11" } }));
    await vi.waitFor(() => expect(keyAt(keyId).status).toBe("revoked"), PATIENCE);
    const { keyId: next = "" } = await statusOf(n);
    expect(next).not.toBe(keyId);
    expect(await authenticates(await valueOf(n))).toBe(200);
    await world.kube.delete(API_KEYS, { namespace: n, name: "app" });
    await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) => object === undefined);
    expect(keyAt(next).status).toBe("revoked");
  });

  test("stays with its text when an ApiKey that has adopted it is deleted with Retain", async () => {
    const n = "retained";
    const { keyId, value } = await adoptable(n, "Checkout, by Ada");
    await world.apply(
      secret(n, { SIGNATUREAPI_KEY: value }),
      adopting(n, keyId, { deletionPolicy: "Retain" }),
    );
    await ready(n);
    await world.kube.delete(API_KEYS, { namespace: n, name: "app" });
    await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) => object === undefined);
    expect(keyAt(keyId)).toMatchObject({ status: "active", description: "Checkout, by Ada" });
    expect(await valueOf(n)).toBe(value);
  });

  test("is not adopted again by an ApiKey whose status was lost, and that has another key by now", async () => {
    const n = "lost-status";
    const { keyId, value } = await adoptable(n);
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
    await ready(n);
    await world.apply(adopting(n, keyId, { rotation: { overlap: "1h", trigger: "2026-11" } }));
    await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) => {
      const { keyId: now, attempt } = apiKeyStatusSchema.parse(object?.status ?? {});
      return now !== keyId && attempt === undefined;
    });
    const { keyId: second } = await statusOf(n);
    const object = await world.kube.get(API_KEYS, { namespace: n, name: "app" });
    await world.kube.updateStatus(API_KEYS, { ...object, status: {} });
    await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (seen) => {
      return apiKeyStatusSchema.parse(seen?.status ?? {}).keyId !== undefined;
    });
    expect(await statusOf(n)).toMatchObject({ keyId: second });
  });
});

describe.concurrent("an adoption is refused, and neither key nor Secret touched,", () => {
  /** What is refused, and how it is told. */
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
        await ownAccount(n, { adoptKeyIds: ["ak_another"] });
        const { keyId, value } = handMade(n);
        await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "of a key that only a line for another mode lists",
      reason: "AdoptionNotAllowed",
      message: /lists key ak_/,
      make: async (n) => {
        world.emulator.admin.addAccount({ id: n, token: `token-of-${n}` });
        const { keyId } = handMade(n);
        await world.apply(
          namespace(n),
          credentials("signatureapi-system", { name: n, token: `token-of-${n}` }),
          clusterAccount(n, world.emulator.url, {
            credentials: { name: n },
            allow: [
              { modes: ["live"], namespaceSelector: {} },
              { modes: ["test"], namespaceSelector: {}, adoptKeyIds: [keyId] },
            ],
          }),
          adopting(n, keyId, { accountRef: { kind: "ClusterAccount", name: n } }),
        );
        return keyId;
      },
    },
    {
      name: "where the namespace has no room for another key",
      reason: "KeyLimitReached",
      message: /0 of the 0 keys/,
      make: async (n) => {
        world.emulator.admin.addAccount({ id: n, token: `token-of-${n}` });
        const { keyId } = handMade(n);
        const line = { modes: ["live"], namespaceSelector: {}, adoptKeyIds: [keyId], maxKeys: 0 };
        await world.apply(
          namespace(n),
          credentials("signatureapi-system", { name: n, token: `token-of-${n}` }),
          clusterAccount(n, world.emulator.url, { credentials: { name: n }, allow: [line] }),
          adopting(n, keyId, { accountRef: { kind: "ClusterAccount", name: n } }),
        );
        return keyId;
      },
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
        world.emulator.admin.revokeKey(n, keyId);
        await world.apply(adopting(n, keyId));
        return keyId;
      },
    },
    {
      name: "of a key that is not there",
      reason: "AdoptionRefused",
      message: /no such key/,
      make: async (n) => {
        await ownAccount(n, { adoptKeyIds: ["ak_nowhere"] });
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
        await world.apply(secret(n, { SIGNATUREAPI_KEY: "key_live_of_somebody_else" }), adopting(n, keyId));
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
        await ownAccount(n);
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
    const before = keyId === undefined ? undefined : keyAt(keyId);
    const untouched = await world.kube.find(SECRETS, { namespace: n, name: "app" });
    context.expect(await refused(n, item.reason)).toMatch(item.message);
    if (keyId !== undefined) context.expect(keyAt(keyId)).toEqual(before);
    context.expect(changesIn(n)).toEqual([]);
    const after = await world.kube.find(SECRETS, { namespace: n, name: "app" });
    context.expect(after?.metadata.resourceVersion).toBe(untouched?.metadata.resourceVersion);
  });
});

describe.concurrent("two that want one key", () => {
  test("ApiKeys of one installation: exactly one of them gets it", async () => {
    const n = "rivals";
    const { keyId, value } = await adoptable(n);
    await world.apply(adopting(n, keyId), apiKey(n, "rival", { adopt: { keyId } }));
    const winner = await Promise.race(
      ["app", "rival"].map(async (name) => {
        await world.watcher.until(API_KEYS, { namespace: n, name }, isReady);
        return name;
      }),
    );
    const loser = winner === "app" ? "rival" : "app";
    expect(await refused(n, "AdoptionRefused", loser)).toMatch(/another ApiKey/);
    expect(await authenticates(value)).toBe(401);
    expect(await statusOf(n, winner)).toMatchObject({ keyId });
    expect((await statusOf(n, loser)).keyId).toBeUndefined();
    expect(keyAt(keyId).status).toBe("active");
    expect(world.emulator.admin.requests({ operation: "rollApiKey", account: n })).toHaveLength(1);
  });
});

describe.concurrent("an adoption that does not come to its end", () => {
  test("is undone where spec.adopt is taken back while its tag settles", async () => {
    const n = "taken-back";
    const { keyId, value } = await adoptable(n, "Checkout, by Ada");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
    await refused(n, "Adopting");
    await world.kube.patch(
      API_KEYS,
      { namespace: n, name: "app" },
      { spec: { adopt: null } },
      { type: "merge" },
    );
    await vi.waitFor(() => expect(keyAt(keyId).description).toBe("Checkout, by Ada"), PATIENCE);
    expect(await refused(n, "SecretConflict")).toMatch(/not this ApiKey's/);
    expect(await valueOf(n)).toBe(value);
    expect(keyAt(keyId).status).toBe("active");
  });

  test("is undone where the ApiKey is deleted while its tag settles", async () => {
    const n = "deleted";
    const { keyId, value } = await adoptable(n, "Checkout, by Ada");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
    await refused(n, "Adopting");
    await world.kube.delete(API_KEYS, { namespace: n, name: "app" });
    await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) => object === undefined);
    expect(keyAt(keyId)).toMatchObject({ status: "active", description: "Checkout, by Ada" });
    expect(await valueOf(n)).toBe(value);
  });

  test("gives way to a tag that somebody else has put on meanwhile", async () => {
    const n = "overtaken";
    const { keyId, value } = await adoptable(n, "by hand");
    await world.apply(secret(n, { SIGNATUREAPI_KEY: value }), adopting(n, keyId));
    await refused(n, "Adopting");
    const theirs = "by hand [ak:0123456789.0123456789abcdef:0:abcdefgh]";
    const answer = await fetch(`${world.emulator.url}/api-keys/${keyId}`, {
      method: "PATCH",
      headers: { authorization: `Bearer token-of-${n}`, "content-type": "application/json" },
      body: JSON.stringify({ description: theirs }),
    });
    expect(answer.status).toBe(200);
    expect(await refused(n, "AdoptionRefused")).toMatch(/another installation/);
    expect(keyAt(keyId)).toMatchObject({ status: "active", description: theirs });
    expect((await statusOf(n)).keyId).toBeUndefined();
    // It was given up and undone: what it might still do has had its chance.
    await world.watcher.until(API_KEYS, { namespace: n, name: "app" }, (object) => {
      const { abandoned = [] } = apiKeyStatusSchema.parse(object?.status ?? {});
      return abandoned.length > 0 && abandoned.every(({ listings }) => listings > 0);
    });
    expect(keyAt(keyId).description).toBe(theirs);
  });
});
