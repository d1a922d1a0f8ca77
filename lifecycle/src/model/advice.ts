import { DEFAULT_TIMING as TIMING } from "../index.ts";
import type { State, Worker } from "./state.ts";
import { objectAt, putObject, putSecret, secretAt } from "./store.ts";
import { restartByHand } from "./workloads.ts";

/** The user does what the condition advises that the last pass of a worker ended with. */
export function followAdvice(state: State, index: number): State {
  const worker = state.workers[index];
  if (worker === undefined) return state;
  const next = followed(state, worker);
  if (next === undefined) return state;
  // Pods that are replaced at the same moment again and again would be as young each time.
  const wakeAt = state.now + (worker.rested === "SecretInUse" ? TIMING.restartDelay : 0);
  const workers = state.workers.map((each) => (each === worker ? { ...each, wakeAt } : each));
  return { ...next, workers };
}

function followed(state: State, { rested, apiKey }: Worker): State | undefined {
  switch (rested) {
    case "SecretConflict":
      return deleteSecret(state, apiKey);
    case "SecretEntryConflict":
      return removeTakenEntry(state, apiKey);
    case "AdoptionRefused":
      return takeAdoptBack(state, apiKey);
    case "RolloutStuck":
      return restartUndone(state, apiKey);
    case "SecretInUse":
      return replaceYoungPods(state, apiKey);
    default:
      return undefined;
  }
}

/** A Secret that is not ours is nothing that we may touch. */
function deleteSecret(state: State, apiKey: number): State | undefined {
  const object = objectAt(state.cluster, apiKey);
  const secret = secretAt(state.cluster, apiKey);
  if (object === undefined || secret === undefined || secret.owner === object.uid) return undefined;
  return putSecret(state, apiKey, undefined);
}

/** The one entry in the model that can have a name of ours without being ours. */
function removeTakenEntry(state: State, apiKey: number): State | undefined {
  const secret = secretAt(state.cluster, apiKey);
  return secret?.previous === undefined
    ? undefined
    : putSecret(state, apiKey, { ...secret, previous: undefined });
}

/** What cannot be adopted is not asked for any longer. */
function takeAdoptBack(state: State, apiKey: number): State | undefined {
  const object = objectAt(state.cluster, apiKey);
  if (object === undefined || !("mode" in object.desired)) return undefined;
  const { adopt: _refused, ...desired } = object.desired;
  return putObject(state, apiKey, { ...object, desired, generation: object.generation + 1 });
}

/** Where the restart of a workload was undone by hand, only another one by hand ends the wait: the rules do not fight it. */
function restartUndone(state: State, apiKey: number): State | undefined {
  return state.workloads[apiKey]?.undone === true ? restartByHand(state, apiKey) : undefined;
}

/** Pods that started right after a commit have the new value, but nothing shows it: they are replaced once more. */
function replaceYoungPods(state: State, apiKey: number): State | undefined {
  const value = secretAt(state.cluster, apiKey)?.value;
  return state.workloads[apiKey]?.pods?.value === value ? restartByHand(state, apiKey) : undefined;
}
