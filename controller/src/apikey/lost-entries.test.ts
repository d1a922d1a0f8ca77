import { expect, test } from "vitest";
import type { Secret } from "../resources/types.ts";
import { LostEntries } from "./lost-entries.ts";

const METADATA = { name: "app", uid: "uid-s", resourceVersion: "1" };

function holding(...names: readonly string[]): Secret {
  const data = Object.fromEntries(names.map((name) => [name, ""]));
  return { apiVersion: "v1", kind: "Secret", metadata: METADATA, data };
}

test("the entries of others that a Secret had are told once, when it is seen to be gone", () => {
  const lost = new LostEntries();
  lost.note("uid-1", ["DB_PASSWORD"]);
  expect(lost.take("uid-2", undefined)).toEqual([]);
  expect(lost.take("uid-1", undefined)).toEqual(["DB_PASSWORD"]);
  expect(lost.take("uid-1", undefined)).toEqual([]);
});

test("a Secret that is still there, or was made again with them, has lost nothing", () => {
  const lost = new LostEntries();
  lost.note("uid-1", ["DB_PASSWORD", "OTHER"]);
  expect(lost.take("uid-1", holding("DB_PASSWORD"))).toEqual(["OTHER"]);
  lost.note("uid-1", ["DB_PASSWORD"]);
  lost.forget("uid-1");
  expect(lost.take("uid-1", undefined)).toEqual([]);
});
