import { expect, test } from "vitest";
import { reportedGeneration } from "./reported-generation.ts";

const verdict = { ready: true, reason: "KeyDelivered", message: "m", progress: "settled" } as const;
const edited = { generation: 3, observedGeneration: 2 };

test("a status speaks of the spec once that is obeyed, or once the key does not work", () => {
  expect(reportedGeneration(edited, verdict)).toBe(3);
  expect(reportedGeneration(edited, { ...verdict, ready: false, progress: "stalled" })).toBe(3);
  expect(reportedGeneration(edited, { ...verdict, ready: false, progress: "reconciling" })).toBe(3);
});

test.each(["reconciling", "stalled"] as const)(
  "while a key works and the spec is not obeyed (%s), it speaks of the one that was",
  (progress) => {
    expect(reportedGeneration(edited, { ...verdict, progress })).toBe(2);
    expect(reportedGeneration({ ...edited, observedGeneration: -1 }, { ...verdict, progress })).toBe(-1);
    // A generation that a restore of etcd has undone.
    expect(reportedGeneration({ ...edited, observedGeneration: 7 }, { ...verdict, progress })).toBe(3);
  },
);
