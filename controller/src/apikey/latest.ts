/** A cache that is behind for longer than this is not waited for: an etcd that was restored never catches up. */
const PATIENCE_MS = 5_000;

/**
 * Remembers how far this process has seen each ApiKey live, so that a pass on a cache that lags behind our own last
 * write waits for the cache, instead of reading what is known already.
 */
export class LatestSeen {
  readonly #seen = new Map<string, { readonly resourceVersion: string; readonly until: number }>();

  /** How many ApiKeys it remembers. */
  get size(): number {
    return this.#seen.size;
  }

  /** Takes note of what was read or written live. @param now milliseconds since the epoch. */
  note(uid: string, resourceVersion: string, now: number): void {
    // The oldest is the first. What nobody asks for again is not remembered for longer than it matters.
    for (const [oldest, { until }] of this.#seen) {
      if (until > now) break;
      this.#seen.delete(oldest);
    }
    this.#seen.delete(uid);
    this.#seen.set(uid, { resourceVersion, until: now + PATIENCE_MS });
  }

  forget(uid: string): void {
    this.#seen.delete(uid);
  }

  /** Whether the cache has not yet shown what this process has seen. */
  isAhead(uid: string, cached: string, now: number): boolean {
    const seen = this.#seen.get(uid);
    if (seen === undefined) return false;
    if (now < seen.until && isOlder(cached, seen.resourceVersion)) return true;
    this.#seen.delete(uid);
    return false;
  }
}

/** resourceVersions of one resource can be compared as numbers; whatever is none is not called older. */
function isOlder(left: string, right: string): boolean {
  const numeric = /^[0-9]+$/;
  return numeric.test(left) && numeric.test(right) && BigInt(left) < BigInt(right);
}
