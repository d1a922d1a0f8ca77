import { describe, expect, it } from "vitest";
import type { AbandonedAttempt } from "../../attempt.ts";
import { DEFAULT_TIMING as TIMING } from "../../timing.ts";
import { OLD } from "../testing/plan-table.ts";
import { buildPresent, delivered, NOW, STATUS, type ViewChanges } from "../testing/view-builder.ts";
import { rememberedAttempts } from "./remembered-attempts.ts";

const PAST: AbandonedAttempt = {
  ...OLD,
  abandonedAt: NOW - TIMING.abandonedRetention - 10_000,
  listings: 2,
};
const RECENT: AbandonedAttempt = { ...PAST, abandonedAt: NOW - TIMING.abandonedRetention + 10_000 };
const ROLL: AbandonedAttempt = { ...PAST, op: "roll", keyId: "ak_1", revision: 2 };
const SWEPT = [1, 2, 3].map((count) => PAST.abandonedAt + count);

function remembered(abandoned: readonly AbandonedAttempt[], changes: ViewChanges = {}): readonly string[] {
  const view = buildPresent({ ...delivered(), status: { ...STATUS, abandoned }, ...changes });
  return rememberedAttempts(view).map(({ id }) => id);
}

function named(attempt: AbandonedAttempt, count: number): readonly AbandonedAttempt[] {
  return Array.from({ length: count }, (_none, index) => ({ ...attempt, id: `a${index}` }));
}

describe("an abandoned attempt is remembered", () => {
  it("for a day, however many sweeps there were", () => {
    const sweeps = SWEPT.map((time) => time + 20_001);
    expect(remembered([RECENT], { account: { sweeps } })).toEqual([RECENT.id]);
  });

  it("until it is settled, however long that takes", () => {
    expect(remembered([{ ...PAST, listings: 1 }], { account: { sweeps: SWEPT } })).toEqual([PAST.id]);
  });

  it("until three sweeps have begun after it was abandoned", () => {
    expect(remembered([PAST], { account: { sweeps: SWEPT } })).toEqual([]);
    expect(remembered([PAST], { account: { sweeps: [PAST.abandonedAt, ...SWEPT.slice(1)] } })).toEqual([
      PAST.id,
    ]);
  });

  it("where it was refused, until three sweeps have begun after it, and no day longer", () => {
    const refused: AbandonedAttempt = { ...RECENT, listings: 0, refused: true };
    const sweeps = [1, 2, 3].map((count) => RECENT.abandonedAt + count);
    expect(remembered([refused], { account: { sweeps: sweeps.slice(1) } })).toEqual([refused.id]);
    expect(remembered([refused], { account: { sweeps } })).toEqual([]);
  });

  it("where it was refused, unless thirty-two more were refused after it", () => {
    const refused = named({ ...RECENT, listings: 0, refused: true }, 33);
    expect(remembered([refused[0] ?? PAST, RECENT, ...refused.slice(1)])).toEqual([
      RECENT.id,
      ...refused.slice(1).map(({ id }) => id),
    ]);
  });

  it("for as long as no sweep is known of", () => {
    expect(remembered([PAST])).toEqual([PAST.id]);
  });

  it("without a sweep where it was a roll: that leaves no second key", () => {
    expect(remembered([{ ...ROLL, revision: 1 }])).toEqual([]);
  });

  it("where it was the last roll and may have killed the value: until it was rolled again", () => {
    const last = { ...ROLL, id: "last" };
    expect(remembered([ROLL, last], { account: { sweeps: SWEPT } })).toEqual(["last"]);
  });

  it("where it was the last roll, whatever creates came after it, and only for the key of now", () => {
    const create = { ...PAST, id: "create" };
    expect(remembered([ROLL, create], { account: { sweeps: SWEPT } })).toEqual([ROLL.id]);
    expect(remembered([{ ...ROLL, keyId: "ak_0" }], { account: { sweeps: SWEPT } })).toEqual([]);
  });

  it("no longer than its day", () => {
    const last = { ...PAST, abandonedAt: NOW - TIMING.abandonedRetention };
    const sweeps = SWEPT.map((time) => time + 20_001);
    expect(remembered([last], { account: { sweeps } })).toEqual([]);
    expect(
      remembered([{ ...last, abandonedAt: last.abandonedAt + 1 }], { account: { sweeps } }),
    ).toHaveLength(1);
  });

  it("no longer than there is room, if its day is over: the oldest goes", () => {
    const kept = remembered(named(PAST, 70));
    expect(kept).toHaveLength(64);
    expect(kept[0]).toBe("a6");
  });

  it("within its day always", () => {
    expect(remembered(named(RECENT, 70))).toHaveLength(70);
    expect(remembered([...named(RECENT, 70), PAST])).toHaveLength(70);
  });
});
