import { ManagementApiError, type RateLimit } from "@signatureapi-keys/management-api";

/**
 * A little less than what the account allows. Requests that leave at their times may arrive closer together, and a 429
 * costs a pause of a second.
 *
 * @param allowed requests per second.
 */
export function rateWithin(allowed: number): RateLimit {
  return { requestsPerSecond: allowed * 0.96, burst: Math.max(1, Math.floor(allowed * 0.9)) };
}

const MOST_REFUSALS = 5;

/**
 * Sends a request that must not be repeated blindly, and again only when the API has refused it for its rate limit: a
 * documented refusal had no effect, and something else may be using the account. The limiter makes the pauses.
 * @throws ManagementApiError
 */
export async function whenAllowed<T>(request: () => Promise<T>): Promise<T> {
  for (let refusals = 0; ; refusals += 1) {
    try {
      return await request();
    } catch (error) {
      if (!isRateRefusal(error) || refusals === MOST_REFUSALS) throw error;
    }
  }
}

function isRateRefusal(error: unknown): boolean {
  return error instanceof ManagementApiError && error.kind === "too-many-requests" && error.effect === "none";
}

/** Lets a few at a time do something; the others wait for their turn, first come, first served. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** Runs the action when its turn has come, and rejects as it does. */
  async take<T>(action: () => Promise<T>): Promise<T> {
    if (this.#free > 0) {
      this.#free -= 1;
    } else {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
