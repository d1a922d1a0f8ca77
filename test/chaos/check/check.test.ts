import { expect, test } from "vitest";
import type { History, SecretVersion } from "../history.ts";
import { judge } from "./check.ts";
import { apiKey, attemptOf, key, names, rightHistory, secret, UID } from "./right-history.ts";
import type { Rule } from "./violation.ts";

type Change = Partial<Omit<History, "final">> & { final?: Partial<History["final"]> };

/** The right history, but for what is said. */
function history({ final, ...change }: Change = {}): History {
  const right = rightHistory();
  return { ...right, ...change, final: { ...right.final, ...final } };
}

/** The right history with other keys at the vendor's; a key of the same ID is replaced. */
function withKeys(keys: History["final"]["keys"], change: Change = {}): History {
  const ids = new Set(keys.map(({ id }) => id));
  const kept = rightHistory().final.keys.filter(({ id }) => !ids.has(id));
  return history({ ...change, final: { keys: [...kept, ...keys], ...change.final } });
}

/** The rules that are broken, without what the inventory says of it. */
function broken(seen: History): readonly Rule[] {
  const rules = judge(seen).violations.map(({ rule }) => rule);
  return [...new Set(rules)].filter((rule) => rule !== "inventory");
}

const abandoned = {
  id: attemptOf("ak_left"),
  op: "create",
  startedAt: 3_000,
  abandonedAt: 3_500,
  listings: 2,
};
const deleted = {
  at: 5_900,
  doneAt: 5_901,
  kind: "delete",
  namespace: "chaos-1",
  name: "app",
  keyId: undefined,
  uid: undefined,
  outcome: "done",
} as const;
const gone = { apiKeys: [], secrets: [], answers: [] };

test("nothing is found in a history that is right", () => {
  expect(judge(history()).violations).toEqual([]);
  expect(judge(history()).fates.map(({ kind }) => kind)).toEqual(["committed"]);
});

test("a key that lives although no record knows it, and its value stands nowhere, is lost", () => {
  expect(broken(withKeys([key("ak_unknown", 3_000)]))).toEqual(["lost"]);
});

test("a key that the status names, and whose value was replaced by something else, is lost", () => {
  const edited = secret(8_000, "ak_second", { valueFingerprint: "print of something else" });
  const seen = history({ final: { secrets: [edited] } });
  expect(broken(seen)).toContain("lost");
  expect(broken(seen)).toContain("not-delivered");
});

test("a key that a recorded attempt has left, and that still lives, is a leftover", () => {
  const last = apiKey(6_010, names("ak_second", { abandoned: [abandoned] }));
  expect(broken(withKeys([key("ak_left", 3_001)], { final: { apiKeys: [last] } }))).toEqual(["leftover"]);
});

test("a second key of the attempt that was committed is a leftover", () => {
  const { description } = key("ak_second", 0);
  expect(broken(withKeys([key("ak_repeated", 4_991, { description })]))).toEqual(["leftover"]);
});

test("a second key of an attempt whose first was revoked by hand is counted, and no violation", () => {
  const { description } = key("ak_first", 0);
  const repeated = key("ak_repeated", 991, { description });
  const byHand = { ...deleted, kind: "revoke-key", keyId: "ak_first" } as const;
  const seen = withKeys([repeated], { acts: [byHand] });
  expect(broken(seen)).toEqual([]);
  expect(judge(seen).fates.map(({ kind }) => kind)).toEqual(["committed", "repeated"]);
  expect(broken(withKeys([repeated]))).toEqual(["lost"]);
});

test("a second key of an attempt whose first was revoked by hand is to be revoked where the account says so", () => {
  const { description } = key("ak_first", 0);
  const revoked = key("ak_second", 4_990, { active: false, revokedAt: 6_400 });
  const byHand = { ...deleted, kind: "revoke-key", keyId: "ak_first" } as const;
  const change = {
    apiKeys: [...rightHistory().apiKeys, apiKey(6_500, {}, { gone: true })],
    acts: [byHand, deleted],
    final: gone,
  };
  const keys = [revoked, key("ak_repeated", 991, { description })];
  expect(broken(withKeys(keys, change))).toEqual([]);
  expect(broken(withKeys(keys, { ...change, revokesOrphans: ["acc_chaos-1"] }))).toEqual(["orphan"]);
});

test("a key that lives on after its ApiKey is an orphan, and so is one of an ApiKey that never was", () => {
  const apiKeys = [...rightHistory().apiKeys, apiKey(6_500, {}, { gone: true })];
  const acts = [deleted];
  expect(broken(history({ apiKeys, acts, final: gone }))).toEqual(["orphan"]);
  const description = "app [ak:0123456789.ffffffffffffffff:1:abcdefgh]";
  expect(broken(withKeys([key("ak_stray", 3_000, { description })]))).toEqual(["orphan"]);
});

