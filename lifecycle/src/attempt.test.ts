import { describe, expect, it } from "vitest";
import {
  type AbandonedAttempt,
  isAdoption,
  isHeal,
  isLeftBy,
  isRevived,
  isSettled,
  nextListingTime,
  takeoverTime,
} from "./attempt.ts";
import { formatTag } from "./tag.ts";
import { DEFAULT_TIMING as TIMING } from "./timing.ts";

const START = 1_000_000_000;
const ABANDONED: AbandonedAttempt = {
  id: "aaaaaaaa",
  op: "create",
  revision: 1,
  startedAt: START,
  reason: "Declared",
  abandonedAt: START + 200_000,
  listings: 0,
};
const ROLL: AbandonedAttempt = { ...ABANDONED, op: "roll", keyId: "ak_1" };

function keyOf(attempt: string, createdAt: number) {
  const tag = formatTag({ installation: "0123456789", owner: "0123456789abcdef", revision: 1, attempt });
  return { id: "ak_1", description: `x ${tag}`, mode: "live", status: "active", createdAt, hint: "abcd" };
}

describe("an abandoned create", () => {
  it.each([
    [0, false],
    [1, false],
    [2, true],
    [3, true],
  ])("after %d listings is settled: %s", (listings, settled) => {
    expect(isSettled({ ...ABANDONED, listings }, Number.MAX_SAFE_INTEGER, TIMING)).toBe(settled);
  });

  it("is listed at once, and again a settle time after the last listing began", () => {
    expect(nextListingTime(ABANDONED, TIMING)).toBe(ABANDONED.abandonedAt);
    const listed = { ...ABANDONED, listings: 1, listedAt: START };
    expect(nextListingTime(listed, TIMING)).toBe(START + TIMING.settleTime);
  });

  it.each([
    ["at the earliest time that clocks allow", -TIMING.clockTolerance, true],
    ["before that", -TIMING.clockTolerance - 1, false],
    ["at the latest time that clocks allow", TIMING.attemptLifetime + TIMING.clockTolerance, true],
    ["after that", TIMING.attemptLifetime + TIMING.clockTolerance + 1, false],
  ])("has left a key that was created %s", (_when, offset, left) => {
    expect(isLeftBy(keyOf("aaaaaaaa", START + offset), ABANDONED, TIMING)).toBe(left);
  });

  it("has not left the key of another attempt, nor one without a tag", () => {
    expect(isLeftBy(keyOf("bbbbbbbb", START), ABANDONED, TIMING)).toBe(false);
    expect(isLeftBy({ ...keyOf("aaaaaaaa", START), description: "x" }, ABANDONED, TIMING)).toBe(false);
  });
});

describe("an abandoned roll", () => {
  it("leaves no key of its own", () => {
    expect(isLeftBy(keyOf("aaaaaaaa", START), ROLL, TIMING)).toBe(false);
  });

  it("is settled a settle time after it was abandoned, without listings", () => {
    const settledAt = ROLL.abandonedAt + TIMING.settleTime;
    expect(isSettled(ROLL, settledAt - 1, TIMING)).toBe(false);
    expect(isSettled(ROLL, settledAt, TIMING)).toBe(true);
  });
});

describe("an abandoned adoption", () => {
  const adoption: AbandonedAttempt = { ...ABANDONED, op: "adopt", keyId: "ak_1", description: "by hand" };

  it.each([
    ["before its key was looked at", 0, false],
    ["once its key was seen without the tag", 1, true],
  ])("%s is settled: %s", (_when, listings, settled) => {
    expect(isSettled({ ...adoption, listings }, Number.MAX_SAFE_INTEGER, TIMING)).toBe(settled);
    const roll: AbandonedAttempt = { ...adoption, op: "roll", listings };
    expect(isSettled(roll, Number.MAX_SAFE_INTEGER, TIMING)).toBe(settled);
  });

  it("needs the key and its description: a roll without a description is no adoption", () => {
    expect(isAdoption(adoption)).toBe(true);
    expect(isAdoption(ROLL)).toBe(false);
    expect(isAdoption({ ...ABANDONED, description: "by hand" })).toBe(false);
  });

  it("has left no key", () => {
    expect(isLeftBy(keyOf("aaaaaaaa", START), adoption, TIMING)).toBe(false);
  });
});

describe("an attempt that a restore may have revived", () => {
  const abandonedAt = START + TIMING.revivedAfter;

  it("is one that was abandoned when it was older than any that is recovered in time", () => {
    expect(isRevived({ ...ABANDONED, abandonedAt }, TIMING)).toBe(false);
    expect(isRevived({ ...ABANDONED, abandonedAt: abandonedAt + 1 }, TIMING)).toBe(true);
  });

  it("is none whose own writer has given it up", () => {
    const frozen = { ...ABANDONED, abandonedAt: abandonedAt + 1, undelivered: true } as const;
    expect(isRevived(frozen, TIMING)).toBe(false);
  });
});

it("The time of an adoption counts from the end of its settle time", () => {
  const taggedAt = START + 7_000;
  expect(takeoverTime(ABANDONED, TIMING)).toBe(START + TIMING.attemptLifetime);
  expect(takeoverTime({ ...ABANDONED, taggedAt }, TIMING)).toBe(
    taggedAt + TIMING.settleTime + TIMING.attemptLifetime,
  );
});

it.each([
  ["SecretLost", true],
  ["SecretEdited", true],
  ["KeyRevoked", true],
  ["KeyRolled", true],
  ["Declared", false],
  ["RotationForced", false],
] as const)("A key that is made for %s heals: %s", (reason, heals) => {
  expect(isHeal(reason)).toBe(heals);
});

it("An attempt can be taken over only when all deadlines of its writer have passed", () => {
  const deadlines = TIMING.postWindow + TIMING.requestDeadline + TIMING.commitBudget;
  expect(takeoverTime(ABANDONED, TIMING)).toBeGreaterThan(START + deadlines);
});
