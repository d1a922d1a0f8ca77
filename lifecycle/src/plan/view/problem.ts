import type { Reason } from "../../reasons.ts";

/** Something that keeps us from going on, in the words that its condition will carry. */
export interface Problem {
  readonly reason: Reason;
  readonly message: string;
  /** True where waiting may help; false where somebody must act. */
  readonly transient: boolean;
}

/** Until when nothing is minted, and why. */
export interface Pause {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly problem: Problem;
  /** Set where it is so short that it is not worth a condition. */
  readonly isQuiet?: boolean;
}

/** Whether a value is a {@link Problem}. */
export function isProblem(value: object): value is Problem {
  return "reason" in value && "transient" in value;
}
