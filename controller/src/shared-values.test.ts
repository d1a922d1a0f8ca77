import { expect, test } from "vitest";
import { SharedValues } from "./shared-values.ts";

test("values with the same JSON become one, and others stay apart", () => {
  const values = new SharedValues<{ readonly name: string }>();
  const first = values.alike({ name: "app" });
  expect(values.alike({ name: "app" })).toBe(first);
  expect(values.alike({ name: "other" })).toEqual({ name: "other" });
});

test("what has a key is made once for it", () => {
  const values = new SharedValues<number>();
  let made = 0;
  const make = (): number => (made += 1);
  expect([values.of("a", make), values.of("a", make), values.of("b", make)]).toEqual([1, 1, 2]);
});

test("a long value is not kept for others", () => {
  const values = new SharedValues<{ readonly text: string }>();
  const long = { text: "x".repeat(1_024) };
  expect(values.alike(long)).toBe(long);
  expect(values.alike({ ...long })).not.toBe(long);
});

test("no more values are known than a bound, whatever comes", () => {
  const values = new SharedValues<object>();
  const first = values.alike({ number: 0 });
  for (let number = 1; number < 1_024; number += 1) values.alike({ number });
  expect(values.alike({ number: 0 })).toBe(first);
  values.alike({ number: 1_024 });
  expect(values.alike({ number: 0 })).not.toBe(first);
});
