import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { scheduleOf, type Act } from "./schedule.ts";
import { kindsDrawn } from "./vendor-faults.ts";

const OPTIONS = { seed: 11, keys: 200, seconds: 600 };

function nameOf({ namespace, name }: Act): string {
  return `${namespace}/${name}`;
}

test("the same seed does the same things at the same times, another one others", () => {
  expect(scheduleOf(OPTIONS)).toEqual(scheduleOf(OPTIONS));
  expect(scheduleOf(OPTIONS)).not.toEqual(scheduleOf({ ...OPTIONS, seed: 12 }));
});

test("every kind of act is done, in the order of its times, within the time", () => {
  const schedule = scheduleOf(OPTIONS);
  const times = schedule.map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThanOrEqual(OPTIONS.seconds * 1_000);
  expect(new Set(schedule.map(({ act }) => act.kind)).size).toBe(18);
});

test("as many ApiKeys as were asked for are there in the end", () => {
  const alive = new Set<string>();
  for (const { act } of scheduleOf(OPTIONS)) {
    if (act.kind === "create") alive.add(nameOf(act));
    if (act.kind === "delete") alive.delete(nameOf(act));
  }
  expect(alive.size).toBeGreaterThan(OPTIONS.keys * 0.9);
  expect(alive.size).toBeLessThanOrEqual(OPTIONS.keys);
});

test("no account is asked for two test keys at a time", () => {
  const holders = new Map<string, string>();
  for (const { act } of scheduleOf(OPTIONS)) {
    if (act.kind === "create" && act.mode === "test") {
      expect(holders.has(act.namespace)).toBe(false);
      holders.set(act.namespace, nameOf(act));
    }
    if (act.kind === "delete" && holders.get(act.namespace) === nameOf(act)) holders.delete(act.namespace);
  }
  expect(holders.size).toBeGreaterThan(0);
});

test("every kind of fault that the emulator knows is drawn", () => {
  const kinds = [
    "status",
    "reset",
    "hang",
    "truncate",
    "malformed",
    "html",
    "redirect",
    "huge",
    "slow",
    "hold",
    "late",
    "duplicate",
    "wrong-mode",
    "rewrite-description",
    "omit",
    "next-link",
  ];
  expect([...kindsDrawn(new Random(1, "faults"), 5_000)].toSorted()).toEqual(kinds.toSorted());
});
