import { isProblem, type Problem, type RemoteKey } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import type { KubeClient, StatusManifest } from "../kube/index.ts";
import type { AccountStatus } from "../resources/account.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";
import { recordedLeft } from "./recorded-left.ts";
import type { InventoryReport } from "./runtime.ts";
import { recordedAccount, specChanged, unaccountedMessage, writeAccountStatus } from "./status.ts";
import type { VerifiedAccount } from "./verified-account.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const READY: VerifiedAccount = { accountId: "acc_1", liveMode: "enabled", origin: "o" };
const COUNTS = { managed: 1, abandoned: 0, unaccounted: 0, foreign: 2 };

function account(status?: unknown, generation = 3): AccountDocument {
  return ACCOUNT_DOCUMENTS.Account.schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "Account",
    metadata: { name: "a", namespace: "shop", uid: "u", resourceVersion: "7", generation },
    spec: { credentials: { name: "token" } },
    status,
  });
}

/** What the tag of {@link orphan} says. */
const ORPHAN = { mode: "live", installation: "00000aaaaa", owner: "0123456789abcdef", revision: 7 };

function orphan(id: string, changes: Partial<RemoteKey> = {}): RemoteKey {
  const description = "lost [ak:00000aaaaa.0123456789abcdef:7:abcdefgh]";
  return { id, description, mode: "live", status: "active", createdAt: NOW, hint: "wxyz", ...changes };
}

function ready(reason: string, observedGeneration: number): object {
  const condition = { type: "Ready", status: "False", reason, message: "m", lastTransitionTime: "t" };
  return { conditions: [{ ...condition, observedGeneration }] };
}

describe("what a status says of an earlier process's findings", () => {
  test.each([
    ["KeysVanished", 3, "KeysVanished"],
    ["TagNotPreserved", 3, "TagNotPreserved"],
    // The spec was edited since: an administrator has looked.
    ["KeysVanished", 2, undefined],
    ["InvalidToken", 3, undefined],
    ["NoSuchReason", 3, undefined],
  ])("of %s at generation %i is %s", (reason, generation, expected) => {
    expect(recordedAccount(account(ready(reason, generation))).distrust?.reason).toBe(expected);
  });

  test("is nothing without a status", () => {
    expect(recordedAccount(account()).distrust).toBeUndefined();
  });

  test.each([
    ["the account that was pinned", { accountId: "acc_1" }, "https://api.signatureapi.com acc_1"],
    ["none before one was", {}, undefined],
  ])("names the vendor account: %s", (_name, status, expected) => {
    expect(recordedAccount(account(status)).vendorAccount).toBe(expected);
  });

  test.each([
    [2, true],
    [3, false],
    [undefined, false],
    [-1, false],
  ])("and a spec that was seen at generation %s has changed: %s", (observedGeneration, changed) => {
    expect(specChanged(account({ observedGeneration }))).toBe(changed);
  });
});

/** What is written of a state, if anything; `readOnly` and the rest as a controller has them. */
async function written(
  before: unknown,
  state: VerifiedAccount | Problem,
  inventory?: InventoryReport,
  readOnly = false,
): Promise<AccountStatus | undefined> {
  const sent: StatusManifest[] = [];
  const kube: Pick<KubeClient, "find" | "patch" | "updateStatus"> = {
    find: async () => undefined,
    patch: async () => Promise.reject(new TypeError("not needed")),
    updateStatus: async (type, object) => {
      sent.push(object);
      const header = { apiVersion: "v1", kind: type.kind };
      return type.schema.parse({ ...header, ...object });
    },
  };
  const env = { kube, readOnly, inventoryMs: 600_000, now: () => NOW };
  await writeAccountStatus(env, account(before), state, inventory);
  expect(sent.length).toBeLessThan(2);
  const [status] = sent;
  return status === undefined ? undefined : account(status.status).record;
}

