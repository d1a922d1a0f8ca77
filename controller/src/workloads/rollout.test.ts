import { describe, expect, it } from "vitest";
import { rolloutOf } from "./rollout.ts";
import type { Workload } from "./types.ts";

function workload(kind: string, spec: Workload["spec"], status: Workload["status"]): Workload {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "app", uid: "1", resourceVersion: "1", generation: 2 },
    spec,
    status: { observedGeneration: 2, ...status },
  };
}

const deployed = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
const spread = { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };
const overdue = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }];
const onDelete = { updateStrategy: { type: "OnDelete" } };
const partitioned = (partition: number): Workload["spec"] => ({
  replicas: 3,
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition } },
});

describe("a rollout", () => {
  it.each<[string, string, Workload["spec"], Workload["status"], string]>([
    ["of a Deployment is complete", "Deployment", { replicas: 3 }, deployed, "complete"],
    ["of a Deployment without replicas is complete", "Deployment", { replicas: 0 }, {}, "complete"],
    ["of one replica by default", "Deployment", {}, {}, "progressing"],
    [
      "that the status does not speak of yet",
      "Deployment",
      { replicas: 3 },
      { ...deployed, observedGeneration: 1 },
      "progressing",
    ],
    [
      "that has not begun everywhere",
      "Deployment",
      { replicas: 3 },
      { ...deployed, updatedReplicas: 2 },
      "progressing",
    ],
    ["whose old Pods are left", "Deployment", { replicas: 3 }, { ...deployed, replicas: 4 }, "progressing"],
    [
      "whose old Pods are ending",
      "Deployment",
      { replicas: 3 },
      { ...deployed, terminatingReplicas: 1 },
      "progressing",
    ],
    [
      "whose new Pods are not available",
      "Deployment",
      { replicas: 3 },
      { ...deployed, availableReplicas: 2 },
      "progressing",
    ],
    [
      "past its deadline",
      "Deployment",
      { replicas: 3 },
      { ...deployed, updatedReplicas: 1, conditions: overdue },
      "has exceeded its progress deadline",
    ],
    [
      "past its deadline, and complete after all",
      "Deployment",
      { replicas: 3 },
      { ...deployed, conditions: overdue },
      "complete",
    ],
    [
      "that is paused",
      "Deployment",
      { replicas: 3, paused: true },
      { ...deployed, updatedReplicas: 0 },
      "is paused; kubectl rollout resume lets it continue",
    ],
    [
      "that is paused, before the status speaks of it",
      "Deployment",
      { replicas: 3, paused: true },
      { ...deployed, observedGeneration: 1 },
      "is paused; kubectl rollout resume lets it continue",
    ],
    [
      "that was paused when it was complete",
      "Deployment",
      { replicas: 3, paused: true },
      deployed,
      "complete",
    ],
    ["of a StatefulSet is complete", "StatefulSet", partitioned(0), deployed, "complete"],
    [
      "of a StatefulSet whose old Pods are left",
      "StatefulSet",
      partitioned(0),
      { ...deployed, replicas: 4 },
      "progressing",
    ],
    [
      "of a StatefulSet goes on",
      "StatefulSet",
      partitioned(0),
      { ...deployed, updatedReplicas: 1 },
      "progressing",
    ],
    [
      "of a StatefulSet that kubectl calls complete at its partition",
      "StatefulSet",
      partitioned(2),
      { ...deployed, updatedReplicas: 1 },
      "is partitioned at 2",
    ],
    [
      "of a StatefulSet OnDelete",
      "StatefulSet",
      { replicas: 3, ...onDelete },
      { ...deployed, updatedReplicas: 2 },
      "is OnDelete: its Pods are replaced when you delete them",
    ],
    [
      "of a StatefulSet OnDelete, all Pods of which were deleted",
      "StatefulSet",
      { replicas: 3, ...onDelete },
      deployed,
      "complete",
    ],
    ["of a DaemonSet is complete", "DaemonSet", {}, spread, "complete"],
    ["of a DaemonSet without nodes is complete", "DaemonSet", {}, {}, "complete"],
    ["of a DaemonSet goes on", "DaemonSet", {}, { ...spread, updatedNumberScheduled: 2 }, "progressing"],
    [
      "of a DaemonSet that is not available",
      "DaemonSet",
      {},
      { ...spread, numberAvailable: 2 },
      "progressing",
    ],
    [
      "of a DaemonSet OnDelete",
      "DaemonSet",
      onDelete,
      { ...spread, updatedNumberScheduled: 0 },
      "is OnDelete: its Pods are replaced when you delete them",
    ],
  ])("%s", (_name, kind, spec, status, expected) => {
    const rollout = rolloutOf(workload(kind, spec, status));
    expect(rollout.state === "stuck" ? rollout.why : rollout.state).toBe(expected);
  });
});
