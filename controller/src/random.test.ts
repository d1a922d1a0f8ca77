import { expect, test } from "vitest";
import { inPortions } from "./random.ts";

test("no byte is given twice, and few drawings give many", () => {
  const drawn: number[] = [];
  const random = inPortions((size) => {
    drawn.push(size);
    return Uint8Array.from({ length: size }, (_none, index) => (drawn.length * 100 + index) % 256);
  });
  const first = [...random(8)];
  expect(first).toEqual([100, 101, 102, 103, 104, 105, 106, 107]);
  expect([...random(2)]).toEqual([108, 109]);
  for (let count = 0; count < 126; count += 1) random(8);
  expect(drawn).toEqual([1_024]);
  expect([...random(8)]).toEqual([200, 201, 202, 203, 204, 205, 206, 207]);
  expect(random(2_000)).toHaveLength(2_000);
  expect(drawn).toEqual([1_024, 1_024, 2_000]);
});

test("the bytes are random where nothing else is said", () => {
  const random = inPortions();
  expect(new Set(Array.from({ length: 100 }, () => Buffer.from(random(8)).toString("hex"))).size).toBe(100);
});
