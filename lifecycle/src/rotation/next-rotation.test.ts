import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextRotationAt } from "./next-rotation.ts";
import { openedAt, type RotationWindow } from "./window.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const COMMITTED = Date.UTC(2026, 10, 1, 12);
const NIGHTS: RotationWindow = { schedule: "0 3 * * 1-5", timeZone: "Europe/Vienna", duration: 2 * HOUR };
const FLEET = Array.from({ length: 200 }, (_, index) => `owner${index}:1`);

const rotation = { committedAt: COMMITTED, every: 90 * DAY };

/** A key, the time since it was committed, and `every`. */
const cases = fc.record({
  key: fc.string(),
  age: fc.nat(400 * DAY),
  hours: fc.integer({ min: 1, max: 9_000 }),
});

describe("the next rotation", () => {
  it("comes at most a tenth early, and never late", () => {
    fc.assert(
      fc.property(cases, ({ key, age, hours }) => {
        const every = hours * HOUR;
        const next = nextRotationAt({ committedAt: COMMITTED, every, key }, COMMITTED + age);
        expect(next).toBeGreaterThanOrEqual(COMMITTED + every * 0.9);
        expect(next).toBeLessThanOrEqual(COMMITTED + every);
      }),
    );
  });

  it("is the same whenever it is asked for, and another for the next key", () => {
    const first = nextRotationAt({ ...rotation, key: "owner:1" }, COMMITTED);
    expect(nextRotationAt({ ...rotation, key: "owner:1" }, COMMITTED + DAY)).toBe(first);
    expect(nextRotationAt({ ...rotation, key: "owner:2" }, COMMITTED)).not.toBe(first);
  });

  it("does not have a fleet rotate at once", () => {
    const days = FLEET.map((key) => Math.floor((nextRotationAt({ ...rotation, key }, COMMITTED) ?? 0) / DAY));
    const most = Math.max(...days.map((day) => days.filter((other) => other === day).length));
    // 200 keys over 9 days: 22 a day on average.
    expect(most).toBeLessThan(50);
  });

  it("starts within the window, whatever the time is", () => {
    fc.assert(
      fc.property(cases, ({ key, age, hours }) => {
        const every = hours * HOUR;
        const next = nextRotationAt({ committedAt: COMMITTED, every, key, window: NIGHTS }, COMMITTED + age);
        expect(openedAt(NIGHTS, next ?? 0)).toBeDefined();
        expect(next).toBeGreaterThanOrEqual(COMMITTED + every * 0.9);
      }),
    );
  });

  it("never lies in the past outside of the window: what was missed waits for the next opening", () => {
    fc.assert(
      fc.property(cases, ({ key, age, hours }) => {
        const now = COMMITTED + age;
        const next = nextRotationAt(
          { committedAt: COMMITTED, every: hours * HOUR, key, window: NIGHTS },
          now,
        );
        if (openedAt(NIGHTS, now) === undefined) expect(next).toBeGreaterThan(now);
      }),
    );
  });

  it("comes at last, however often it was missed", () => {
    const key = "owner:1";
    const late = Date.UTC(2027, 5, 1, 12);
    const next = nextRotationAt({ ...rotation, key, window: NIGHTS }, late) ?? 0;
    expect(next).toBeGreaterThan(late);
    expect(nextRotationAt({ ...rotation, key, window: NIGHTS }, next)).toBe(next);
    expect(nextRotationAt({ ...rotation, key, window: NIGHTS }, next + 60_000)).toBe(next);
  });

  it("is not the opening itself for a whole fleet that waits for it", () => {
    const starts = FLEET.map((key) =>
      nextRotationAt({ ...rotation, key, window: NIGHTS }, Date.UTC(2027, 5, 1, 12)),
    );
    expect(new Set(starts).size).toBeGreaterThan(190);
    const [first, last] = [Math.min(...starts.map(Number)), Math.max(...starts.map(Number))];
    expect(last - first).toBeGreaterThan(0.8 * HOUR);
    expect(last - first).toBeLessThan(HOUR);
  });

  it("is unknown where the window never opens", () => {
    const window = { ...NIGHTS, schedule: "0 0 30 2 *" };
    expect(nextRotationAt({ ...rotation, key: "owner:1", window }, COMMITTED)).toBeUndefined();
  });
});
