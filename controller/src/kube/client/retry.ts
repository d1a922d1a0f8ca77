import { backoffDelay } from "../backoff.ts";
import type { KubeError } from "./kube-error.ts";

/** As many as client-go. */
const MOST_RETRIES = 10;

export interface RetryQuestion {
  readonly error: KubeError;
  /** A read may be repeated freely; anything else only if it certainly was not carried out. */
  readonly idempotentRead: boolean;
  /** How often this request was retried already. */
  readonly retries: number;
  /** Milliseconds left until the deadline of the request. */
  readonly leftMs: number;
  readonly random: () => number;
}

/**
 * Milliseconds to wait before sending a request again, or undefined if its error is to be reported. Reads are repeated
 * after 429, 5xx and broken connections; writes only after a 429 with `Retry-After`, which was not executed. Everything
 * else about a failed write is the caller's business: it has three outcomes.
 */
export function retryDelay({
  error,
  idempotentRead,
  retries,
  leftMs,
  random,
}: RetryQuestion): number | undefined {
  if (retries >= MOST_RETRIES) return undefined;
  const { retryAfterSeconds } = error;
  const refused =
    error.kind === "too-many-requests" && retryAfterSeconds !== undefined && error.effect === "none";
  if (!refused && !(idempotentRead && isTransient(error))) return undefined;
  const jittered = backoffDelay({ baseMs: 100, maxMs: 5_000, random }, retries);
  const delay = retryAfterSeconds === undefined ? jittered : retryAfterSeconds * 1_000 + jittered;
  return delay < leftMs ? delay : undefined;
}

function isTransient(error: KubeError): boolean {
  // The server has waited for this version already; asking again would only wait again.
  if (error.causes.some((cause) => cause.reason === "ResourceVersionTooLarge")) return false;
  switch (error.kind) {
    case "too-many-requests":
    case "unavailable":
    case "server-error":
    case "connection":
      return true;
    default:
      return false;
  }
}
