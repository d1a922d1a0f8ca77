import { expect, test } from "vitest";
import { VanishBrake } from "./brake.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const HOUR = 3_600_000;

function ids(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `ak_${from + index}`);
}

test("a few keys may vanish, and more than a tenth may not", () => {
  const brake = new VanishBrake();
  expect(brake.stops(ids(0, 3), 5, NOW)).toBeUndefined();
  expect(brake.stops(ids(0, 4), 5, NOW)).toMatch(/more than 3 of 5 keys/);
  expect(brake.stops(ids(0, 10), 100, NOW)).toBeUndefined();
  expect(brake.stops(ids(0, 11), 100, NOW)).toMatch(/more than 10 of 100 keys/);
});

test("what vanishes slowly is stopped by the day's total, and forgotten after a day", () => {
  const brake = new VanishBrake();
  for (const hour of [0, 1]) {
    const lost = ids(hour * 3, 3);
    expect(brake.stops(lost, 8, NOW + hour * HOUR)).toBeUndefined();
    brake.note(lost, NOW + hour * HOUR);
  }
  expect(brake.stops(ids(6, 1), 8, NOW + 2 * HOUR)).toMatch(/7 of 8 keys vanished within a day/);
  expect(brake.stops(ids(6, 1), 8, NOW + 24 * HOUR)).toBeUndefined();
});

test("a loss that is not healed yet counts once, however many sweeps find it", () => {
  const brake = new VanishBrake();
  brake.note(ids(0, 3), NOW);
  expect(brake.stops(ids(0, 5), 8, NOW + HOUR)).toBeUndefined();
});

test("what somebody has looked at counts no more", () => {
  const brake = new VanishBrake();
  expect(brake.stops(ids(0, 5), 8, NOW)).toBeDefined();
  brake.pardon(ids(0, 5));
  expect(brake.stops(ids(0, 5), 8, NOW)).toBeUndefined();
  brake.note(ids(0, 5), NOW);
  expect(brake.stops(ids(5, 3), 8, NOW)).toBeUndefined();
  expect(brake.stops(ids(5, 4), 8, NOW)).toBeDefined();
});

test("a pardon clears the day's total too", () => {
  const brake = new VanishBrake();
  brake.note(ids(0, 6), NOW);
  expect(brake.stops(ids(6, 1), 8, NOW)).toMatch(/7 of 8/);
  brake.pardon([]);
  expect(brake.stops(ids(6, 1), 8, NOW)).toBeUndefined();
});
