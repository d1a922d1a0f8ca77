import { describe, expect, test } from "vitest";
import { overlapOf, readBefore, schedule } from "./schedule.ts";
import { DAY, HOUR, iso, NOW } from "./testing/fixtures.ts";
import { UNKNOWN, type Properties } from "./wire.ts";

/** What is due, with old inputs of the generation 5. */
function next(olds: Properties, rotation: Properties, now = NOW) {
  const before = readBefore({ generation: 5, retiredGeneration: 3, ...olds });
  return schedule(before, rotation, rotation, now);
}

describe("a create", () => {
  test("has the first generation, and rotates a period after the next full hour", () => {
    const now = NOW + 1;
    expect(schedule(undefined, { every: "90d" }, { every: "90d" }, now)).toEqual({
      generation: 1,
      retiredGeneration: 0,
      rotateAt: iso(NOW + HOUR + 90 * DAY),
    });
  });

  test("at a full hour rotates a period after it", () => {
    expect(schedule(undefined, { every: "1h" }, { every: "1h" }, NOW).rotateAt).toBe(iso(NOW + HOUR));
  });

  test("without a period never rotates by time", () => {
    expect(schedule(undefined, {}, {}, NOW)).toEqual({ generation: 1, retiredGeneration: 0 });
  });
});

describe("a rotation by time", () => {
  const rotation = { every: "30d" };
  const due = NOW + 30 * DAY;
  const olds = { rotation, rotateAt: iso(due) };
  const after = (now: number, changes: Properties = {}) =>
    next({ ...olds, rotation }, { ...rotation, ...changes }, now);

  test.each([
    ["is not due before its time", due - 1, 5, due],
    ["is due at its time", due, 6, due + 30 * DAY],
    ["that is late keeps its times", due + 10 * DAY, 6, due + 30 * DAY],
    ["that missed whole periods happens once", due + 60 * DAY, 6, due + 90 * DAY],
    ["that missed almost two periods happens once", due + 60 * DAY - 1, 6, due + 60 * DAY],
  ])("%s", (_what, now, generation, rotateAt) => {
    expect(after(now)).toMatchObject({ generation, rotateAt: iso(rotateAt) });
  });

  test.each([
    ["is due that much earlier", due - 7 * DAY, 6, due + 30 * DAY],
    ["is not due earlier than that", due - 7 * DAY - 1, 5, due],
    ["is not due twice", due + 23 * DAY, 6, due + 60 * DAY],
  ])("with `early` %s", (_what, now, generation, rotateAt) => {
    expect(after(now, { early: "7d" })).toMatchObject({ generation, rotateAt: iso(rotateAt) });
  });

  test.each([
    ["a shorter period counts from the same beginning", "10d", NOW + 5 * DAY, 5, NOW + 10 * DAY],
    ["a shorter period may be due at once", "10d", NOW + 10 * DAY, 6, NOW + 20 * DAY],
    ["a longer period counts from the same beginning", "60d", due, 5, NOW + 60 * DAY],
  ])("%s", (_what, every, now, generation, rotateAt) => {
    expect(after(now, { every })).toMatchObject({ generation, rotateAt: iso(rotateAt) });
  });

  test("that is declared first counts from the next full hour", () => {
    expect(next({}, rotation, NOW + 1)).toMatchObject({
      generation: 5,
      rotateAt: iso(NOW + HOUR + 30 * DAY),
    });
  });

  test("counts anew where the old time cannot be read", () => {
    const unreadable = { rotation, rotateAt: "soon" };
    expect(next(unreadable, rotation, NOW)).toMatchObject({ generation: 5, rotateAt: iso(due) });
  });

  test("counts from the old time where the old period cannot be read", () => {
    expect(next({ rotation: null, rotateAt: iso(due) }, rotation, due - 1)).toMatchObject({
      generation: 5,
      rotateAt: iso(due),
    });
  });

  test("that is no longer declared has no time", () => {
    expect(next(olds, {}, due + DAY)).not.toHaveProperty("rotateAt");
    expect(next(olds, {}, due + DAY)).toMatchObject({ generation: 5 });
  });
});

describe("a trigger", () => {
  test.each([
    ["that is new rotates", { trigger: "a" }, { trigger: "b" }, 6],
    ["that is declared first rotates", {}, { trigger: "a" }, 6],
    ["that stays does not rotate", { trigger: "a" }, { trigger: "a" }, 5],
    ["that is no longer declared does not rotate", { trigger: "a" }, {}, 5],
  ])("%s", (_what, rotation, news, generation) => {
    expect(next({ rotation }, news).generation).toBe(generation);
  });

  test("does not move the time of the next scheduled rotation", () => {
    const olds = { rotation: { every: "30d", trigger: "a" }, rotateAt: iso(NOW + DAY) };
    expect(next(olds, { every: "30d", trigger: "b" })).toMatchObject({
      generation: 6,
      rotateAt: iso(NOW + DAY),
    });
  });
});

