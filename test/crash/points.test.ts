import { expect, test } from "vitest";
import { at } from "./operation.ts";
import { everyPoint, fullPoints, PointCounter, pointName, quickPoints } from "./points.ts";

const PASSES = [
  ["read-object", "write-status:Report"],
  ["read-object", "get-key", "get-key", "mint", "read-object", "commit-secret", "read-object"],
  ["read-object"],
  ["read-object", "mint"],
];

test("points are next to each change, and to what is looked at before it in the same pass", () => {
  const names = everyPoint(PASSES)
    .filter(({ side }) => side === "before")
    .map(pointName);
  expect(names).toEqual([
    "before read-object",
    "before get-key",
    "before get-key #2",
    "before mint",
    "before read-object since mint",
    "before commit-secret",
    "before read-object since commit-secret",
    "before mint #2",
  ]);
});

test("a step that something outside may do first has no points, and neither has what is counted from it", () => {
  const names = fullPoints({ operation: { races: ["commit-secret"] }, passes: PASSES })
    .filter(({ side }) => side === "before")
    .map(pointName);
  expect(names).toEqual([
    "before read-object",
    "before get-key",
    "before get-key #2",
    "before mint",
    "before mint #2",
  ]);
});

/** Where a controller that takes these steps is stopped. */
function stopsAt(point: Parameters<PointCounter["isAt"]>[0], steps: readonly string[]): string | undefined {
  const counter = new PointCounter();
  for (const [place, step] of steps.entries()) {
    counter.begin(step);
    for (const side of ["before", "after"] as const)
      if (counter.isAt(point, side, step)) return `${side} ${step} at ${place}`;
  }
  return undefined;
}

const LOOK = {
  ...at("after", "get-key", 2),
  since: { step: "mint", occurrence: 1 },
  until: { step: "commit-secret", occurrence: 1 },
};

test.each([
  ["at its look", ["get-key", "get-key", "mint", "get-key", "get-key"], "after get-key at 4"],
  [
    "before the next change, if the look is not needed",
    ["mint", "get-key", "commit-secret"],
    "before commit-secret at 2",
  ],
  [
    "before that change, if another one comes first",
    ["mint", "revoke-key:Retired", "get-key", "get-key", "commit-secret"],
    "before commit-secret at 4",
  ],
  ["nowhere, if neither comes", ["mint", "get-key"], undefined],
])("a controller that is to be stopped at a look is stopped %s", (_how, steps, place) => {
  expect(stopsAt(LOOK, steps)).toBe(place);
});

test("a change counts from the beginning", () => {
  expect(stopsAt(at("before", "mint", 2), ["mint", "get-key", "mint"])).toBe("before mint at 2");
});

test("the quick part has each state of the quick operations, and the steps that are only in others", () => {
  const quick = { operation: { quick: true }, passes: [["mint", "commit-secret"]] };
  const other = {
    operation: { points: [at("before", "write-status:Report")] },
    passes: [["mint", "touch-secret"]],
  };
  const points = quickPoints([other, quick]);
  expect(points.get(quick)?.map(pointName)).toEqual(["after mint", "after commit-secret"]);
  expect(points.get(other)?.map(pointName)).toEqual(["before write-status:Report", "after touch-secret"]);
});
