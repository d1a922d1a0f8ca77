import { expect, test } from "vitest";
import { toState } from "./outputs.ts";
import { Seen } from "./seen.ts";
import { IDENTITY, outputs, previous } from "./testing/fixtures.ts";

const { owner } = IDENTITY;

test("a resource that the state does not have has no keys in it", () => {
  const seen = new Seen();
  seen.inputs({ owner: "another" });
  seen.inputs({});
  expect(seen.keysOf(owner)).toEqual([]);
});

test("a resource whose old inputs alone were shown may have any keys", () => {
  const seen = new Seen();
  seen.inputs({ owner });
  expect(seen.keysOf(owner)).toBe("all");
});

test("a resource whose old outputs were shown has these keys", () => {
  const seen = new Seen();
  seen.inputs({ owner });
  seen.outputs(toState(outputs({ previous: [previous()] })));
  expect(seen.keysOf(owner)).toEqual(["ak_current", "ak_old"]);
  seen.outputs(toState(outputs({ keyId: "ak_second" })));
  expect(seen.keysOf(owner)).toEqual(["ak_current", "ak_old", "ak_second"]);
});