describe("unknown inputs", () => {
  const olds = {
    rotation: { every: "30d", trigger: "a" },
    rotateAt: iso(NOW + DAY),
    retireAt: { "4": iso(NOW) },
  };

  test("of the whole rotation keep the schedule, and leave open whether it rotates", () => {
    const before = readBefore({ generation: 5, retiredGeneration: 3, ...olds });
    expect(schedule(before, UNKNOWN, {}, NOW)).toEqual({
      generation: UNKNOWN,
      retiredGeneration: 3,
      rotateAt: iso(NOW + DAY),
      retireAt: { "4": iso(NOW) },
    });
  });

  test("of the trigger leave open whether it rotates, and revoke what is due", () => {
    const before = readBefore({ generation: 5, retiredGeneration: 3, ...olds });
    expect(schedule(before, { every: "30d", trigger: UNKNOWN }, { every: "30d" }, NOW)).toEqual({
      generation: UNKNOWN,
      retiredGeneration: 4,
      rotateAt: iso(NOW + DAY),
    });
  });

  test("leave nothing open where the rotation is due anyway", () => {
    const before = readBefore({ generation: 5, ...olds });
    const later = NOW + 2 * DAY;
    expect(schedule(before, { every: "30d", trigger: UNKNOWN }, { every: "30d" }, later).generation).toBe(6);
  });

  test.each([undefined, null])("are none where no rotation is declared (%s)", (news) => {
    expect(schedule(readBefore({ generation: 5 }), news, {}, NOW)).toEqual({
      generation: 5,
      retiredGeneration: 0,
    });
  });
});

describe("the end of an overlap", () => {
  const rotates = { trigger: "b" };
  const olds = { rotation: { trigger: "a" } };

  test.each([
    ["is rounded up to the full hour", "24h", NOW + 1, NOW + 25 * HOUR],
    ["at a full hour is exact", "24h", NOW, NOW + 24 * HOUR],
    ["is an hour later where none is declared", undefined, NOW, NOW + HOUR],
  ])("%s", (_what, overlap, now, end) => {
    const rotation = { ...rotates, ...(overlap !== undefined && { overlap }) };
    expect(next(olds, rotation, now)).toEqual({
      generation: 6,
      retiredGeneration: 3,
      retireAt: { "5": iso(end) },
    });
  });

  test("is at once where there is none", () => {
    expect(next(olds, { ...rotates, overlap: "0s" })).toEqual({ generation: 6, retiredGeneration: 5 });
  });

  test.each([
    ["that has come is announced", NOW, { retiredGeneration: 4 }],
    ["that has not come waits", NOW + 1, { retiredGeneration: 3, retireAt: { "4": iso(NOW + 1) } }],
  ])("%s", (_what, end, expected) => {
    expect(next({ retireAt: { "4": iso(end) } }, {})).toEqual({ generation: 5, ...expected });
  });

  test("of each generation is followed on its own", () => {
    const retireAt = { "2": iso(NOW - DAY), "4": iso(NOW + DAY) };
    expect(next({ ...olds, retireAt, retiredGeneration: 1 }, { ...rotates, overlap: "2h" })).toEqual({
      generation: 6,
      retiredGeneration: 2,
      retireAt: { "4": iso(NOW + DAY), "5": iso(NOW + 2 * HOUR) },
    });
  });

  test("never takes a revocation back", () => {
    expect(next({ retireAt: { "2": iso(NOW) }, retiredGeneration: 4 }, {}).retiredGeneration).toBe(4);
  });

  test("of all generations comes at once when the overlap is declared as none", () => {
    const retireAt = { "2": iso(NOW + DAY), "4": iso(NOW + DAY) };
    expect(next({ retireAt }, { overlap: "0s" })).toEqual({ generation: 5, retiredGeneration: 4 });
  });
});

describe("old inputs", () => {
  test.each([{}, { generation: "5" }, { generation: UNKNOWN }])(
    "without a generation are none: %j",
    (olds) => {
      expect(readBefore(olds)).toBeUndefined();
    },
  );

  test("are read with what is missing", () => {
    expect(readBefore({ generation: 5 })).toEqual({
      schedule: { generation: 5, rotateAt: undefined, retiredGeneration: 0, retireAt: undefined },
      rotation: {},
    });
  });

  test("are read without what is no time, and without what is no object", () => {
    const retireAt = { "1": iso(NOW), "2": 7, "3": "soon", "4": null };
    expect(
      readBefore({ generation: 5, rotateAt: 7, retiredGeneration: "3", retireAt, rotation: "x" }),
    ).toEqual({
      schedule: { generation: 5, rotateAt: undefined, retiredGeneration: 0, retireAt: { "1": iso(NOW) } },
      rotation: {},
    });
    expect(readBefore({ generation: 5, retireAt: null })?.schedule.retireAt).toBeUndefined();
    expect(readBefore({ generation: 5, retireAt: "soon" })?.schedule.retireAt).toBeUndefined();
  });
});

test.each([
  [undefined, HOUR],
  [{}, HOUR],
  [{ overlap: "0s" }, 0],
  [{ overlap: "1h30m" }, 1.5 * HOUR],
])("the overlap of %j is %i ms", (rotation, expected) => {
  expect(overlapOf(rotation)).toBe(expected);
});
