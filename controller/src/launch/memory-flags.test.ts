import { describe, expect, test } from "vitest";
import { MEMORY_SHARES, memoryFlags } from "./memory-flags.ts";

const MIB = 2 ** 20;
const TOTAL = 64 * 1024 * MIB;
const FRUGAL = ["--heap-growing-percent=20", "--liftoff-only", "--no-concurrent-recompilation"];

function flagsOf(mib: number, given: readonly string[] = []): readonly string[] {
  return memoryFlags({ limit: mib * MIB, total: TOTAL, given });
}

/** What V8 may use of the heap with these flags, in MiB. */
function heapOf(flags: readonly string[]): number {
  const [oldSpace = 0, semiSpace = 0] = flags.slice(0, 2).map((flag) => Number(flag.split("=")[1]));
  return oldSpace + 3 * semiSpace;
}

describe("the heap of a container", () => {
  test.each([
    [128, ["--max-old-space-size=48", "--max-semi-space-size=2"]],
    [256, ["--max-old-space-size=116", "--max-semi-space-size=4"]],
    [512, ["--max-old-space-size=320", "--max-semi-space-size=4"]],
    [1024, ["--max-old-space-size=730", "--max-semi-space-size=4"]],
    [4096, ["--max-old-space-size=3188", "--max-semi-space-size=4"]],
  ])("with %i MiB", (mib, flags) => {
    expect(flagsOf(mib)).toEqual([...flags, ...FRUGAL]);
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

  test("is small without a limit too, and may grow", () => {
    const unlimited = ["--max-semi-space-size=4", ...FRUGAL];
    expect(flagsOf(0)).toEqual(unlimited);
    expect(memoryFlags({ limit: TOTAL, total: TOTAL, given: [] })).toEqual(unlimited);
    // How the second version of cgroups says "max".
    expect(memoryFlags({ limit: 2 ** 64, total: TOTAL, given: [] })).toEqual(unlimited);
  });
});

const BOTH = ["--max-old-space-size=320", "--max-semi-space-size=4"];

describe("a flag that the user gives wins", () => {
  test.each([
    ["--max-old-space-size=100", ["--max-semi-space-size=4", ...FRUGAL]],
    ["--max_old_space_size=100", ["--max-semi-space-size=4", ...FRUGAL]],
    ["--max-old-space-size-percentage=50", ["--max-semi-space-size=4", ...FRUGAL]],
    ["--max-semi-space-size=1", ["--max-old-space-size=320", ...FRUGAL]],
    ["--no-liftoff-only", [...BOTH, ...FRUGAL.toSpliced(1, 1)]],
    ["--concurrent_recompilation", [...BOTH, ...FRUGAL.slice(0, 2)]],
    ["--use-openssl-ca", [...BOTH, ...FRUGAL]],
  ])("%s", (given, flags) => {
    expect(flagsOf(512, [given])).toEqual(flags);
  });
});
