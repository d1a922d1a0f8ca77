/** One search of one world, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { exploreWorld, type Bound, type Report } from "../../lifecycle/src/model/search/bound.ts";
import type { WorldName } from "../../lifecycle/src/model/search/worlds.ts";
import { SHIPPED_RULES } from "./shipped-rules.ts";

/** What a thread is to search. */
export interface Job {
  readonly world: WorldName;
  readonly bound: Bound;
}

/** What it tells: every now and then how far it is, and at the end what it came to. */
export type Told =
  | { readonly kind: "progress"; readonly disturbances: number; readonly states: number }
  | { readonly kind: "report"; readonly report: Report };

const PROGRESS_EVERY = 30_000;

function tell(told: Told): void {
  // oxlint-disable-next-line require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(told);
}

function work({ world, bound }: Job): void {
  let last = performance.now();
  const report = exploreWorld(world, bound, {
    rules: SHIPPED_RULES,
    clock: () => performance.now(),
    progress: (disturbances, states) => {
      if (performance.now() - last < PROGRESS_EVERY) return;
      last = performance.now();
      tell({ kind: "progress", disturbances, states });
    },
  });
  tell({ kind: "report", report });
}

// oxlint-disable-next-line no-unsafe-type-assertion -- what main.ts gives its threads
work(workerData as Job);
