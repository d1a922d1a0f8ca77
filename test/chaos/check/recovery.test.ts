import { expect, test } from "vitest";
import type { History, VendorKey } from "../history.ts";
import { judge } from "./check.ts";
import { apiKey, attemptOf, key, names, rightHistory, secret, UID } from "./right-history.ts";

/** A history in which an attempt was given up at 5,020, and these keys of it were seen. */
function given(keys: readonly VendorKey[], more: Partial<History> = {}): History {
  const right = rightHistory();
  const abandoned = [
    { id: attemptOf("ak_lost"), op: "create", startedAt: 4_000, abandonedAt: 5_020, listings: 1 },
  ];
  return {
    ...right,
    apiKeys: [
      ...right.apiKeys.slice(0, -1),
      apiKey(5_020, names("ak_first", { abandoned })),
      ...right.apiKeys.slice(-1),
    ],
    born: keys.map(({ id }) => ({ id, seenAt: 5_000, attempt: attemptOf("ak_lost") })),
    ...more,
    final: { ...right.final, keys: [...right.final.keys, ...keys] },
  };
}

function recoveryOf(history: History): readonly unknown[] {
  return judge(history).recoveries.map(({ outcome, tookMs }) => [outcome, tookMs]);
}

const REVOKED = { active: false, revokedAt: 5_500 };

test("an attempt is recovered when its key is seen revoked, and that took as long as it was seen to take", () => {
  expect(recoveryOf(given([key("ak_lost", 4_100, REVOKED)]))).toEqual([["revoked", 480]]);
});

test("an attempt of which no key was seen has left nothing", () => {
  expect(recoveryOf(given([]))).toEqual([["nothing", undefined]]);
});

test("an attempt whose key lives on, and is not committed, is not recovered", () => {
  const history = given([key("ak_lost", 4_100)]);
  expect(recoveryOf(history)).toEqual([["open", undefined]]);
  expect(judge(history).violations.map(({ rule }) => rule)).toContain("unrecovered");
});

test("so is an attempt that has left two keys of which one lives on", () => {
  const history = given([key("ak_lost", 4_100, REVOKED), key("ak_losttwo", 4_100)]);
  expect(recoveryOf(history)).toEqual([["open", 480]]);
});

test("an edited description hides no key", () => {
  const history = given([key("ak_lost", 4_100, { ...REVOKED, description: "edited by hand" })]);
  expect(recoveryOf(history)).toEqual([["revoked", 480]]);
});

test("a key whose record was wiped with the status is explained, and one whose record was not is lost", () => {
  const lost = key("ak_lost", 4_100);
  const wipe = { kind: "wipe-status", outcome: "done", namespace: "chaos-1", name: "app" } as const;
  const acts = (at: number): History["acts"] => [
    { ...wipe, at, doneAt: at, keyId: undefined, uid: undefined },
  ];
  const wiped = given([lost], { acts: acts(5_500) });
  // The status at the end does not list the attempt any more.
  expect(judge(wiped).fates.find((fate) => fate.key.id === "ak_lost")?.kind).toBe("forgotten");
  expect(recoveryOf(wiped)).toEqual([["explained", undefined]]);
  const before = given([lost], { acts: acts(1_500) });
  expect(judge(before).violations.map(({ rule, uid }) => [rule, uid])).toContainEqual(["lost", UID]);
});

test("a key that was made after the snapshot to which etcd was rolled back is explained", () => {
  const rollbacks = [{ snapshotAt: 4_000, restoredAt: 4_500 }];
  const history = given([key("ak_lost", 4_100)], { rollbacks });
  expect(judge(history).fates.find((fate) => fate.key.id === "ak_lost")?.kind).toBe("rolled-back");
  const earlier = given([key("ak_lost", 3_900)], { rollbacks });
  expect(judge(earlier).violations.map(({ rule }) => rule)).toContain("lost");
});

