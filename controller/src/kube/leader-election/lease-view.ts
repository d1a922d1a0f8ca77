import type { LeaseSpec } from "./lease.ts";

/**
 * What one candidate has seen of a lease. Whether another's lease has run out is measured on the own monotonic clock
 * since its record was last seen to change; the times written in it are never compared with a clock of ours, so that
 * clocks may differ between machines and may jump. They must only run at about the same speed.
 */
export class LeaseView {
  #record: string | undefined;
  #holder = "";
  #durationMs = 0;
  #changedAt = 0;

  /** Who holds the lease as far as was seen; `""` for no holder. */
  get holder(): string {
    return this.#holder;
  }

  /**
   * Takes in what was read or written.
   * @param now of the monotonic clock, in milliseconds
   * @param fallbackDurationMs for a record without a duration
   */
  observe(spec: LeaseSpec, now: number, fallbackDurationMs: number): void {
    const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
    const record = JSON.stringify([
      holderIdentity,
      leaseDurationSeconds,
      acquireTime,
      renewTime,
      leaseTransitions,
    ]);
    if (record === this.#record) return;
    this.#record = record;
    this.#holder = holderIdentity ?? "";
    this.#durationMs =
      typeof leaseDurationSeconds === "number" ? leaseDurationSeconds * 1_000 : fallbackDurationMs;
    this.#changedAt = now;
  }

  /** Whether `identity` may write itself into the lease now. */
  mayTake(identity: string, now: number): boolean {
    if (this.#holder === "" || this.#holder === identity) return true;
    return now - this.#changedAt >= this.#durationMs;
  }
}
