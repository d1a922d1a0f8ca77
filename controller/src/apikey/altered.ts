import type { AlteredSecret, Problem } from "@signatureapi-keys/lifecycle";

/** Policies come and go without a trace on the Secret: so often it is tried again whether one still interferes. */
const RETRY_MS = 600_000;

/**
 * Remembers which Secrets a policy has altered as they were written, so that not every pass writes one again in vain.
 * Lost with the process, which then tries once more.
 */
export class AlteredMemory {
  readonly #byUid = new Map<string, AlteredSecret & { readonly at: number }>();

  /** Takes note of how a Secret was stored. @param uid of the ApiKey. @param now milliseconds since the epoch. */
  note(uid: string, resourceVersion: string, problem: Problem | undefined, now: number): void {
    if (problem === undefined) this.#byUid.delete(uid);
    else this.#byUid.set(uid, { resourceVersion, problem, at: now });
  }

  of(uid: string, now: number): AlteredSecret | undefined {
    const known = this.#byUid.get(uid);
    return known === undefined || now - known.at >= RETRY_MS ? undefined : known;
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
  }
}
