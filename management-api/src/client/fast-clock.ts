import type { Clock } from "./clock.ts";

/** A clock for tests that runs a thousand times faster, and remembers the waits that it was asked for. */
export class FastClock implements Clock {
  /** In milliseconds of its own time, in the order in which they were asked for. */
  readonly delays: number[] = [];

  now(): number {
    return performance.now() * 1_000;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    this.delays.push(delayMs);
    const timer = setTimeout(callback, delayMs / 1_000);
    return () => clearTimeout(timer);
  }
}
