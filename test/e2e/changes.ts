/** Lets tests wait until something holds, which is looked at again after each change. */
export class Changes {
  readonly #looks = new Set<() => void>();

  /** Reports a change. */
  report(): void {
    for (const look of this.#looks) look();
  }

  /**
   * Resolves once it holds. @throws what `holds` throws, and an Error with `describe` when the patience ends.
   *
   * @param patienceMs without a limit by default.
   */
  async until(holds: () => boolean, describe = (): string => "", patienceMs?: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => reject(new Error(`in vain for ${patienceMs} ms: ${describe()}`));
    const timer = patienceMs === undefined ? undefined : setTimeout(giveUp, patienceMs);
    const look = (): void => {
      try {
        if (holds()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    this.#looks.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#looks.delete(look);
    }
  }
}
