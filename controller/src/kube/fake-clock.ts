import { setImmediate } from "node:timers/promises";
import type { Clock } from "./clock.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock for tests: time passes only in `advance`. */
export class FakeClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  #timers: Timer[] = [];

  constructor(start: Date = new Date("2026-01-01T00:00:00Z")) {
    this.#start = start.getTime();
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  now(): Date {
    return new Date(this.#start + this.#elapsed);
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(milliseconds, 0), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, firing timers in their order and letting what they started go on in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds;
    await settle();
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#elapsed = Math.max(next.at, this.#elapsed);
      next.run();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }
}

/** Lets everything run that waits only for promises, or once for a turn of the event loop. */
async function settle(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
