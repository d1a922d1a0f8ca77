import { describe, expect, test } from "vitest";
import { afterRetirement, dueKeys, revokeAt, withoutPrevious } from "./retirement.ts";
import { HOUR, inputs, iso, NOW, outputs, previous } from "./testing/fixtures.ts";

test.each([
  ["the announced time", iso(NOW + 3 * HOUR), NOW + 3 * HOUR],
  ["no earlier time than the end of its overlap", iso(NOW + HOUR), NOW + 2 * HOUR],
  ["the end of its overlap where nothing is announced", undefined, NOW + 2 * HOUR],
])("a replaced key is revoked at %s", (_what, announced, expected) => {
  const retireAt = announced === undefined ? undefined : { "4": announced, "5": iso(NOW + 9 * HOUR) };
  const declared = inputs({ rotation: { overlap: "2h" }, schedule: { retireAt } });
  expect(revokeAt(declared, 4, NOW)).toBe(iso(expected));
});

describe("the replaced keys to revoke now", () => {
  const keys = [
    previous({ keyId: "ak_1", generation: 1, revokeAt: iso(NOW) }),
    previous({ keyId: "ak_2", generation: 2, revokeAt: iso(NOW + 1) }),
    previous({ keyId: "ak_3", generation: 3, revokeAt: iso(NOW + HOUR) }),
  ];
  test.each([
    ["are those whose time has come", undefined, 0, ["ak_1"]],
    ["are not those that are announced while their overlap lasts", "1h", 3, ["ak_1"]],
    ["are those that are announced, where there is no overlap", "0s", 2, ["ak_1", "ak_2"]],
    ["are all without an overlap, once all are announced", "0s", 3, ["ak_1", "ak_2", "ak_3"]],
    ["are not those that nothing announces, also without an overlap", "0s", 0, ["ak_1"]],
  ])("%s", (_what, overlap, retiredGeneration, due) => {
    const declared = inputs({ rotation: { overlap }, schedule: { retiredGeneration } });
    expect(dueKeys(outputs({ previous: keys }), declared, NOW).map(({ keyId }) => keyId)).toEqual(due);
  });

  test("are never those with a time that cannot be read", () => {
    const state = outputs({ previous: [previous({ revokeAt: "soon" })] });
    expect(dueKeys(state, inputs(), NOW)).toEqual([]);
  });
});

test("a replaced key that was revoked leaves the outputs, and no other", () => {
  const state = outputs({ previous: [previous({ keyId: "ak_1" }), previous({ keyId: "ak_2" })] });
  expect(withoutPrevious(state, "ak_1")).toEqual(outputs({ previous: [previous({ keyId: "ak_2" })] }));
});

test.each([
  ["obeyed once nothing waits", [], 3],
  ["obeyed while only later generations wait", [4], 3],
  ["not obeyed while an announced generation waits", [3], 0],
  ["not obeyed while an earlier generation waits", [2, 4], 0],
])("an announced revocation is %s", (_what, generations, obeyed) => {
  const state = outputs({ previous: generations.map((generation) => previous({ generation })) });
  const after = afterRetirement(state, inputs({ schedule: { retiredGeneration: 3 } }));
  expect(after).toEqual({ ...state, retiredGeneration: obeyed });
});
