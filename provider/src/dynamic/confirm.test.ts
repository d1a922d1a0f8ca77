import { expect, test } from "vitest";
import { startWorld } from "./testing/world.ts";
import { tagged } from "./testing/fixtures.ts";

test("a new key is revoked when the engine goes away before the confirmation", async () => {
  const world = await startWorld();
  world.engineListens = () => world.active().length === 0;
  await expect(world.up({})).rejects.toThrow(/engine is gone.*was revoked/s);
  expect(world.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
});

test("a key whose confirmation was not kept is revoked: a later sweep would take it for a leftover", async () => {
  const world = await startWorld();
  world.emulator.admin.addFault({
    match: { operation: "updateApiKey" },
    fault: { kind: "rewrite-description", description: tagged({ unconfirmed: true }) },
  });
  await expect(world.up({})).rejects.toThrow(/TagNotPreserved.*was revoked/s);
  expect(world.active()).toEqual([]);
});

test("a key whose confirmation was refused is revoked, and not delivered", async () => {
  const world = await startWorld();
  world.fail("updateApiKey", 422);
  await expect(world.up({})).rejects.toThrow(/could not be confirmed, and was revoked/);
  expect(world.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
  expect(world.state).toBeUndefined();
});

test("a key that can be neither confirmed nor revoked is kept: its value is not thrown away", async () => {
  const world = await startWorld();
  world.fail("updateApiKey", 422);
  world.fail("revokeApiKey", 422);
  await expect(world.up({})).rejects.toThrow("not known whether the new key");
  expect(world.outputs).toMatchObject({ status: "unconfirmed", keyId: world.active()[0] });
});

test("a key whose confirmation has an unknown outcome is not revoked: it may be confirmed", async () => {
  const world = await startWorld();
  world.fail("updateApiKey", 503);
  await expect(world.up({})).rejects.toThrow("not known whether the new key");
  expect(world.active()).toEqual([world.keyId]);
});

test("a key that is not found at once is confirmed a moment later, and no second one is minted", async () => {
  const world = await startWorld();
  const fault = { kind: "status", status: 404 } as const;
  world.emulator.admin.addFault({ match: { operation: "updateApiKey" }, fault });
  expect(await world.up({})).toMatchObject({ status: "active" });
  expect(world.waits).toEqual([2_000]);
  expect(world.active()).toEqual([world.keyId]);
  expect(world.emulator.admin.counters()).toMatchObject({ createApiKey: 1, updateApiKey: 2 });
});
