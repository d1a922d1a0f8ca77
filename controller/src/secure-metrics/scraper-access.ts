import { createHash } from "node:crypto";
import { TokenBuckets, type Clock } from "../kube/index.ts";

/**
 * Whether a request may read the metrics. `undecided`: the API server could not be asked. `too-many`: it is not asked,
 * because it would be asked too often.
 */
export type ScraperVerdict = "allowed" | "unauthenticated" | "forbidden" | "undecided" | "too-many";

/** What the API server says about the holder of a token; it rejects where there is no answer. */
export type ReviewToken = (token: string) => Promise<"allowed" | "unauthenticated" | "forbidden">;

/** How long a token is taken without another question. So long a right that was taken away is still obeyed. */
const ALLOWED_FOR_MS = 60_000;
const REFUSED_FOR_MS = 10_000;
/** A token that was allowed so recently is asked about again, whatever others ask. */
const KNOWN_FOR_MS = 3_600_000;

/** Bounds of what is remembered: a token that was refused must not displace one that was allowed. */
const MOST_ALLOWED = 100;
const MOST_REFUSED = 1_000;
const MOST_ADDRESSES = 1_000;

/** Questions about tokens that are not known yet, from one address and from all of them together. */
const FROM_ONE_ADDRESS = { burst: 10, refillEveryMs: 1_000, most: MOST_ADDRESSES } as const;
const FROM_ALL = { burst: 20, refillEveryMs: 100, most: 1 } as const;
const OF_ONE_KNOWN_TOKEN = { burst: 5, refillEveryMs: 1_000, most: MOST_ALLOWED } as const;

interface Remembered {
  readonly verdict: "allowed" | "unauthenticated" | "forbidden";
  readonly at: number;
}

/** What judging needs from outside. */
export interface ScraperAccessOptions {
  readonly review: ReviewToken;
  readonly clock: Clock;
  /** Called when the API server could not be asked. */
  readonly onUndecided: (error: unknown) => void;
}

/**
 * Judges who may read the metrics, and asks the API server as seldom as possible: answers are remembered for a while, and
 * questions are bounded, so that no neighbour reaches the API server through this process with tokens that he made up.
 *
 * It keeps no token: only hashes.
 */
export class ScraperAccess {
  readonly #options: ScraperAccessOptions;
  readonly #allowed = new Map<string, Remembered>();
  readonly #refused = new Map<string, Remembered>();
  readonly #asking = new Map<string, Promise<ScraperVerdict>>();
  readonly #addresses = new TokenBuckets(FROM_ONE_ADDRESS);
  readonly #all = new TokenBuckets(FROM_ALL);
  readonly #known = new TokenBuckets(OF_ONE_KNOWN_TOKEN);

  constructor(options: ScraperAccessOptions) {
    this.#options = options;
  }

  /** @param token of the request, if it has one. @param address that the request comes from. Never rejects. */
  async judge(token: string | undefined, address: string): Promise<ScraperVerdict> {
    if (token === undefined) return "unauthenticated";
    const id = createHash("sha256").update(token).digest("base64");
    const remembered = this.#remembered(id);
    if (remembered !== undefined) return remembered;
    const asking = this.#asking.get(id);
    if (asking !== undefined) return asking;
    if (!this.#mayAsk(id, address)) return "too-many";
    const answer = this.#ask(id, token).finally(() => this.#asking.delete(id));
    this.#asking.set(id, answer);
    return answer;
  }

  #remembered(id: string): ScraperVerdict | undefined {
    const found = this.#allowed.get(id) ?? this.#refused.get(id);
    if (found === undefined) return undefined;
    const lasts = found.verdict === "allowed" ? ALLOWED_FOR_MS : REFUSED_FOR_MS;
    return this.#age(found) < lasts ? found.verdict : undefined;
  }

  #mayAsk(id: string, address: string): boolean {
    const now = this.#options.clock.monotonic();
    const known = this.#allowed.get(id);
    if (known !== undefined && this.#age(known) < KNOWN_FOR_MS) return this.#known.take(id, now);
    return this.#addresses.take(address, now) && this.#all.take("", now);
  }

  async #ask(id: string, token: string): Promise<ScraperVerdict> {
    try {
      const verdict = await this.#options.review(token);
      this.#remember(id, { verdict, at: this.#options.clock.monotonic() });
      return verdict;
    } catch (error) {
      this.#options.onUndecided(error);
      return "undecided";
    }
  }

  #remember(id: string, remembered: Remembered): void {
    const [into, other, most] =
      remembered.verdict === "allowed"
        ? [this.#allowed, this.#refused, MOST_ALLOWED]
        : [this.#refused, this.#allowed, MOST_REFUSED];
    other.delete(id);
    into.delete(id);
    into.set(id, remembered);
    const [oldest] = into.keys();
    if (into.size > most && oldest !== undefined) into.delete(oldest);
  }

  #age({ at }: Remembered): number {
    return this.#options.clock.monotonic() - at;
  }
}
