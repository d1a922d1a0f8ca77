/** What a client knows about a request that failed; the clients of both APIs give it with their errors. */
interface FailedRequest {
  /** `none` where the effect certainly did not happen; `unknown` in every other case. */
  readonly effect: "none" | "unknown";
}

/**
 * Classifies a failed write. Every remote write, of the management API and of Kubernetes alike, has three outcomes:
 *
 * - `done`: the effect happened, and the answer was read.
 * - `rejected`: the effect did not happen: a documented refusal, or nothing was sent.
 * - `unknown`: the effect may have happened, or may still happen: a time-out, a reset, a 5xx, an answer that
 *   cannot be read. It is never retried blindly.
 */
export function outcomeOfFailure<E extends FailedRequest>(
  error: E,
): { readonly outcome: "rejected" | "unknown"; readonly failure: E } {
  return { outcome: error.effect === "none" ? "rejected" : "unknown", failure: error };
}
