import { expect, test } from "vitest";
import { heapFlags, mebibytes } from "./heap-flags.ts";

test("without flags, Node takes half of its container for the heap", () => {
  expect(heapFlags(512, "")).toEqual(["--max-old-space-size=256"]);
  expect(heapFlags(512, "--max-semi-space-size=8")).toEqual([
    "--max-semi-space-size=8",
    "--max-old-space-size=256",
  ]);
});

test("flags that size the heap are taken over, a percentage of the limit as MiB, and others are not", () => {
  expect(heapFlags(512, "--max-old-space-size=100 --no-warnings")).toEqual(["--max-old-space-size=100"]);
  expect(heapFlags(512, "--max-old-space-size-percentage=75")).toEqual(["--max-old-space-size=384"]);
});

test("a limit is read in Mi and Gi, and in nothing else", () => {
  expect(mebibytes("512Mi")).toBe(512);
  expect(mebibytes("2Gi")).toBe(2_048);
  expect(() => mebibytes("512M")).toThrow("512M");
});
