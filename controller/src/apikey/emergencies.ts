/** What a status was to record as the emergency that was obeyed, and what it records. */
interface Changed {
  readonly written: string;
  readonly stored: string | undefined;
}

/**
 * Emergencies that came back from the API server otherwise than they were written, as an admission webhook may have it.
 * What was written counts as obeyed: else each pass would take the declared emergency for a new one, and replace the key.
 */
export class ChangedEmergencies {
  readonly #byUid = new Map<string, Changed>();

  /** Takes note of what a write of an ApiKey's status was to record, and of what it does. */
  note(uid: string, written: string | undefined, stored: string | undefined): void {
    if (written === undefined || written === stored) this.#byUid.delete(uid);
    else this.#byUid.set(uid, { written, stored });
  }

  /** The emergency that was obeyed, from the one that is stored. */
  read(uid: string, stored: string | undefined): string | undefined {
    const changed = this.#byUid.get(uid);
    return changed !== undefined && changed.stored === stored ? changed.written : stored;
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
  }
}
