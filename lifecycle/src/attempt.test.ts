import { describe, expect, it } from "vitest";
import { isLeftBy, isSettled, nextListingTime, takeoverTime, type AbandonedAttempt } from "./attempt.ts";
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

it("An attempt can be taken over only when all deadlines of its writer have passed", () => {
  const deadlines = TIMING.postWindow + TIMING.requestDeadline + TIMING.commitBudget;
  expect(takeoverTime(ABANDONED, TIMING)).toBeGreaterThan(START + deadlines);
});
