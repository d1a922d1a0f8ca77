import { expect, test } from "vitest";
import { type Condition, findCondition, removeCondition, setCondition } from "./conditions.ts";

const t1 = new Date("2026-01-01T10:00:00.123Z");
const t2 = new Date("2026-01-01T11:00:00.000Z");
const ready = {
  type: "Ready",
  status: "False",
  reason: "Waiting",
  message: "wait",
  observedGeneration: 1,
} as const;

test("a new condition goes to the end, with the time in whole seconds", () => {
  const other = { type: "Other", status: "True", reason: "R", message: "", lastTransitionTime: "x" } as const;
  expect(setCondition([other], ready, t1)).toEqual([
    other,
    { ...ready, lastTransitionTime: "2026-01-01T10:00:00Z" },
  ]);
});

test("the transition time changes with the status, and with nothing else", () => {
  const first = setCondition([], ready, t1);
  const reworded = setCondition(
    first,
    { ...ready, reason: "Other", message: "m", observedGeneration: 2 },
    t2,
  );
  expect(reworded[0]).toMatchObject({
    reason: "Other",
    observedGeneration: 2,
    lastTransitionTime: "2026-01-01T10:00:00Z",
  });
  const changed = setCondition(reworded, { ...ready, status: "True" }, t2);
  expect(changed[0]?.lastTransitionTime).toBe("2026-01-01T11:00:00Z");
});

test("conditions keep their places", () => {
  const base = setCondition(setCondition([], { ...ready, type: "A" }, t1), { ...ready, type: "B" }, t1);
  expect(setCondition(base, { ...ready, type: "A", status: "True" }, t2).map(({ type }) => type)).toEqual([
    "A",
    "B",
  ]);
});

test("setting what is set already gives back the same array", () => {
  const first = setCondition([], ready, t1);
  expect(setCondition(first, ready, t2)).toBe(first);
});

test("removing takes out one type and gives back the same array if there is none", () => {
  const base: readonly Condition[] = setCondition([], ready, t1);
  expect(removeCondition(base, "Ready")).toEqual([]);
  expect(removeCondition(base, "Stalled")).toBe(base);
});

test("conditions are found by type", () => {
  const base = setCondition([], { ...ready, status: "True" }, t1);
  expect(findCondition(base, "Ready")?.reason).toBe("Waiting");
  expect(findCondition(base, "Stalled")).toBeUndefined();
  expect(findCondition(undefined, "Ready")).toBeUndefined();
});
