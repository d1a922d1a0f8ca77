import type { StatusRecord, Verdict } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { conditionsOf, readStatus, writeStatus } from "./status-codec.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const AT = NOW.getTime();
const ATTEMPT = { id: "abcdefgh", op: "create", revision: 2, startedAt: AT, reason: "SecretLost" } as const;

const FULL: StatusRecord = {
  installation: "0123456789",
  accountId: "acc_1",
  keyId: "ak_1",
  keyAttempt: "abcdefga",
  mode: "live",
  fingerprint: "0123456789ab",
  hint: "wxyz",
  revision: 2,
  createdAt: AT,
  lastRotatedAt: AT + 1,
  recordedAt: AT + 6,
  nextRotationAt: AT + 2,
  secretName: "checkout",
  attempt: { ...ATTEMPT, op: "roll", keyId: "ak_1" },
  abandoned: [
    {
      ...ATTEMPT,
      abandonedAt: AT + 3,
      listings: 1,
      listedAt: AT + 4,
      undelivered: true,
      refused: true,
      hints: ["abcd"],
    },
    { ...ATTEMPT, op: "adopt", keyId: "ak_2", taggedAt: AT, description: "d", abandonedAt: AT, listings: 0 },
  ],
  previous: [
    { keyId: "ak_0", revokeAt: AT + 5, attempt: "abcdefgb", reason: "RotationDue" },
    { keyId: "ak_1", revokeAt: AT, replacedAt: AT - 1, fingerprint: "0123456789ac", reason: "SecretLost" },
  ],
  emergency: "now",
  restart: { fingerprint: "0123456789ab", committedAt: AT, restartedAt: AT + 7, completedAt: AT + 8 },
};

describe("a status", () => {
  test("reads as it was written", () => {
    expect(readStatus(writeStatus(FULL, [], 3))).toMatchObject({ record: FULL, observedGeneration: 3 });
  });

  test("without anything in it is written without empty lists", () => {
    expect(writeStatus({ revision: 0, abandoned: [], previous: [] }, [], 1)).toEqual({
      revision: 0,
      observedGeneration: 1,
      conditions: [],
    });
  });

  test("that cannot be read counts as lost", () => {
    expect(readStatus({ keyId: 7 })).toMatchObject({
      record: { revision: 0, abandoned: [], previous: [] },
      verdict: undefined,
    });
    expect(readStatus(undefined).record).toEqual({ revision: 0, abandoned: [], previous: [] });
  });

  test("without a part, or with one, keeps just that", () => {
    const { attempt, restart, abandoned, previous, ...rest } = FULL;
    const one = { ...rest, abandoned: abandoned.slice(1), previous: previous.slice(1) };
    expect(readStatus(writeStatus(one, [], 1)).record).toEqual(one);
    expect([attempt, restart]).not.toContain(undefined);
  });

  test("with times that are none does without them", () => {
    expect(readStatus({ createdAt: "yesterday", nextRotationAt: "soon" }).record).toEqual({
      revision: 0,
      abandoned: [],
      previous: [],
    });
  });

  test("of an attempt whose reason is not known reads as one that was declared", () => {
    const startedAt = NOW.toISOString();
    const attempt = { id: "abcdefgh", op: "create", revision: 1, startedAt, reason: "Whim" };
    expect(readStatus({ attempt }).record.attempt?.reason).toBe("Declared");
  });
});

