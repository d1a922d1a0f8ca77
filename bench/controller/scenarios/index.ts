import type { Scenario } from "../scenario.ts";
import { converge } from "./converge.ts";
import { neighbour } from "./neighbour.ts";

/** In the order in which a run has them: what one leaves behind is what the next one begins with. */
export const SCENARIOS: readonly Scenario[] = [converge, neighbour];
