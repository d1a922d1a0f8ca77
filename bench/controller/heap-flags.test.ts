import { expect, test } from "vitest";
import { mebibytes } from "./heap-flags.ts";

test("a limit is read in Mi and Gi, and in nothing else", () => {
  expect(mebibytes("512Mi")).toBe(512);
  expect(mebibytes("2Gi")).toBe(2_048);
  expect(() => mebibytes("512M")).toThrow("512M");
});
