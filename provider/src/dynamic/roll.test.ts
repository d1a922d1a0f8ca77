import { expect, test } from "vitest";
import { startWorld } from "./testing/world.ts";

const sandbox = (trigger: string) => ({ mode: "test", rotation: { trigger } });

test("nothing is rolled for an engine that is gone: the old value goes on", async () => {
  const world = await startWorld();
  await world.up(sandbox("a"));
  const before = world.state;
  world.engineListens = () => false;
  await expect(world.up(sandbox("b"))).rejects.toThrow("nothing was rolled");
  expect(world.emulator.admin.counters()).not.toHaveProperty("rollApiKey");
  expect(world.state).toBe(before);
});

test("a roll goes on after the API has refused for its rate limit, which has no effect", async () => {
  const world = await startWorld();
  await world.up(sandbox("a"));
  world.emulator.admin.addFault({
    match: { operation: "rollApiKey" },
    fault: { kind: "status", status: 429 },
  });
  expect(await world.up(sandbox("b"))).toMatchObject({ revision: 2, status: "active" });
});

test("a rolled value of the other mode is refused, and the next update rolls again", async () => {
  const world = await startWorld();
  await world.up(sandbox("a"));
  const { key } = world.outputs;
  const match = { operation: "rollApiKey" } as const;
  world.emulator.admin.addFault({ match, when: "after", fault: { kind: "wrong-mode" } });
  await expect(world.up(sandbox("b"))).rejects.toThrow("The key in the answer is not a test key");
  expect(world.outputs).toMatchObject({ status: "rolling", key, revision: 1 });
  expect(await world.up(sandbox("b"))).toMatchObject({ revision: 2, status: "active" });
});
