import { setTimeout as delay } from "node:timers/promises";

/** A narrated claim that the running system does not bear out. */
export class ClaimError extends Error {
  override readonly name = "ClaimError";
  readonly expected: string;
  readonly seen: string;

  constructor(expected: string, seen: string) {
    super(`expected: ${expected}; seen: ${seen}`);
    this.expected = expected;
    this.seen = seen;
  }
}

/** @throws ClaimError unless the two are the same. */
export function expectSame(what: string, seen: unknown, expected: unknown): void {
  if (seen !== expected) throw new ClaimError(`${what}: ${show(expected)}`, show(seen));
}

const POLL_MS = 100;

/**
 * Looks again and again until there is something to see.
 *
 * @param look gives `undefined` while there is not.
 * @throws ClaimError after so many milliseconds.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  patience = 20_000,
): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline)
      throw new ClaimError(what, `nothing of it within ${patience / 1_000} s`);
    await delay(POLL_MS);
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
