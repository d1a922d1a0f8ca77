/**
 * Time as this layer sees it. Durations are measured with `monotonic()`, which no clock adjustment moves;
 * `now()` is only for times that are written down (conditions, leases, events).
 */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** The wall clock. */
  now(): Date;
  /** Calls `run` once after `milliseconds`; the function returned cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** Node's timers fire at once when given more than this (about 24.8 days), so that a longer one is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  now: () => new Date(),
  after(milliseconds, run) {
    const end = performance.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = setTimeout(
        () => {
          if (left > LONGEST_TIMER_MS) wait(end - performance.now());
          else run();
        },
        Math.min(Math.max(left, 0), LONGEST_TIMER_MS),
      );
      timer.unref();
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Calls `run` every `milliseconds`, the first time after one such pause; the function returned ends it. */
export function repeat(clock: Clock, milliseconds: number, run: () => void): () => void {
  let cancel = clock.after(milliseconds, function again() {
    cancel = clock.after(milliseconds, again);
    run();
  });
  return () => cancel();
}

/** Resolves after `milliseconds`, or as soon as `signal` aborts; never rejects. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(milliseconds, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

/** `metav1.MicroTime`: RFC 3339 with exactly six fractional digits, which leases and events require. */
export function microTime(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}
