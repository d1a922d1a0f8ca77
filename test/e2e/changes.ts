/** Lets tests wait until something holds, which is looked at again after each change. */
export class Changes {
  readonly #looks = new Set<() => void>();

  /** Reports a change. */
  report(): void {
    for (const look of this.#looks) look();
  }

  /**
   * Resolves with what a condition gives, as soon as that is neither false nor undefined.
   *
   * @param patienceMs without a limit by default.
   * @throws what the condition throws, and an Error with the description when the patience ends.
   */
  async until<R>(
    condition: () => R | false | undefined,
    describe = (): string => "",
    patienceMs?: number,
  ): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const giveUp = (): void => reject(new Error(`not as expected within ${patienceMs} ms: ${describe()}`));
    const timer = patienceMs === undefined ? undefined : setTimeout(giveUp, patienceMs);
    const look = (): void => {
      try {
        const found = condition();
        if (found !== false && found !== undefined) resolve(found);
      } catch (error) {
        reject(error);
      }
    };
    this.#looks.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#looks.delete(look);
    }
  }
}
