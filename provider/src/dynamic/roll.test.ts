import { expect, test } from "vitest";
import { startBench } from "./testing/bench.ts";

const sandbox = (trigger: string) => ({ mode: "test", rotation: { trigger } });

test("nothing is rolled for an engine that is gone: the old value goes on", async () => {
  const bench = await startBench();
  await bench.up(sandbox("a"));
  const before = bench.state;
  bench.engineListens = () => false;
  await expect(bench.up(sandbox("b"))).rejects.toThrow("nothing was rolled");
  expect(bench.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
  expect(bench.state).toBe(before);
});

test("a roll goes on after the API has refused for its rate limit, which has no effect", async () => {
  const bench = await startBench();
  await bench.up(sandbox("a"));
  bench.emulator.admin.addFault({
    match: { operation: "rollApiKey" },
    fault: { kind: "status", status: 429 },
  });
  expect(await bench.up(sandbox("b"))).toMatchObject({ revision: 2, status: "active" });
});
