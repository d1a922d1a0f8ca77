import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TimedKeys } from "./timed-keys.ts";

test("keys come out in the order of the earliest time each was given, and never before it", () => {
  const entries = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.nat(100)));
  fc.assert(
    fc.property(entries, (added) => {
      const keys = new TimedKeys<number>();
      const earliest = new Map<string, number>();
      for (const [key, dueAt] of added) {
        keys.add(key, dueAt, dueAt);
        earliest.set(key, Math.min(dueAt, earliest.get(key) ?? Number.POSITIVE_INFINITY));
      }
      expect(keys.size).toBe(earliest.size);
      const due: number[] = [];
      for (let now = 0; now <= 100; now++) {
        for (let next = keys.takeDue(now); next !== undefined; next = keys.takeDue(now)) {
          expect(earliest.get(next.key)).toBe(now);
          expect(next.value).toBe(now);
          due.push(now);
        }
      }
      expect(due).toHaveLength(earliest.size);
      expect(keys.nextDueAt).toBeUndefined();
    }),
  );
});
