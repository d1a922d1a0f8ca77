/**
 * The three outcomes of every remote write, for the management API and for Kubernetes alike.
 *
 * - `done`: the effect happened, and the answer was read.
 * - `rejected`: the effect did not happen: a documented refusal, or nothing was sent.
 * - `unknown`: the effect may have happened, or may still happen: a time-out, a reset, a 5xx, an answer that
 *   cannot be read. It is never retried blindly.
 */
export type Outcome<T, F> =
  | { readonly outcome: "done"; readonly value: T }
  | { readonly outcome: "rejected"; readonly failure: F }
  | { readonly outcome: "unknown"; readonly failure: F };

/** What a client knows about a request that failed; the clients of both APIs give it with their errors. */
export interface FailedRequest {
  /** `none` where the effect certainly did not happen; `unknown` in every other case. */
  readonly effect: "none" | "unknown";
}

/** Classifies a failed write: whatever is not certainly without effect counts as unknown. */
export function outcomeOfFailure<E extends FailedRequest>(error: E): Outcome<never, E> {
  return { outcome: error.effect === "none" ? "rejected" : "unknown", failure: error };
}