test.each([
  ["unaccounted", {}, { unaccounted: 1, foreign: 2 }],
  [
    "foreign where its description was edited, too",
    { description: "edited" },
    { unaccounted: 0, foreign: 3 },
  ],
] as const)("a key that a rollback has made unknown counts as %s", (_what, more, expected) => {
  const rollbacks = [{ snapshotAt: 4_000, restoredAt: 4_500 }];
  const before = given([key("ak_lost", 4_100, more)], { rollbacks });
  const history = { ...before, apiKeys: [...before.apiKeys, apiKey(4_150, names("ak_lost"))] };
  const inventories = history.final.inventories.map((seen) => ({ ...seen, ...expected }));
  const violations = (final: Partial<History["final"]>): readonly string[] =>
    judge({ ...history, final: { ...history.final, ...final } }).violations.map(({ rule }) => rule);
  expect(violations({ inventories })).not.toContain("inventory");
  expect(violations({ inventories: inventories.map((seen) => ({ ...seen, foreign: 9 })) })).toContain(
    "inventory",
  );
});

test("a key that was to be retained must not be revoked, and lives on untagged", () => {
  const right = rightHistory();
  const act = {
    kind: "delete-retained",
    outcome: "done",
    namespace: "chaos-1",
    name: "app",
    at: 6_500,
    doneAt: 6_501,
    keyId: undefined,
    uid: undefined,
  } as const;
  const gone = apiKey(6_600, names("ak_second"), { gone: true, deleting: true });
  const retained = (more: Partial<VendorKey>): History => ({
    ...right,
    acts: [act],
    apiKeys: [...right.apiKeys, gone],
    final: {
      ...right.final,
      apiKeys: [],
      keys: [...right.final.keys.filter(({ id }) => id !== "ak_second"), key("ak_second", 4_990, more)],
      inventories: right.final.inventories.map((seen) => ({ ...seen, managed: 0, foreign: 3 })),
    },
  });
  expect(judge(retained({ description: "chaos-1/app" })).violations).toEqual([]);
  // Its Secret stays too, whatever was done to it meanwhile.
  const kept = retained({ description: "chaos-1/app" });
  const edited = secret(6_550, "ak_second", { valueFingerprint: "print of something else" });
  expect(judge({ ...kept, final: { ...kept.final, secrets: [edited] } }).violations).toEqual([]);
  const asked = { ...kept, acts: [{ ...act, kind: "delete" as const }] };
  expect(judge(asked).violations.map(({ rule }) => rule)).toContain("not-gone");
  const revoked = judge(retained({ active: false, revokedAt: 6_550 })).violations;
  expect(revoked.map(({ rule }) => rule)).toContain("committed-revoked");
  // What is asked for after a rollback has brought the ApiKey back counts as well.
  const back = { at: 6_300, doneAt: 6_301 };
  const goneBefore = apiKey(6_200, names("ak_second"), { gone: true, deleting: true });
  const revived = {
    ...kept,
    acts: [{ ...act, ...back }],
    apiKeys: [...right.apiKeys, goneBefore, gone],
    rollbacks: [{ snapshotAt: 6_100, restoredAt: 6_250 }],
    final: { ...kept.final, secrets: [secret(6_550, "ak_second")] },
  };
  expect(judge(revived).violations).toEqual([]);
  // So does what was asked for before the rollback, and took effect after it.
  const during = { ...revived, acts: [{ ...act, at: 6_200, doneAt: 6_301 }] };
  expect(judge(during).violations).toEqual([]);
  // A key that the rollback has made unknown again is retained by nobody.
  const unknown = { ...revived.final, keys: [key("ak_second", 6_150, { active: false, revokedAt: 6_950 })] };
  const forgotten = {
    ...revived,
    apiKeys: [
      apiKey(500, {}),
      goneBefore,
      apiKey(6_300, {}),
      apiKey(6_600, {}, { gone: true, deleting: true }),
    ],
  };
  const rules = judge({ ...forgotten, final: unknown }).violations.map(({ rule }) => rule);
  expect(rules).not.toContain("committed-revoked");
  // A rollback of etcd brings the ApiKey back as it was, and a plain deletion follows.
  const undone = retained({ active: false, revokedAt: 6_950 });
  const rollbacks = [{ snapshotAt: 6_400, restoredAt: 6_700 }];
  const again = { ...act, kind: "delete", at: 6_900, doneAt: 6_901 } as const;
  const deletedLater = { ...undone, rollbacks, acts: [act, again] };
  expect(judge(deletedLater).violations.map(({ rule }) => rule)).not.toContain("committed-revoked");
  expect(judge(retained({})).violations.map(({ rule }) => rule)).toContain("orphan");
});

