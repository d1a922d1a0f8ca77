import { apiKeyStatusSchema } from "@signatureapi-keys/controller/resources";
import { expect, test } from "vitest";
import { conditionOf, isReady } from "./conditions.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

test("an unknown outcome is a state of its own, seen in condition, event and metrics, and ends by itself", async () => {
  await using world = await World.start();
  const controller = await world.startController({
    timing: FAST_TIMING,
    flags: ["--metrics-address", "127.0.0.1:0"],
  });
  const match = { operation: "createApiKey" } as const;
  world.emulator.admin.addFault({ match, when: "after", fault: { kind: "reset" } });
  const key = new OneKey(world, "shop");
  await key.create();

  const condition = await key.until((object) => {
    const ready = conditionOf(object, "Ready");
    const reconciling = conditionOf(object, "Reconciling");
    return ready?.reason === "CreateOutcomeUnknown" && reconciling?.status === "True" ? ready : undefined;
  });
  expect(condition.status).toBe("False");
  expect(condition.message).toMatch(
    /has no certain outcome .*the controller searches for what it left and revokes it/,
  );
  expect(await key.event("CreateOutcomeUnknown")).toMatch(/no certain outcome/);
  await controller.logged(/"reason":"CreateOutcomeUnknown".*"msg":"at rest"/);
  const during = await controller.metrics();
  expect(during).toContain('signatureapi_apikey_mints_total{outcome="unknown"} 1');
  expect(during).toContain('signatureapi_apikey_unsettled_attempts{namespace="shop",name="app"} 1');

  const object = await key.until((seen) => (isReady(seen) === true ? seen : undefined));
  expect(conditionOf(object, "Reconciling")).toBeUndefined();
  const { abandoned = [], keyId } = apiKeyStatusSchema.parse(object.status);
  expect(abandoned).toHaveLength(1);
  const keys = world.emulator.admin.keys();
  expect(keys.map(({ status }) => status)).toEqual(["active", "revoked"]);
  expect(keys[0]?.id).toBe(keyId);
  await controller.logged(/"reason":"KeyDelivered".*"msg":"at rest"/);
  expect(await controller.metrics()).toContain(
    'signatureapi_apikey_unsettled_attempts{namespace="shop",name="app"} 0',
  );
});
