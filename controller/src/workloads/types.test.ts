import { expect, test } from "vitest";
import { rolloutOf } from "./rollout.ts";
import { WORKLOADS } from "./types.ts";

test.each(Object.values(WORKLOADS))(
  "of a large $kind only what is used is kept as it is listed",
  ({ schema, kind }) => {
    const padding = "x".repeat(100_000);
    const listed = schema.parse({
      apiVersion: "apps/v1",
      kind,
      metadata: {
        name: "app",
        namespace: "shop",
        uid: "1",
        resourceVersion: "7",
        generation: 2,
        creationTimestamp: "2026-11-25T12:00:00Z",
        labels: { padding },
        annotations: { padding },
        managedFields: [{ padding }],
      },
      spec: {
        replicas: 0,
        template: {
          metadata: {
            annotations: {
              padding,
              "restart.signatureapi.com/checkout": "0123456789ab",
              "kubectl.kubernetes.io/restartedAt": "2026-11-25T13:00:00Z",
            },
          },
          spec: { containers: [{ name: "app", image: padding }] },
        },
      },
      status: { observedGeneration: 2, conditions: [{ type: "Progressing", message: padding }] },
    });
    expect(JSON.stringify(listed).length).toBeLessThan(800);
    expect(listed).toMatchObject({
      kind,
      metadata: { name: "app", namespace: "shop", uid: "1", resourceVersion: "7" },
      spec: {
        template: {
          metadata: {
            annotations: {
              "restart.signatureapi.com/checkout": "0123456789ab",
              "kubectl.kubernetes.io/restartedAt": "2026-11-25T13:00:00Z",
            },
          },
        },
      },
    });
    expect(rolloutOf(listed)).toEqual({ state: "complete" });
  },
);