test("a key that may be adopted is as it was until a status names it", () => {
  const right = rightHistory();
  const adoptable = { id: "ak_old", account: "acc_chaos-1", description: "To be adopted" };
  const history = (more: Partial<VendorKey>): History => ({
    ...right,
    adoptables: [adoptable],
    final: {
      ...right.final,
      keys: [...right.final.keys, key("ak_old", 1, { description: adoptable.description, ...more })],
      inventories: right.final.inventories.map((seen) => ({ ...seen, foreign: 3 })),
    },
  });
  expect(judge(history({})).violations).toEqual([]);
  // An adoption that a rollback of etcd has undone, and that was then given up.
  const named = apiKey(2_000, names("ak_old"));
  const undone = { ...history({}), apiKeys: [named, ...right.apiKeys] };
  const rollbacks = [{ snapshotAt: 1_900, restoredAt: 2_100 }];
  expect(judge({ ...undone, rollbacks }).violations).toEqual([]);
  expect(judge(undone).violations).not.toEqual([]);
  for (const more of [{ active: false, revokedAt: 10 }, { description: "edited" }])
    expect(judge(history(more)).violations.map(({ rule }) => rule)).toContain("foreign-touched");
});

test("what a rollback has undone does not count for a revocation after it", () => {
  const right = rightHistory();
  const gone = { ...right, apiKeys: right.apiKeys.filter(({ at }) => at < 5_010) };
  const revoked = key("ak_undone", 2_000, { active: false, revokedAt: 6_500 });
  const apiKeys = [...gone.apiKeys, apiKey(2_010, names("ak_undone")), ...right.apiKeys.slice(-1)];
  const history = { ...right, apiKeys, final: { ...right.final, keys: [...right.final.keys, revoked] } };
  const early = (rollbacks: History["rollbacks"]): readonly string[] =>
    judge({ ...history, rollbacks })
      .violations.filter(({ rule, keyId }) => rule === "retired-early" && keyId === "ak_undone")
      .map(({ rule }) => rule);
  expect(early([])).toEqual(["retired-early"]);
  expect(early([{ snapshotAt: 1_900, restoredAt: 3_000 }])).toEqual([]);
  expect(early([{ snapshotAt: 2_500, restoredAt: 3_000 }])).toEqual(["retired-early"]);
});

test("a key is not committed any more once a rollback has undone its ApiKey", () => {
  const right = rightHistory();
  const at = (time: number): readonly string[] =>
    judge({
      ...right,
      rollbacks: [{ snapshotAt: 100, restoredAt: time }],
      final: {
        ...right.final,
        keys: [
          key("ak_first", 990, { active: false, revokedAt: 4_000 }),
          ...right.final.keys.filter(({ id }) => id !== "ak_first"),
        ],
      },
    })
      .violations.filter(({ rule, keyId }) => rule === "committed-revoked" && keyId === "ak_first")
      .map(({ rule }) => rule);
  expect(at(4_500)).toEqual(["committed-revoked", "committed-revoked"]);
  expect(at(3_000)).toEqual([]);
});

test("a tag that a rolled-back adoption has left on a key is explained, and another one is not", () => {
  const right = rightHistory();
  const name = { namespace: "chaos-1", name: "app", kind: "adopt", outcome: "done" } as const;
  const adoptable = { id: "ak_old", account: "acc_chaos-1", description: "To be adopted" };
  const fateWith = (rollbacks: History["rollbacks"], apiKeys = right.apiKeys): string | undefined =>
    judge({
      ...right,
      apiKeys,
      rollbacks,
      adoptables: [adoptable],
      acts: [{ ...name, at: 600, doneAt: 601, keyId: "ak_old", uid: UID }],
      final: { ...right.final, keys: [...right.final.keys, key("ak_old", 1)] },
    }).fates.find((fate) => fate.key.id === "ak_old")?.kind;
  expect(fateWith([{ snapshotAt: 500, restoredAt: 700 }])).toBe("rolled-back");
  expect(fateWith([])).toBe("wrong");
  // It was asked for at 600, and begun later.
  const attempt = { id: attemptOf("ak_old"), op: "adopt", startedAt: 900_000 };
  const begun = [...right.apiKeys, apiKey(900_000, { attempt })];
  expect(fateWith([{ snapshotAt: 899_000, restoredAt: 901_000 }], begun)).toBe("rolled-back");
  expect(fateWith([{ snapshotAt: 500, restoredAt: 700 }], begun)).toBe("wrong");
});
