import type { Pause } from "@signatureapi-keys/lifecycle";

/** Until when a refused mint is not repeated. */
interface Entry extends Pause {
  /** The spec that was refused: a changed one is tried at once. */
  readonly generation: number;
  readonly account: string;
}

/**
 * Remembers refusals, so that the status writes around a mint, which wake the reconciliation again, do not turn a
 * refusal into a stream of requests. It is lost with the process, and nothing depends on it being kept.
 */
export class MintPauses {
  readonly #entries = new Map<string, Entry>();

  /** @param uid the ApiKey's. */
  set(uid: string, entry: Entry): void {
    this.#entries.set(uid, entry);
  }

  /** The pause that still concerns this spec. */
  get(uid: string, generation: number): Pause | undefined {
    const entry = this.#entries.get(uid);
    return entry?.generation === generation ? entry : undefined;
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  /** An account can do something else than before: what it refused is tried again. */
  lift(account: string): void {
    for (const [uid, entry] of this.#entries) if (entry.account === account) this.#entries.delete(uid);
  }
}
