import { explore } from "./explore.ts";
import type { Tried } from "./enabled.ts";
import type { Rules } from "../passes.ts";
import { shrink, timeline } from "./replay.ts";
import { worldOf, type Extent, type WorldName } from "./worlds.ts";

/** How far a search goes. */
export interface Bound extends Extent, Tried {
  readonly maxStates: number;
  /** Milliseconds. */
  readonly maxTime: number;
}

/** What a search of one world came to. */
export interface Report {
  readonly world: WorldName;
  /** Different states, whatever may still go wrong in them. */
  readonly states: number;
  /** Different states, each as often as it was met with budgets of which none includes another. */
  readonly visits: number;
  readonly transitions: number;
  /** Up to how many disturbances every interleaving was seen; -1 where not even those without any were. */
  readonly completeUpTo: number;
  /** Whether all of the bound was seen. */
  readonly complete: boolean;
  /** Milliseconds. */
  readonly time: number;
  /** The counterexample as it is read, if there is one. */
  readonly violation: string | undefined;
}

/** The parts that a search takes from its surroundings. */
export interface Surroundings {
  readonly rules: Rules;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Told every now and then how far the search is. */
  readonly progress: (disturbances: number, states: number) => void;
}

/** Explores a world, and makes the way into a violation readable. */
export function exploreWorld(world: WorldName, bound: Bound, around: Surroundings): Report {
  const begun = around.clock();
  const { rules } = around;
  const { interference, faults, maxStates, maxTime, budget } = bound;
  const first = worldOf(world, bound, rules.codecs);
  const { counterexample, ...explored } = explore(first, rules, {
    interference,
    faults,
    maxStates,
    isOver: (disturbances, states) => {
      around.progress(disturbances, states);
      return around.clock() - begun > maxTime;
    },
  });
  const violation = counterexample && timeline(first, shrink(first, counterexample, rules), rules);
  const complete = explored.completeUpTo === budget.disturbances;
  return { world, ...explored, complete, time: around.clock() - begun, violation };
}

/** What the model does not show, whatever the bound. */
export const LEFT_OUT = [
  "more interruptions of one worker by another, more disturbances and more time than the bound says",
  "writes of Kubernetes that arrive after their request's deadline; caches more than one version behind; time passing within a step",
  "the brake on vanished keys, the mint budgets and maxKeys, the forgetting of attempts after a day: they need more keys or more time",
  "a restore of etcd that takes workloads back; one while a request is on its way, without new resourceVersions, or of a snapshot younger than an hour",
  "an inventory that judges by caches that lag; one that fails half way, or whose listing skips rows",
  "adoptions by other installations and of keys whose owner is gone; policies other than Revoke, scheduled rotation, templates and labels of Secrets, read-only controllers, several accounts",
  "answers about another key than the one that was asked about (the client refuses them)",
  "rollouts that stop half way or replace some Pods; kubelets that serve an old Secret",
];
