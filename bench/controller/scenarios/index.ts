import type { Scenario } from "../scenario.ts";
import { arrivals } from "./arrivals.ts";
import { burst } from "./burst.ts";
import { converge } from "./converge.ts";
import { idle } from "./idle.ts";
import { limit } from "./limit.ts";
import { neighbour } from "./neighbour.ts";
import { restart } from "./restart.ts";
import { rotate } from "./rotate.ts";
import { scale } from "./scale.ts";
import { soak } from "./soak.ts";
import { start } from "./start.ts";
import { strangers } from "./strangers.ts";

/** In the order in which a run has them: what one leaves behind is what the next one begins with. */
export const SCENARIOS: readonly Scenario[] = [
  start,
  converge,
  restart,
  arrivals,
  strangers,
  idle,
  rotate,
  burst,
  limit,
  neighbour,
  scale,
];

/** Only on request. */
export const SOAK: Scenario = soak;