test("a key whose POST took effect when its ApiKey was gone is counted, and no violation", () => {
  const apiKeys = [...rightHistory().apiKeys, apiKey(6_500, {}, { gone: true })];
  const seen = withKeys(
    [key("ak_second", 4_990, { active: false, revokedAt: 6_400 }), key("ak_late", 6_600)],
    { apiKeys, acts: [deleted], final: gone },
  );
  expect(broken(seen)).toEqual([]);
  expect(judge(seen).fates.map(({ kind }) => kind)).toEqual(["orphaned"]);
});

test("a key whose POST took effect when its ApiKey was gone is to be revoked where the account says so", () => {
  const seen = withKeys(
    [key("ak_second", 4_990, { active: false, revokedAt: 6_400 }), key("ak_late", 6_600)],
    {
      apiKeys: [...rightHistory().apiKeys, apiKey(6_500, {}, { gone: true })],
      acts: [deleted],
      revokesOrphans: ["acc_chaos-1"],
      final: gone,
    },
  );
  expect(broken(seen)).toEqual(["orphan"]);
});

test("a key without a tag that no record names is untraceable, unless the vendor has rewritten it", () => {
  expect(broken(withKeys([key("ak_bare", 3_000, { description: "?" })]))).toEqual(["untraceable"]);
  const { rewritten } = rightHistory();
  expect(broken(withKeys([key("ak_bare", 3_000, { description: rewritten })]))).toEqual([]);
});

test("a key whose tag the vendor has rewritten is untraceable once its status was wiped, and lost before", () => {
  const { rewritten: description } = rightHistory();
  const nameless = key("ak_first", 990, { description });
  const wipe = { ...deleted, kind: "wipe-status", at: 5_500, doneAt: 5_501 } as const;
  const seen = withKeys([nameless], { acts: [wipe] });
  expect(broken(seen)).toEqual([]);
  expect(judge(seen).fates.map(({ kind }) => kind)).toEqual(["committed", "rewritten"]);
  expect(broken(withKeys([nameless]))).toEqual(["lost"]);
  expect(broken(withKeys([nameless], { acts: [{ ...wipe, at: 5, doneAt: 6 }] }))).toEqual(["lost"]);
  expect(broken(withKeys([key("ak_first", 990)], { acts: [wipe] }))).toEqual(["lost"]);
});

test.each(["ak_foreign", "ak_hand"])("it is found that %s was revoked", (id) => {
  const other = rightHistory().final.keys.find((one) => one.id === id) ?? key(id, 0);
  expect(broken(withKeys([{ ...other, active: false, revokedAt: 3_000 }]))).toEqual(["foreign-touched"]);
});

test("it is found that a foreign key was edited, or that a revocation of it was requested", () => {
  expect(broken(withKeys([key("ak_foreign", 100, { description: "edited" })]))).toEqual(["foreign-touched"]);
  const request = {
    at: 1,
    operation: "revokeApiKey",
    account: "acc",
    keyId: "ak_hand",
    status: 500,
    fault: "status",
  };
  expect(broken(history({ requests: [request] }))).toEqual(["foreign-touched"]);
});

test("it is found that a key was revoked while the status named it", () => {
  const early = key("ak_first", 990, { active: false, revokedAt: 4_000 });
  expect(broken(withKeys([early]))).toEqual(["committed-revoked", "retired-early"]);
});

test("it is found that a key was revoked while its value stood in the Secret, before the status named it", () => {
  const early = key("ak_second", 4_990, { active: false, revokedAt: 5_005 });
  expect(broken(withKeys([early]))).toContain("committed-revoked");
});

test("it is found that a key was revoked that nothing has replaced ever since", () => {
  const dead = key("ak_second", 4_990, { active: false, revokedAt: 8_000 });
  const texts = judge(withKeys([dead]))
    .violations.map(({ rule, text }) => `${rule}: ${text}`)
    .join("\n");
  expect(texts).toMatch(/committed-revoked: .* while the status named it/);
  expect(texts).toMatch(/committed-revoked: .* while its value stood in the Secret/);
});

test("a key whose commit was given up may be revoked while it is in the Secret", () => {
  const givenUp = { ...abandoned, id: attemptOf("ak_left"), abandonedAt: 2_000 };
  const seen = withKeys([key("ak_left", 1_990, { active: false, revokedAt: 2_500 })], {
    secrets: [
      secret(1_000, "ak_first"),
      secret(2_000, "ak_left"),
      secret(3_000, "ak_first"),
      secret(5_000, "ak_second"),
    ],
    apiKeys: [
      apiKey(1_010, names("ak_first")),
      apiKey(2_010, names("ak_first", { abandoned: [givenUp] })),
      ...rightHistory().apiKeys.slice(2),
    ],
  });
  expect(broken(seen)).toEqual([]);
});

test("where it is not known which came first, the replacement or the revocation, nothing is claimed", () => {
  // Seen in the status at 5,010; it may have stood there since 4,999, when it was committed.
  const close = key("ak_first", 990, { active: false, revokedAt: 5_005 });
  expect(broken(withKeys([close]))).toEqual(["retired-early"]);
});

test("it is found that a replaced key was revoked before its overlap had passed", () => {
  const early = key("ak_first", 990, { active: false, revokedAt: 5_500 });
  expect(broken(withKeys([early]))).toEqual(["retired-early"]);
});

