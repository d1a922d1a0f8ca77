import type { RemoteKey } from "@signatureapi-keys/lifecycle";
import { beforeEach, describe, expect, test } from "vitest";
import { FindingsMemory } from "./findings.ts";

const UID = "uid-1";
const FOUND = { doubts: ["ak_1"], leftovers: ["ak_2"], orphans: ["ak_3"] };
const KEY: RemoteKey = {
  id: "ak_1",
  description: "d",
  mode: "live",
  status: "active",
  createdAt: 0,
  hint: "abcd",
};

let memory: FindingsMemory;
beforeEach(() => {
  memory = new FindingsMemory();
  memory.set(UID, FOUND);
});

/** What is left after a pass that has seen these keys. */
function after(
  remote: Readonly<Record<string, RemoteKey | "absent">>,
  keyId = "ak_1",
): ReturnType<FindingsMemory["of"]> {
  memory.settle(UID, { object: { state: "present", status: { keyId, hint: "abcd" } }, pass: { remote } });
  return memory.of(UID);
}

describe("a pass", () => {
  test("that has looked at nothing settles nothing", () => {
    expect(after({})).toEqual(FOUND);
  });

  test.each<readonly [string, RemoteKey | "absent", readonly string[]]>([
    ["is as recorded", KEY, []],
    ["is gone", "absent", ["ak_1"]],
    ["is revoked", { ...KEY, status: "revoked" }, ["ak_1"]],
    ["has another value", { ...KEY, hint: "wxyz" }, ["ak_1"]],
  ])("keeps a doubt about a key unless it is as recorded: one that %s", (_name, key, doubts) => {
    expect(after({ ak_1: key })).toEqual({ ...FOUND, doubts });
  });

  test("drops a doubt about a key that was replaced", () => {
    expect(after({}, "ak_9")).toEqual({ ...FOUND, doubts: [] });
  });

  test("settles the leftovers and orphans that it has asked about", () => {
    expect(after({ ak_2: "absent" })).toEqual({ ...FOUND, leftovers: [] });
    expect(after({ ak_3: "absent" })).toEqual({ ...FOUND, leftovers: [], orphans: [] });
  });

  test("that has settled everything leaves nothing", () => {
    expect(after({ ak_1: KEY, ak_2: "absent", ak_3: "absent" })).toBeUndefined();
  });

  test("of an object that is gone has no doubts", () => {
    memory.settle(UID, { object: { state: "gone" }, pass: { remote: {} } });
    expect(memory.of(UID)).toEqual({ ...FOUND, doubts: [] });
    memory.forget(UID);
    expect(memory.of(UID)).toBeUndefined();
  });
});
