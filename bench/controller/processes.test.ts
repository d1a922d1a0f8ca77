import process from "node:process";
import { expect, test } from "vitest";
import { parseUsage, usageOf } from "./processes.ts";

const STATUS = "Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";

test("CPU time is that of user and system, also where the command holds spaces and parentheses", () => {
  const stat = `77 (a (b) c) S 1 77 77 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 11 0 99 1 2`;
  expect(parseUsage(stat, STATUS)).toEqual({ cpuSeconds: 3, rssMiB: 100, peakRssMiB: 200 });
});

test("a field that is missing is named", () => {
  expect(() => parseUsage("77 (node) S 1 77", STATUS)).toThrow("utime");
  expect(() => parseUsage("77 (n) S 1 2 3 4 5 6 7 8 9 10 11 12 0 0", "VmRSS:\t1 kB\n")).toThrow("VmHWM");
});

test("a process of this machine is read", async () => {
  const usage = await usageOf(process.pid);
  expect(usage.cpuSeconds).toBeGreaterThan(0);
  expect(usage.peakRssMiB).toBeGreaterThanOrEqual(usage.rssMiB - 1);
});