test("it is found that a committed key was revoked that was never recorded as retiring", () => {
  const [minting, first, , last] = rightHistory().apiKeys;
  const apiKeys = [minting, first, last].filter((version) => version !== undefined);
  expect(broken(history({ apiKeys }))).toEqual(["retired-early"]);
});

test("a revocation in the dashboard, or after a deletion was requested, is no violation", () => {
  const early = key("ak_first", 990, { active: false, revokedAt: 4_000 });
  const byHand = { ...deleted, at: 3_999, doneAt: 4_000, kind: "revoke-key", keyId: "ak_first" } as const;
  expect(broken(withKeys([early], { acts: [byHand] }))).toEqual([]);
  const seen = withKeys([key("ak_second", 4_990, { active: false, revokedAt: 5_950 })], {
    acts: [deleted],
    apiKeys: [...rightHistory().apiKeys, apiKey(6_500, {}, { gone: true })],
    final: gone,
  });
  expect(broken(seen)).toEqual([]);
});

test("it is found that a revocation came before the deletion was asked for", () => {
  const seen = withKeys([key("ak_second", 4_990, { active: false, revokedAt: 5_850 })], {
    acts: [deleted],
    apiKeys: [...rightHistory().apiKeys, apiKey(6_500, {}, { gone: true })],
    final: gone,
  });
  expect(broken(seen)).toContain("committed-revoked");
});

test.each<readonly [string, Partial<History["final"]>]>([
  [
    "that is not ready",
    { apiKeys: [apiKey(6_010, names("ak_second"), { ready: false, reason: "Minting" })] },
  ],
  ["whose value does not work", { answers: [{ ...answer(), status: 401 }] }],
  ["whose value is of the other mode", { answers: [{ ...answer(), mode: "test" }] }],
  ["whose value is another key's", { answers: [{ ...answer(), hint: "none" }] }],
  ["without a Secret", { answers: [], secrets: [] }],
  ["whose Secret names another key", { secrets: [secret(5_000, "ak_second", { keyId: "ak_other" })] }],
  ["whose conditions are old", { apiKeys: [apiKey(6_010, names("ak_second"), { upToDate: false })] }],
])("an ApiKey %s is found", (_what, final) => {
  expect(broken(history({ final }))).toContain("not-delivered");
});

test("a test key waits rightly only while the limit is used up by a key that no record knows", () => {
  const waiting = apiKey(
    6_010,
    {},
    { mode: "test", ready: false, reason: "TestKeyExists", name: "other", uid: "uid-2" },
  );
  const final = { apiKeys: [...rightHistory().final.apiKeys, waiting] };
  expect(broken(history({ final }))).toEqual(["not-delivered"]);
  const { rewritten } = rightHistory();
  const inTheWay = key("ak_bare", 3_000, { description: rewritten, mode: "test" });
  expect(broken(withKeys([inTheWay], { final }))).toEqual([]);
});

test("what was deleted and is still there is found: the ApiKey, or its Secret", () => {
  const deleting = apiKey(6_010, names("ak_second"), { deleting: true });
  expect(broken(history({ final: { apiKeys: [deleting] } }))).toContain("not-gone");
  const left = secret(5_000, "ak_other", { name: "deleted-app", owner: "uid-of-deleted-app" });
  expect(broken(history({ final: { secrets: [...rightHistory().final.secrets, left] } }))).toEqual([
    "not-gone",
  ]);
});

test("a Secret is left rightly only where neither its annotations nor its value say whose it was", () => {
  const last = apiKey(6_500, names("ak_second"), { gone: true });
  const revoked = key("ak_second", 4_990, { active: false, revokedAt: 6_400 });
  const stripped = { owner: undefined, keyId: undefined, fingerprint: undefined };
  const leaving = (more: Partial<SecretVersion>): History =>
    withKeys([revoked], {
      apiKeys: [...rightHistory().apiKeys, last],
      acts: [deleted],
      final: { ...gone, secrets: [secret(6_300, "ak_second", more)] },
    });
  expect(broken(leaving({ ...stripped, valueFingerprint: "print of an edit" }))).toEqual([]);
  expect(broken(leaving(stripped))).toEqual(["not-gone"]);
  expect(broken(leaving({ valueFingerprint: "print of an edit" }))).toEqual(["not-gone"]);
});

test("an inventory that counts otherwise than the vendor is found", () => {
  const inventories = rightHistory().final.inventories.map((seen) => ({ ...seen, unaccounted: 1 }));
  expect(judge(history({ final: { inventories } })).violations).toEqual([
    { rule: "inventory", text: "the inventory of acc_chaos-1 counts 1 unaccounted keys, and there are 0" },
  ]);
});

test("a violation names the ApiKey and the key that it is about", () => {
  const [violation] = judge(withKeys([key("ak_unknown", 3_000)])).violations;
  expect(violation).toMatchObject({ rule: "lost", keyId: "ak_unknown", uid: UID });
});

function answer(): History["final"]["answers"][number] {
  return { namespace: "chaos-1", name: "app", status: 200, mode: "live", hint: "cond" };
}
