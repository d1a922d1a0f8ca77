import { ManagementApiError, type ApiKey } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { ago, apiKey, NOW } from "../doctor/testing/facts.ts";
import type { ClusterRecords, Orphan } from "./orphan.ts";
import { collectEvidence, revokeAll, type RevocationWorld } from "./revoke.ts";

const OWNER = "0123456789abcdef";
const ACCOUNT = {
  account: "Account shop/default",
  accountId: "acc_1",
  inventoryAt: ago(30),
  policy: undefined,
  count: 1,
  keys: [],
} as const;
const ORPHAN: Orphan = {
  keyId: "ak_9",
  mode: "live",
  createdAt: ago(60),
  installation: "00000aaaaa",
  owner: OWNER,
  revision: 1,
  apiKey: undefined,
  kept: undefined,
};
const RECORDS: ClusterRecords = {
  apiKeys: [],
  secrets: [],
  complete: true,
  installations: new Set(["00000aaaaa"]),
};

function shown(changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id: "ak_9",
    description: `Checkout [ak:00000aaaaa.${OWNER}:1:abcdefgh]`,
    mode: "live",
    status: "active",
    createdAt: new Date(NOW),
    revokedAt: null,
    hint: "wxyz",
    ...changes,
  };
}

/** A world that writes down what is done in it, in order. */
function world(
  keys: readonly ApiKey[],
  {
    records = [RECORDS],
    live = keys,
    account = "acc_1",
  }: {
    readonly records?: readonly ClusterRecords[];
    readonly live?: readonly ApiKey[];
    readonly account?: string;
  } = {},
): { readonly world: RevocationWorld; readonly done: string[] } {
  const done: string[] = [];
  const left = [...records];
  const note = (what: string): void => void done.push(what);
  return {
    done,
    world: {
      client: {
        getAccount: () => Promise.resolve({ id: account, name: "", liveMode: "enabled", permissions: [] }),
        listAllApiKeys: () => (note("list"), Promise.resolve({ apiKeys: [...keys] })),
        getApiKey: (id) => {
          note(`get ${id}`);
          const found = live.find((key) => key.id === id);
          return found === undefined ? Promise.reject(failure("none")) : Promise.resolve(found);
        },
        revokeApiKey: (id) => (note(`revoke ${id}`), Promise.resolve({ alreadyRevoked: false })),
      },
      records: () => (
        note("records"),
        Promise.resolve(left.length > 1 ? (left.shift() ?? RECORDS) : (left[0] ?? RECORDS))
      ),
      now: () => new Date(NOW),
      settleTime: 45_000,
      wait: (ms) => (note(`wait ${ms}`), Promise.resolve()),
    },
  };
}

function failure(effect: "none" | "unknown"): ManagementApiError {
  return new ManagementApiError({ kind: "not-found", operation: "getApiKey", effect, reason: "gone." });
}

describe("the evidence", () => {
  test("is a listing a settle time after the inventory's, and records that are read after it", async () => {
    const { world: here, done } = world([shown()]);
    const { candidates, kept } = await collectEvidence(ACCOUNT, [ORPHAN], here);
    expect(done).toEqual(["wait 15000", "list", "records"]);
    expect([candidates.map(({ text }) => text), kept]).toEqual([["Checkout"], []]);
  });

  test("is none with the token of another account: nothing is even listed", async () => {
    const { world: here, done } = world([shown()], { account: "acc_2" });
    await expect(collectEvidence(ACCOUNT, [ORPHAN], here)).rejects.toThrow(
      /acc_2, and Account shop\/default is of acc_1/,
    );
    expect(done).toEqual([]);
  });

  test("is none without an inventory", async () => {
    const { world: here, done } = world([shown()]);
    await expect(collectEvidence({ ...ACCOUNT, inventoryAt: undefined }, [ORPHAN], here)).rejects.toThrow(
      /no complete inventory/,
    );
    expect(done).toEqual([]);
  });

  test("is missing for a key that is not listed any more, or that a record names meanwhile", async () => {
    const named = { ...RECORDS, apiKeys: [apiKey("app", { adopts: "ak_8" })] };
    const second = { ...ORPHAN, keyId: "ak_8" };
    const { world: here } = world([shown({ id: "ak_8" })], { records: [named] });
    const { candidates, kept } = await collectEvidence(ACCOUNT, [ORPHAN, second], here);
    expect(candidates).toEqual([]);
    expect(kept.map(({ keyId, why }) => [keyId, why])).toEqual([
      ["ak_9", "the management API does not list it any more"],
      ["ak_8", "ApiKey shop/app names it"],
    ]);
  });

  test("shows no value that a description holds", async () => {
    const description = `key_live_${"a1B2".repeat(8)} [ak:00000aaaaa.${OWNER}:1:abcdefgh]`;
    const { candidates } = await collectEvidence(ACCOUNT, [ORPHAN], world([shown({ description })]).world);
    expect(candidates[0]?.text).toBe("[redacted]");
  });
});

describe("a revocation", () => {
  const candidate = { orphan: ORPHAN, text: "" };

  test("comes after one more look at the records and at the key", async () => {
    const { world: here, done } = world([shown()]);
    expect(await revokeAll([candidate], here)).toEqual([
      { keyId: "ak_9", outcome: "revoked", why: undefined },
    ]);
    expect(done).toEqual(["records", "get ak_9", "revoke ak_9"]);
  });

  test.each<[string, Parameters<typeof world>[1]]>([
    ["a record names it", { records: [{ ...RECORDS, apiKeys: [apiKey("app", { adopts: "ak_9" })] }] }],
    ["its tag has changed", { live: [shown({ description: "Checkout" })] }],
    ["it is revoked", { live: [shown({ status: "revoked" })] }],
    ["it is gone", { live: [] }],
  ])("is not made if, since the user agreed, %s", async (_name, changes) => {
    const { world: here, done } = world([shown()], changes);
    const [result] = await revokeAll([candidate], here);
    expect(result?.outcome).toBe("kept");
    expect(done.filter((what) => what.startsWith("revoke"))).toEqual([]);
  });

  test("whose answer was lost is not called revoked", async () => {
    const { world: here } = world([shown()]);
    const client = { ...here.client, revokeApiKey: () => Promise.reject(failure("unknown")) };
    const [result] = await revokeAll([candidate], { ...here, client });
    expect(result).toMatchObject({ keyId: "ak_9", outcome: "unknown" });
  });
});
