import type { ApiKey, ManagementClient } from "@signatureapi-keys/management-api";

/** All unrevoked keys of an account. */
export interface Listing {
  /** When the listing began, in milliseconds since the epoch: what came later may be missing. */
  readonly startedAt: number;
  readonly apiKeys: readonly ApiKey[];
}

/**
 * Shares listings: many recoveries at once cost one list, not one each. Each caller gets a listing that began
 * after the question, since an older one may have missed what is looked for.
 */
export class SharedListing {
  readonly #client: Pick<ManagementClient, "listAllApiKeys">;
  readonly #now: () => number;
  readonly #stopping: AbortSignal | undefined;
  #running: Promise<void> | undefined;
  #waiting: Promise<Listing> | undefined;

  /** @param stopping ends listings under way: a process that stops has no use for them. */
  constructor(client: Pick<ManagementClient, "listAllApiKeys">, now: () => number, stopping?: AbortSignal) {
    this.#client = client;
    this.#now = now;
    this.#stopping = stopping;
  }

  /** @throws ManagementApiError where any page could not be read: a listing is complete, or it is none. */
  next(): Promise<Listing> {
    this.#waiting ??= this.#afterRunning();
    return this.#waiting;
  }

  async #afterRunning(): Promise<Listing> {
    // Always yields once, so that the questions of one turn share an answer.
    await this.#running;
    const listing = this.#list();
    // Only its end matters: a list of thousands of keys is not kept until the next one.
    this.#running = listing.then(
      () => undefined,
      () => undefined,
    );
    this.#waiting = undefined;
    return listing;
  }

  async #list(): Promise<Listing> {
    const startedAt = this.#now();
    const { apiKeys } = await this.#client.listAllApiKeys({
      priority: "background",
      signal: this.#stopping,
    });
    return { startedAt, apiKeys };
  }
}