describe("a status", () => {
  const refused: Problem = { reason: "InvalidToken", message: "refused", transient: false };

  test("names the account, says that it is ready, and is written once", async () => {
    const status = await written(undefined, READY);
    expect(status).toMatchObject({ accountId: "acc_1", liveMode: "enabled", observedGeneration: 3 });
    expect(status?.conditions).toMatchObject([{ type: "Ready", status: "True", reason: "AccountReady" }]);
    expect(await written(status, READY)).toBeUndefined();
  });

  test("is not written by a read-only controller", async () => {
    expect(await written(undefined, READY, undefined, true)).toBeUndefined();
  });

  test.each([
    [refused, "Stalled"],
    [{ ...refused, transient: true }, "Reconciling"],
  ])("of %j has the condition %s, and keeps the account that was pinned", async (state, type) => {
    const status = await written({ accountId: "acc_1" }, state);
    expect(status).toMatchObject({ accountId: "acc_1" });
    expect(status?.conditions?.map((condition) => [condition.type, condition.status])).toEqual([
      ["Ready", "False"],
      [type, "True"],
    ]);
    expect(isProblem(state)).toBe(true);
  });

  test("is written for an inventory that is new, and once an interval for one that is the same", async () => {
    const report = { startedAt: NOW, counts: COUNTS, unaccounted: [], left: [] };
    const status = await written(await written(undefined, READY), READY, report);
    expect(status).toMatchObject({ keys: COUNTS, lastInventoryAt: "2026-11-25T12:00:00.000Z" });
    const later = (ms: number): InventoryReport => ({ ...report, startedAt: NOW + ms });
    expect(await written(status, READY, report)).toBeUndefined();
    expect(await written(status, READY, later(299_999))).toBeUndefined();
    expect(await written(status, READY, later(300_000))).toBeDefined();
    const counts = { ...COUNTS, managed: 2 };
    expect(await written(status, READY, { ...later(1), counts })).toMatchObject({ keys: counts });
  });

  test("records the keys of ApiKeys that are gone, oldest first, and takes them off when they are", async () => {
    const gone = {
      namespace: "shop",
      mode: "live",
      account: "Account shop/a",
      since: NOW,
      unknown: 0,
    } as const;
    const left = [
      { ...gone, owner: "b".repeat(16), keyIds: ["ak_3", "ak_2"] },
      { ...gone, owner: "a".repeat(16), since: NOW - 1_000, keyIds: ["ak_1"] },
      { ...gone, owner: "c".repeat(16), keyIds: [], unknown: 1 },
      { ...gone, owner: "d".repeat(16), namespace: "other", keyIds: ["ak_4"] },
    ];
    const report = { startedAt: NOW, counts: COUNTS, unaccounted: [], left };
    const status = await written(undefined, READY, report);
    expect(status?.leftKeys?.map(({ keyIds }) => keyIds)).toEqual([["ak_1"], ["ak_2", "ak_3"], ["ak_4"]]);
    // An Account speaks for its own namespace.
    expect(recordedLeft(account(status))).toEqual([
      { ...left[1], account: "Account shop/a" },
      { ...left[0], keyIds: ["ak_2", "ak_3"], account: "Account shop/a" },
    ]);
    const mended = await written(status, READY, { ...report, left: [] });
    expect(mended).toBeDefined();
    expect(mended?.leftKeys).toBeUndefined();
  });

  test("names keys that no record names, until there are none", async () => {
    const counts = { ...COUNTS, unaccounted: 1 };
    const unaccounted = [orphan("ak_2"), orphan("ak_1", { createdAt: NOW - 1_000 })];
    const report = { startedAt: NOW, counts, unaccounted, left: [] };
    const status = await written(undefined, READY, report);
    expect(status?.conditions?.at(-1)).toMatchObject({ type: "UnaccountedKeys", status: "True" });
    expect(status?.conditions?.at(-1)?.message).toContain("ak_1");
    expect(status?.unaccountedKeys).toEqual([
      { ...ORPHAN, keyId: "ak_1", createdAt: "2026-11-25T11:59:59.000Z" },
      { ...ORPHAN, keyId: "ak_2", createdAt: "2026-11-25T12:00:00.000Z" },
    ]);
    const mended = await written(status, READY, { ...report, unaccounted: [] });
    expect(mended?.conditions?.map(({ type }) => type)).toEqual(["Ready"]);
    expect(mended?.unaccountedKeys).toBeUndefined();
    expect((await written(status, READY))?.conditions?.length ?? 2).toBe(2);
  });
});

test("a hundred unaccounted keys are recorded, and the oldest of them", async () => {
  const unaccounted = Array.from({ length: 101 }, (_, i) => orphan(`ak_${i}`, { createdAt: NOW - i }));
  const counts = { ...COUNTS, unaccounted: 101 };
  const status = await written(undefined, READY, { startedAt: NOW, counts, unaccounted, left: [] });
  expect(status?.unaccountedKeys).toHaveLength(100);
  expect(status?.unaccountedKeys?.[0]?.keyId).toBe("ak_100");
  expect(status?.unaccountedKeys?.map(({ keyId }) => keyId)).not.toContain("ak_0");
});

test("ten keys are named, in order, and more are counted", () => {
  const ids = Array.from({ length: 11 }, (_, i) => `ak_${String(11 - i).padStart(2, "0")}`);
  expect(unaccountedMessage(ids)).toContain("ak_01, ak_02");
  expect(unaccountedMessage(ids)).toContain("ak_10 and 1 more");
  expect(unaccountedMessage(ids.slice(1))).not.toContain("more");
});
