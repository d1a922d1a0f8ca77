import type { Problem } from "./problem.ts";

/** The account that the ApiKey refers to. */
export interface AccountView {
  /** The verified account, or why it cannot be used. */
  readonly usable: { readonly accountId: string } | Problem;
  /** Since when this process knows of it and has not been able to look at it, in milliseconds since the epoch; then it is not `usable` either. */
  readonly uncheckedSince?: number | undefined;
  /** Why nothing may be minted for this ApiKey, if so. */
  readonly mintProblem: Problem | undefined;
  /** The keys that this ApiKey may adopt, by their IDs. */
  readonly adoptKeyIds?: readonly string[];
  /** Whether this ApiKey may leave its key active when it is deleted; undefined while the account cannot be used. */
  readonly mayRetain?: boolean | undefined;
  /** Whether a GET has shown once that the API keeps tags. */
  readonly tagsVerified: boolean;
  /**
   * When the complete inventory sweeps of this process began, oldest first, in milliseconds since the epoch. The
   * listing of a sweep that is counted begins after this time. Without any, nothing abandoned is forgotten.
   */
  readonly sweeps?: readonly number[];
}

/**
 * Keys that the inventory of the account would have this ApiKey look into, by their IDs. It compares a listing
 * with records that may have moved on meanwhile, so these are hints to look, and never evidence.
 */
export interface Findings {
  /** Recorded keys that the listing did not show, or showed with another `hint`. */
  readonly doubts: readonly string[];
  /** Keys that an abandoned attempt seems to have left, and second keys of one attempt. */
  readonly leftovers: readonly string[];
  /**
   * Keys tagged for this ApiKey that nothing accounts for, seen in two sweeps; only where the account says
   * `orphans: Revoke`.
   */
  readonly orphans: readonly string[];
}
