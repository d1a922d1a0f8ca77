import { expect, test } from "vitest";
import { AlteredMemory } from "./altered.ts";

const PROBLEM = { reason: "SecretAltered", message: "label x", transient: false } as const;

test("an altered Secret is remembered at its version, for ten minutes or until it is stored as asked for", () => {
  const memory = new AlteredMemory();
  memory.note("uid-1", "7", PROBLEM, 1_000);
  expect(memory.of("uid-1", 600_999)).toMatchObject({ resourceVersion: "7", problem: PROBLEM });
  expect([memory.of("uid-1", 601_000), memory.of("uid-2", 1_000)]).toEqual([undefined, undefined]);
  memory.note("uid-1", "8", undefined, 1_001);
  expect(memory.of("uid-1", 1_001)).toBeUndefined();
  memory.note("uid-1", "9", PROBLEM, 1_002);
  memory.forget("uid-1");
  expect(memory.of("uid-1", 1_002)).toBeUndefined();
});
