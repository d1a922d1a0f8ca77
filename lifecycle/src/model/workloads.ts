import type { Dependent, Guard, SecretUser } from "../index.ts";
import { withElement, type State } from "./state.ts";
import { secretAt } from "./store.ts";
import type { Workload } from "./stored.ts";

/** A workload that was never restarted, and whose Pods wait for their Secret. */
export const NEW_WORKLOAD: Workload = {
  resourceVersion: "rv-0",
  labelled: true,
  restartedFor: undefined,
  restartedAt: undefined,
  undone: false,
  rolledOut: false,
  pods: undefined,
};

/** Replaces a workload by its next version. */
export function putWorkload(state: State, apiKey: number, workload: Workload): State {
  const names = state.names + 1;
  const stored = { ...workload, resourceVersion: `rv-${names}` };
  return { ...state, names, workloads: withElement(state.workloads, apiKey, stored) };
}

/** As a live listing shows it, if its label asks for restarts. */
export function dependentsOf({ workloads }: State, apiKey: number): readonly Dependent[] {
  const workload = workloads[apiKey];
  return workload?.labelled === true ? [shownWorkload(workload, apiKey)] : [];
}

function shownWorkload(workload: Workload, apiKey: number): Dependent {
  return {
    kind: "Deployment",
    name: `workload-${apiKey}`,
    uid: `workload-${apiKey}`,
    resourceVersion: workload.resourceVersion,
    createdAt: 0,
    fingerprint: workload.restartedFor,
    restartedAt: workload.restartedAt,
    rollout: { state: workload.rolledOut ? "complete" : "progressing" },
  };
}

/** The Pods that use the Secret of an ApiKey. */
export function podsOf({ workloads }: State, apiKey: number): readonly SecretUser[] {
  const pods = workloads[apiKey]?.pods;
  return pods === undefined ? [] : [{ name: `pod-${apiKey}`, createdAt: pods.startedAt }];
}

/** Names a value in the Pod template; the same one again is no change. @returns `undefined` where the guard fails. */
export function restart(state: State, apiKey: number, guard: Guard, fingerprint: string): State | undefined {
  const workload = state.workloads[apiKey];
  if (workload?.resourceVersion !== guard.resourceVersion) return undefined;
  if (workload.restartedFor === fingerprint) return state;
  return putWorkload(state, apiKey, {
    ...workload,
    restartedFor: fingerprint,
    undone: false,
    rolledOut: false,
  });
}

/** Restarts a workload by hand, as `kubectl rollout restart` does. */
export function restartByHand(state: State, apiKey: number): State | undefined {
  const workload = state.workloads[apiKey];
  if (workload === undefined) return undefined;
  const { now } = state;
  return putWorkload(state, apiKey, { ...workload, restartedAt: now, undone: false, rolledOut: false });
}

/** Whether new Pods would be something else than the ones there are; a Pod without its Secret does not start. */
export function canRollOut({ workloads, cluster }: State, apiKey: number): boolean {
  const workload = workloads[apiKey];
  const value = secretAt(cluster, apiKey)?.value;
  if (workload === undefined || value === undefined) return false;
  // Where no label asks for restarts, Pods are replaced at any time.
  return !workload.rolledOut || (!workload.labelled && workload.pods?.value !== value);
}

/** All Pods are replaced by such as read the value that the Secret has now. */
export function rollOut(state: State, apiKey: number): State | undefined {
  const workload = state.workloads[apiKey];
  const value = secretAt(state.cluster, apiKey)?.value;
  if (workload === undefined || value === undefined || !canRollOut(state, apiKey)) return undefined;
  const pods = { value, startedAt: state.now };
  return putWorkload(state, apiKey, { ...workload, pods, rolledOut: true });
}
