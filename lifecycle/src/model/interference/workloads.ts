import type { State } from "../state.ts";
import { putWorkload, restartByHand } from "../workloads.ts";

/** What may happen to a workload that depends on the Secret. */
export const ON_WORKLOADS = {
  "the restart of a workload is undone": (state: State, apiKey: number) => {
    const workload = state.workloads[apiKey];
    if (workload?.restartedFor === undefined) return undefined;
    return putWorkload(state, apiKey, {
      ...workload,
      restartedFor: undefined,
      undone: true,
      rolledOut: false,
    });
  },
  "a workload is restarted by hand": (state: State, apiKey: number) =>
    state.workloads[apiKey]?.pods === undefined ? undefined : restartByHand(state, apiKey),
} as const;
