import { describe, expect, test } from "vitest";
import type { RemoteKey } from "../evidence.ts";
import type { StatusRecord } from "../plan/view/status.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import { dayLimit, keyDriftOf, sweepLimit } from "./key-drift.ts";

const AT = Date.parse("2026-11-24T12:00:00Z");
const KEY: RemoteKey = {
  id: "ak_1",
  description: "shop",
  mode: "live",
  status: "active",
  createdAt: AT,
  hint: "abcd",
};
const STATUS: StatusRecord = {
  keyId: "ak_1",
  hint: "abcd",
  createdAt: AT,
  revision: 1,
  abandoned: [],
  previous: [],
};
const LATER = AT + DEFAULT_TIMING.settleTime;

function judge(status: Partial<StatusRecord>, listed: readonly RemoteKey[], startedAt = LATER) {
  const keys = new Map(listed.map((key) => [key.id, key]));
  return keyDriftOf({ ...STATUS, ...status }, { startedAt, keys }, DEFAULT_TIMING);
}

describe("a recorded key", () => {
  test("that is listed as it was committed is none", () => {
    expect(judge({}, [KEY])).toBeUndefined();
  });

  test("that is not listed, or listed as revoked, is missing", () => {
    expect(judge({}, [])).toEqual({ keyId: "ak_1", why: "missing" });
    expect(judge({}, [{ ...KEY, status: "revoked" }])).toEqual({ keyId: "ak_1", why: "missing" });
  });

  test("that is listed with another hint was rolled", () => {
    expect(judge({}, [{ ...KEY, hint: "wxyz" }])).toEqual({ keyId: "ak_1", why: "rolled" });
  });

  test("that was committed without a hint on record is judged by its presence alone", () => {
    const { hint: _unknown, ...unhinted } = STATUS;
    const startedAt = LATER;
    const keys = new Map([[KEY.id, KEY]]);
    expect(keyDriftOf(unhinted, { startedAt, keys }, DEFAULT_TIMING)).toBeUndefined();
  });

  test("that there is none of cannot have drifted", () => {
    const { keyId: _none, ...undelivered } = STATUS;
    const listing = { startedAt: LATER, keys: new Map() };
    expect(keyDriftOf(undelivered, listing, DEFAULT_TIMING)).toBeUndefined();
  });

  test("of unknown age counts as old", () => {
    const { createdAt: _unknown, ...undated } = STATUS;
    const listing = { startedAt: LATER, keys: new Map() };
    expect(keyDriftOf(undated, listing, DEFAULT_TIMING)?.why).toBe("missing");
    expect(keyDriftOf({ ...undated, lastRotatedAt: AT + 1 }, listing, DEFAULT_TIMING)).toBeUndefined();
  });

  test.each<[string, Partial<StatusRecord>]>([
    ["was created", { createdAt: AT + 1 }],
    ["was rolled", { lastRotatedAt: AT + 1 }],
  ])("is not judged by a listing that began less than a settle time after it %s", (_, status) => {
    expect(judge(status, [])).toBeUndefined();
  });

  test("is not judged while an attempt is under way", () => {
    const attempt = {
      id: "aaaaaaaa",
      op: "roll",
      keyId: "ak_1",
      revision: 2,
      startedAt: AT,
      reason: "RotationDue",
    } as const;
    expect(judge({ attempt }, [{ ...KEY, hint: "wxyz" }])).toBeUndefined();
  });
});

test.each([
  [0, 3, 6],
  [20, 3, 6],
  [40, 4, 10],
  [1_000, 100, 250],
])("of %i recorded keys, %i may vanish in a sweep and %i in a day", (recorded, sweep, day) => {
  expect([sweepLimit(recorded), dayLimit(recorded)]).toEqual([sweep, day]);
});
