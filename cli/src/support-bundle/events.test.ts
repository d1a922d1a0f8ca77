import { kubeObjectSchema } from "@signatureapi-keys/controller/kube";
import { expect, test } from "vitest";
import { redactEvent } from "./events.ts";

const CANARY = "correct-horse-battery";
const VALUE = `key_live_${"a1B2".repeat(8)}`;

/** An event as a bundle has it. */
function event(namespace: string, regarding: object): unknown {
  return redactEvent(
    kubeObjectSchema.parse({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e", namespace, uid: "u", resourceVersion: "1", labels: { team: CANARY } },
      regarding,
      note: `the key ${VALUE}`,
      reason: "KeyMinted",
      deprecatedSource: { component: CANARY },
    }),
    new Set(["system"]),
  );
}

test("of events, those about our kinds and about the controller's own workloads are taken in", () => {
  const ours = event("shop", { apiVersion: "signatureapi.com/v1", kind: "ApiKey", name: "checkout" });
  expect(ours).toEqual({
    regarding: { apiVersion: "signatureapi.com/v1", kind: "ApiKey", name: "checkout" },
    note: "the key [redacted]",
    reason: "KeyMinted",
  });
  expect(event("system", { apiVersion: "v1", kind: "Pod", name: "controller-0" })).toBeDefined();
  expect(event("system", { apiVersion: "v1", kind: "Secret", name: "token" })).toBeUndefined();
  expect(event("shop", { apiVersion: "v1", kind: "Pod", name: "web-0" })).toBeUndefined();
});
