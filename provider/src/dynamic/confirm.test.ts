import { expect, test } from "vitest";
import { startBench } from "./testing/bench.ts";
import { tagged } from "./testing/fixtures.ts";

test("a new key is revoked when the engine goes away before the confirmation", async () => {
  const bench = await startBench();
  bench.engineListens = () => bench.active().length === 0;
  await expect(bench.up({})).rejects.toThrow(/engine is gone.*was revoked/s);
  expect(bench.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
});

test("a key whose confirmation was not kept is revoked: a later sweep would take it for a leftover", async () => {
  const bench = await startBench();
  bench.emulator.admin.addFault({
    match: { operation: "updateApiKey" },
    fault: { kind: "rewrite-description", description: tagged({ unconfirmed: true }) },
  });
  await expect(bench.up({})).rejects.toThrow(/TagNotPreserved.*was revoked/s);
  expect(bench.active()).toEqual([]);
});

test("a key whose confirmation was refused is revoked, and not delivered", async () => {
  const bench = await startBench();
  bench.fail("updateApiKey", 422);
  await expect(bench.up({})).rejects.toThrow(/could not be confirmed, and was revoked/);
  expect(bench.emulator.admin.keys()).toMatchObject([{ status: "revoked" }]);
  expect(bench.state).toBeUndefined();
});

test("a key that can be neither confirmed nor revoked is kept: its value is not thrown away", async () => {
  const bench = await startBench();
  bench.fail("updateApiKey", 422);
  bench.fail("revokeApiKey", 422);
  await expect(bench.up({})).rejects.toThrow("not known whether the new key");
  expect(bench.outputs).toMatchObject({ status: "unconfirmed", keyId: bench.active()[0] });
});

test("a key whose confirmation has an unknown outcome is not revoked: it may be confirmed", async () => {
  const bench = await startBench();
  bench.fail("updateApiKey", 503);
  await expect(bench.up({})).rejects.toThrow("not known whether the new key");
  expect(bench.active()).toEqual([bench.keyId]);
});
