import type { Problem } from "@signatureapi-keys/lifecycle";

/**
 * Whether an account mints although its credentials are accepted: keys that vanish, or an API that drops tags, stop it
 * until an administrator edits its spec.
 */
export class Trust {
  #distrust: Problem | undefined;
  #recalled = false;
  #pardon = false;

  /** Why nothing is minted, if so. */
  get distrust(): Problem | undefined {
    return this.#distrust;
  }

  /** Mints no more until {@link resume}. */
  stop(problem: Problem): void {
    this.#distrust = problem;
  }

  /** Takes over what the account's status says of an earlier process's findings; only the first call does. */
  recall(problem: Problem | undefined): void {
    if (!this.#recalled) this.#distrust ??= problem;
    this.#recalled = true;
  }

  /**
   * Mints again, because an administrator has edited the account's spec since, or because the cause is gone.
   *
   * @param pardon the next inventory takes the losses that it finds for known ones.
   */
  resume(pardon: boolean): void {
    this.#pardon ||= pardon && this.#distrust?.reason === "KeysVanished";
    this.#distrust = undefined;
  }

  /** Whether the next inventory shall take what is lost for known; asking uses it up, until {@link returnPardon}. */
  takePardon(): boolean {
    const pardon = this.#pardon;
    this.#pardon = false;
    return pardon;
  }

  /** The inventory that took the pardon could not look at what is lost: the next one shall. */
  returnPardon(): void {
    this.#pardon = true;
  }
}
