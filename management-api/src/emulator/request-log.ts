import { redact } from "../client/redact.ts";
import { matches, type MatchedRequest, type RequestMatch } from "./faults.ts";

/** A request as logged: never a header, a body, a token or a value. */
export interface LoggedRequest extends MatchedRequest {
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  /** What was answered; `null` while unanswered, and for ever if the connection was cut. */
  status: number | null;
  /** The kind of the fault that struck. */
  fault: string | null;
}

const MAX_ENTRIES = 20_000;

/** The requests since the start or the last `clear`; the oldest are dropped beyond 20,000, the counters stay. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  #counters: Record<string, number> = {};
  readonly #waiting = new Set<() => void>();

  add(request: MatchedRequest): LoggedRequest {
    const path = redact(request.path);
    const entry = { ...request, path, time: new Date().toISOString(), status: null, fault: null };
    this.#entries.push(entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    const name = request.operation ?? "unknown";
    this.#counters[name] = (this.#counters[name] ?? 0) + 1;
    for (const check of this.#waiting) check();
    return entry;
  }

  list(match: RequestMatch = {}): LoggedRequest[] {
    return this.#entries.filter((entry) => matches(match, entry)).map((entry) => ({ ...entry }));
  }

  /** Requests per operation; what belongs to none counts as `unknown`. */
  get counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  clear(): void {
    this.#entries = [];
    this.#counters = {};
  }

  /** Resolves as soon as `count` requests that match have arrived since the last `clear`. */
  waitFor(match: RequestMatch, count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (this.#entries.filter((entry) => matches(match, entry)).length < count) return;
      this.#waiting.delete(check);
      resolve();
    };
    this.#waiting.add(check);
    check();
    return promise;
  }
}
