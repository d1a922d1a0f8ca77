import { expect, test } from "vitest";
import { CHAOS_MUTANTS } from "../chaos/mutations.ts";
import { MUTANTS } from "../crash/mutations.ts";
import { isChosen, PARTS, partOf } from "./parts.ts";

test("every mutant of the crash matrix and of chaos is in one part", () => {
  const listed = PARTS.flat().map(([suite, name]) => `${suite}: ${name}`);
  const there = [
    ...MUTANTS.map(({ name }) => `crash: ${name}`),
    ...CHAOS_MUTANTS.map(({ name }) => `chaos: ${name}`),
  ];
  expect(listed.toSorted()).toEqual(there.toSorted());
});

test("a part shows a suite its own mutants only, and without one none is shown", () => {
  const name = "never looks for what an abandoned attempt has left";
  expect(isChosen("crash", name, "1")).toBe(true);
  expect(isChosen("chaos", name, "1")).toBe(false);
  expect(isChosen("chaos", name, "all")).toBe(true);
  expect(isChosen("crash", name, undefined)).toBe(false);
});

test.each(["0", "6", "some"])("there is no part %s", (part) => {
  expect(() => isChosen("crash", "any", part)).toThrow(/from 1 to 5, or all/);
});

test("commits are spread over the parts, each always to the same", () => {
  const commits = Array.from({ length: 1_000 }, (_, n) => (n * 2_654_435_761).toString(16).padStart(8, "0"));
  const counts = Map.groupBy(commits, partOf);
  expect(new Set(counts.keys())).toEqual(new Set([1, 2, 3, 4, 5]));
  for (const list of counts.values()) expect(list.length).toBeGreaterThan(100);
  expect(partOf("0000000affff")).toBe(partOf("0000000a"));
});
