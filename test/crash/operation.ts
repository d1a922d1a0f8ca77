import type { IsolatedKey, KeySetup } from "./isolated-key.ts";
import type { Point } from "./points.ts";

/** Something that makes a controller work: the steps that this takes are where it is killed. */
export interface Operation extends Omit<KeySetup, "kubeconfig"> {
  readonly name: string;
  /** Whether the ApiKey is there, and its key delivered, before. */
  readonly from: "nothing" | "delivered";
  /** What happens before the operation begins, once the key is delivered. */
  prepare?(key: IsolatedKey): Promise<void>;
  act(key: IsolatedKey): Promise<void>;
  readonly outcome: "delivered" | "gone" | "retained" | "untouched" | "undone";
  /** The revision that is delivered in the end. */
  readonly revision: number;
  /** Resolves once everything is done that a delivered revision does not show. */
  settled?(key: IsolatedKey): Promise<void>;
  /** Whether it is done while no controller runs: its steps are those of the one that is started after it. */
  readonly restarts?: boolean;
  /** Where the controller is held, and what happens meanwhile. */
  readonly held?: { readonly at: Point; meanwhile(key: IsolatedKey): Promise<void> };
  /** What is done after a kill that came before the controller was held, so that another one can converge. */
  afterKill?(key: IsolatedKey): Promise<void>;
  /** The operation begins where one was cut off here: its own steps are those of the recovery. */
  readonly cutOff?: Point;
  /** What happens before the recovery begins. */
  afterCutOff?(key: IsolatedKey): Promise<void>;
  /** Points besides those of its steps: next to reports that it surely makes. */
  readonly points?: readonly Point[];
  /** Steps that something outside of the controller may do before it, so that a row for them need not come to its point. */
  readonly races?: readonly string[];
  /** Whether the Secret is edited or deleted by hand, so that it need not hold what the status names. */
  readonly meddles?: boolean;
  /** Whether the value in the Secret ends in the dashboard, so that it need not work. */
  readonly endsOutside?: boolean;
  /** Whether a request for a key is repeated on its way, so that a second key of one attempt is there for a while. */
  readonly repeats?: boolean;
  /** Whether the Secret's create is carried out and its answer lost, so that a second one finds it there. */
  readonly losesAnswer?: boolean;
  /** Whether each of its rows belongs to the quick part of the matrix. */
  readonly quick?: boolean;
  /** Whether it belongs to the full matrix alone: others take each of its steps, and other tests do what it does. */
  readonly fullOnly?: boolean;
}

export const LIVE = { mode: "live" };
export const TEST = { mode: "test" };

export const create = { from: "nothing", outcome: "delivered", revision: 1 } as const;
export const replace = { from: "delivered", outcome: "delivered", revision: 2 } as const;
export const remove = { from: "delivered", revision: 1 } as const;

/** The first, or a later, occurrence of a step. */
export function at(side: Point["side"], step: string, occurrence = 1): Point {
  return { side, step, occurrence };
}
