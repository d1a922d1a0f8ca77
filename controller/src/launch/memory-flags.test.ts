import { describe, expect, test } from "vitest";
import { MEMORY_SHARES, memoryFlags } from "./memory-flags.ts";

const MIB = 2 ** 20;
const TOTAL = 64 * 1024 * MIB;

function flagsOf(mib: number, given: readonly string[] = []): readonly string[] {
  return memoryFlags({ limit: mib * MIB, total: TOTAL, given });
}

/** What V8 may use of the heap with these flags, in MiB. */
function heapOf(flags: readonly string[]): number {
  const [oldSpace = 0, semiSpace = 0] = flags.map((flag) => Number(flag.split("=")[1]));
  return oldSpace + 3 * semiSpace;
}

describe("the heap of a container", () => {
  test.each([
    [128, ["--max-old-space-size=48", "--max-semi-space-size=2"]],
    [256, ["--max-old-space-size=116", "--max-semi-space-size=4"]],
    [512, ["--max-old-space-size=308", "--max-semi-space-size=8"]],
    [1024, ["--max-old-space-size=694", "--max-semi-space-size=16"]],
    [4096, ["--max-old-space-size=3152", "--max-semi-space-size=16"]],
  ])("with %i MiB", (mib, flags) => {
    expect(flagsOf(mib)).toEqual(flags);
  });

  test("never exceeds what the limit leaves for it, and grows with the limit", () => {
    let before = 0;
    for (let mib = 192; mib <= 8192; mib += 32) {
      const heap = heapOf(flagsOf(mib));
      expect(heap).toBeLessThanOrEqual(mib - MEMORY_SHARES.outsideHeap);
      expect(heap).toBeGreaterThanOrEqual(before);
      before = heap;
    }
  });

  test("is V8's own without a limit", () => {
    expect(flagsOf(0)).toEqual([]);
    expect(memoryFlags({ limit: TOTAL, total: TOTAL, given: [] })).toEqual([]);
    // How the second version of cgroups says "max".
    expect(memoryFlags({ limit: 2 ** 64, total: TOTAL, given: [] })).toEqual([]);
  });
});

describe("a flag that the user gives wins", () => {
  test.each([
    ["--max-old-space-size=100", ["--max-semi-space-size=8"]],
    ["--max_old_space_size=100", ["--max-semi-space-size=8"]],
    ["--max-old-space-size-percentage=50", ["--max-semi-space-size=8"]],
    ["--max-semi-space-size=1", ["--max-old-space-size=308"]],
    ["--use-openssl-ca", ["--max-old-space-size=308", "--max-semi-space-size=8"]],
  ])("%s", (given, flags) => {
    expect(flagsOf(512, [given])).toEqual(flags);
  });
});
