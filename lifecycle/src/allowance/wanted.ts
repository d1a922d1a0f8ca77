import type { MintReason } from "../attempt.ts";
import type { Problem } from "../plan/view/problem.ts";

/** A key that is wanted. */
export interface Wanted {
  readonly reason: MintReason;
  readonly op: "create" | "roll";
}

/** Why a key is not asked for now. */
export interface Refusal {
  readonly problem: Problem;
  /** When it is worth asking again, in milliseconds since the epoch; without it, that is not known. */
  readonly retryAt?: number;
}
