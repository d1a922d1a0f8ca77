import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { ApiKeyMetrics, type ApiKeySample } from "./api-key-metrics.ts";

const READY = { type: "Ready", status: "True", reason: "KeyDelivered" };
const STALLED = { type: "Stalled", status: "True", reason: "RolloutStuck" };
const SAMPLE: ApiKeySample = {
  ready: true,
  conditions: [READY],
  unsettled: 0,
  overdue: 0,
  nextRotationAt: undefined,
};
const A = { namespace: "shop", name: "a" };
const B = { namespace: "shop", name: "b" };

function setup(): { readonly metrics: ApiKeyMetrics; readonly lines: () => Promise<readonly string[]> } {
  const registry = new Registry();
  const metrics = new ApiKeyMetrics(registry);
  const lines = async (): Promise<readonly string[]> =>
    (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return { metrics, lines };
}

test("an ApiKey has a series in each metric, and one for each condition that it has now", async () => {
  const { metrics, lines } = setup();
  metrics.show(A, {
    ready: false,
    conditions: [READY, STALLED],
    unsettled: 2,
    overdue: 3,
    nextRotationAt: 5_500,
  });
  expect(await lines()).toEqual([
    'signatureapi_apikey_ready{namespace="shop",name="a"} 0',
    'signatureapi_apikey_next_rotation_timestamp_seconds{namespace="shop",name="a"} 5.5',
    'signatureapi_apikey_condition{namespace="shop",name="a",type="Ready",status="True",reason="KeyDelivered"} 1',
    'signatureapi_apikey_condition{namespace="shop",name="a",type="Stalled",status="True",reason="RolloutStuck"} 1',
    'signatureapi_apikey_unsettled_attempts{namespace="shop",name="a"} 2',
    'signatureapi_apikey_overdue_revocations{namespace="shop",name="a"} 3',
  ]);
});

test("what an ApiKey showed before is gone, and one that never rotates says nothing of a rotation", async () => {
  const { metrics, lines } = setup();
  metrics.show(A, { ready: false, conditions: [STALLED], unsettled: 2, overdue: 3, nextRotationAt: 5_500 });
  metrics.show(A, SAMPLE);
  expect(await lines()).toEqual([
    'signatureapi_apikey_ready{namespace="shop",name="a"} 1',
    'signatureapi_apikey_condition{namespace="shop",name="a",type="Ready",status="True",reason="KeyDelivered"} 1',
    'signatureapi_apikey_unsettled_attempts{namespace="shop",name="a"} 0',
    'signatureapi_apikey_overdue_revocations{namespace="shop",name="a"} 0',
  ]);
});

test("nothing but type, status and reason of a condition becomes a label: a message may be long, and changes", async () => {
  const { metrics, lines } = setup();
  metrics.show(A, { ...SAMPLE, conditions: [{ ...READY, message: "until 12:00" } as typeof READY] });
  expect((await lines()).join("\n")).not.toContain("12:00");
});

test("the series of an ApiKey that is gone are gone, and those of others stay", async () => {
  const { metrics, lines } = setup();
  metrics.show(A, SAMPLE);
  metrics.show(B, SAMPLE);
  metrics.forget(A);
  const shown = await lines();
  expect(shown).toHaveLength(4);
  expect(shown.every((line) => line.includes('name="b"'))).toBe(true);
});

test("a second collection shows the same series, and none twice", async () => {
  const { metrics, lines } = setup();
  metrics.show(A, SAMPLE);
  const first = await lines();
  expect(await lines()).toEqual(first);
});
