import type { Rollout } from "@signatureapi-keys/lifecycle";
import type { Workload } from "./types.ts";

const COMPLETE: Rollout = { state: "complete" };
const PROGRESSING: Rollout = { state: "progressing" };

/**
 * How far a workload is in replacing its Pods: what `kubectl rollout status` says, and stricter where that is
 * content with less than all Pods (a partition), or says nothing (`OnDelete`).
 */
export function rolloutOf(workload: Workload): Rollout {
  const { generation = 0 } = workload.metadata;
  // Without it the status speaks of an older template.
  if ((workload.status?.observedGeneration ?? 0) < generation) return whenUnobserved(workload);
  if (workload.kind === "Deployment") return deploymentRollout(workload);
  return workload.kind === "StatefulSet" ? statefulSetRollout(workload) : daemonSetRollout(workload);
}

function whenUnobserved({ spec }: Workload): Rollout {
  return spec?.paused === true ? PAUSED : PROGRESSING;
}

const PAUSED: Rollout = { state: "stuck", why: "is paused; kubectl rollout resume lets it continue" };

function deploymentRollout({ spec = {}, status = {} }: Workload): Rollout {
  const { replicas = 1 } = spec;
  const { replicas: all = 0, updatedReplicas = 0, availableReplicas = 0, terminatingReplicas = 0 } = status;
  const replaced = updatedReplicas >= replicas && all <= updatedReplicas && terminatingReplicas === 0;
  if (replaced && availableReplicas >= updatedReplicas) return COMPLETE;
  if (spec.paused === true) return PAUSED;
  const overdue = status.conditions?.some(
    ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
  );
  return overdue === true ? { state: "stuck", why: "has exceeded its progress deadline" } : PROGRESSING;
}

function statefulSetRollout({ spec = {}, status = {} }: Workload): Rollout {
  const { replicas = 1, updateStrategy } = spec;
  const { replicas: all = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (all <= replicas && updatedReplicas >= replicas && availableReplicas >= replicas) return COMPLETE;
  if (updateStrategy?.type === "OnDelete") return ON_DELETE;
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  return partition > 0 ? { state: "stuck", why: `is partitioned at ${partition}` } : PROGRESSING;
}

const ON_DELETE: Rollout = { state: "stuck", why: "is OnDelete: its Pods are replaced when you delete them" };

function daemonSetRollout({ spec = {}, status = {} }: Workload): Rollout {
  const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  const complete =
    updatedNumberScheduled >= desiredNumberScheduled && numberAvailable >= desiredNumberScheduled;
  if (complete) return COMPLETE;
  return spec.updateStrategy?.type === "OnDelete" ? ON_DELETE : PROGRESSING;
}