describe("a verdict", () => {
  const verdicts: readonly Verdict[] = [
    { ready: true, reason: "KeyDelivered", message: "there", progress: "settled" },
    { ready: false, reason: "Minting", message: "soon", progress: "reconciling" },
    { ready: false, reason: "SecretConflict", message: "no", progress: "stalled" },
    { ready: true, reason: "SecretImmutable", message: "no more", progress: "reconciling" },
    { ready: true, reason: "RolloutPending", message: "later", progress: "reconciling" },
  ];
  const ONE = { generation: 1, reported: 1 };

  test.each(verdicts)("$reason, ready $ready, is read back from its conditions", (verdict) => {
    const conditions = conditionsOf(verdict, [], ONE, NOW);
    expect(readStatus({ conditions }).verdict).toEqual(verdict);
  });

  const said = { reason: "Minting", message: "m", lastTransitionTime: "2026-11-23T12:00:00Z" } as const;

  test("is not taken from a condition that does not hold", () => {
    const conditions = [
      { ...said, type: "Ready", status: "False", reason: "SecretConflict" },
      { ...said, type: "Stalled", status: "False" },
      { ...said, type: "Reconciling", status: "Unknown" },
    ];
    expect(readStatus({ conditions }).verdict).toMatchObject({
      reason: "SecretConflict",
      progress: "settled",
    });
  });

  test("is not ready where that is unknown, and none for a reason that is not ours", () => {
    const ready = { ...said, type: "Ready", status: "Unknown" };
    expect(readStatus({ conditions: [ready] }).verdict).toMatchObject({ ready: false });
    expect(readStatus({ conditions: [{ ...ready, reason: "Whim" }] }).verdict).toBeUndefined();
    expect(
      readStatus({ conditions: [{ ...ready, type: "Stalled", status: "True" }] }).verdict,
    ).toBeUndefined();
  });

  test("that a key is not delivered reads Ready=False, and one that is says so", () => {
    const verdict = { reason: "SecretConflict", message: "m", progress: "settled" } as const;
    const [not] = conditionsOf({ ...verdict, ready: false }, [], ONE, NOW);
    expect(not).toMatchObject({ status: "False", reason: "SecretConflict", message: "m" });
    const [ready] = conditionsOf({ ...verdict, ready: true }, [], ONE, NOW);
    expect(ready).toMatchObject({ status: "True", message: "the key's value is in the Secret" });
    const [own] = conditionsOf({ ...verdict, reason: "KeyDelivered", ready: true }, [], ONE, NOW);
    expect(own).toMatchObject({ message: "m" });
  });

  test("keeps a delivered key Ready: what is wrong with it is Degraded", () => {
    const verdict = {
      ready: true,
      reason: "SecretImmutable",
      message: "no more",
      progress: "stalled",
    } as const;
    const conditions = conditionsOf(verdict, [], { generation: 3, reported: 2 }, NOW);
    expect(conditions).toMatchObject([
      { type: "Ready", status: "True", reason: "KeyDelivered", observedGeneration: 2 },
      {
        type: "Degraded",
        status: "True",
        reason: "SecretImmutable",
        message: "no more",
        observedGeneration: 3,
      },
    ]);
    expect(readStatus({ conditions }).verdict).toEqual({ ...verdict, progress: "reconciling" });
  });

  test.each([
    "Minting",
    "Adopting",
    "KeyNotVisible",
    "RolloutPending",
    "RetirementPending",
    "Deleting",
  ] as const)("of usual work on a delivered key is the reason of Ready: %s", (reason) => {
    const verdict = { ready: true, reason, message: "m", progress: "reconciling" } as const;
    const conditions = conditionsOf(verdict, [], { generation: 1, reported: -1 }, NOW);
    expect(conditions).toMatchObject([
      { type: "Ready", status: "True", reason, message: "m", observedGeneration: 0 },
    ]);
    expect(conditions).toHaveLength(1);
  });

  test.each(["Stalled", "Reconciling"])(
    "is unknown where an older version has left %s next to Ready",
    (type) => {
      const verdict = { ready: true, reason: "KeyDelivered", message: "m", progress: "settled" } as const;
      const ready = conditionsOf(verdict, [], ONE, NOW);
      const old = [...ready, { ...said, type, status: "True" as const }];
      expect(readStatus({ conditions: old }).verdict).toBeUndefined();
      expect(conditionsOf(verdict, old, ONE, NOW).map((condition) => condition.type)).toEqual(["Ready"]);
    },
  );

  test("moves the time of a condition only with its status, and drops what no longer holds", () => {
    const first = conditionsOf(
      { ready: false, reason: "Minting", message: "a", progress: "reconciling" },
      [],
      ONE,
      NOW,
    );
    const later = new Date(AT + 60_000);
    const second = conditionsOf(
      { ready: false, reason: "SecretConflict", message: "b", progress: "stalled" },
      first,
      { generation: 2, reported: 2 },
      later,
    );
    expect(second.map(({ type }) => type)).toEqual(["Ready", "Stalled"]);
    expect(second[0]).toMatchObject({
      lastTransitionTime: first[0]?.lastTransitionTime,
      observedGeneration: 2,
    });
  });
});
