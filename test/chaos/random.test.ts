import { expect, test } from "vitest";
import { Random } from "./random.ts";

function draws(seed: number, stream: string): readonly number[] {
  const random = new Random(seed, stream);
  return Array.from({ length: 1_000 }, () => random.next());
}

test("equal seeds and streams give equal sequences, other ones do not", () => {
  expect(draws(1, "a")).toEqual(draws(1, "a"));
  expect(draws(1, "a")).not.toEqual(draws(2, "a"));
  expect(draws(1, "a")).not.toEqual(draws(1, "b"));
});

test("numbers lie between 0 and 1, and are spread", () => {
  const numbers = draws(7, "spread");
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  const tenths = new Set(numbers.map((number) => Math.floor(number * 10)));
  expect(tenths.size).toBe(10);
});

test("a weight of 0 is never chosen, and heavy ones are chosen more often", () => {
  const random = new Random(3, "weights");
  const chosen = Array.from({ length: 1_000 }, () => random.weighted({ never: 0, often: 9, rarely: 1 }));
  const count = (name: string): number => chosen.filter((one) => one === name).length;
  expect(count("never")).toBe(0);
  expect(count("often")).toBeGreaterThan(count("rarely") * 4);
});
