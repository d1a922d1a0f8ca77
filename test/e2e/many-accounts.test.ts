import { expect, test } from "vitest";
import { conditionOf } from "./conditions.ts";
import { apiKey, readyNamespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

/** Accounts of which none is known while the vendor does not answer. */
const NAMESPACES = ["many-1", "many-2", "many-3", "many-4", "many-5", "many-6"];

test("a controller that starts does not call an account missing that it has not looked at yet", async () => {
  await using world = await World.start();
  const { url, admin } = world.emulator;
  // No request for an account is answered, so that each first look lasts.
  admin.addFault({ match: { operation: "getAccount" }, times: 1_000, fault: { kind: "hang" } });
  await world.apply(...NAMESPACES.flatMap((name) => [...readyNamespace(name, url), apiKey(name, "app")]));
  await world.startController({ timing: FAST_TIMING });
  const reasons = await Promise.all(
    NAMESPACES.map(async (namespace) =>
      new OneKey(world, namespace).until((object) => conditionOf(object, "Ready")?.reason),
    ),
  );
  admin.clearFaults();
  expect(reasons).toEqual(NAMESPACES.map(() => "AccountNotReady"));
});
