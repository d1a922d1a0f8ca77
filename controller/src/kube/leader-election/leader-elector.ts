import { type Clock, sleep, systemClock } from "../clock.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { isKubeError } from "../client/kube-error.ts";
import { claimedSpec, type Lease, type LeaseSpec, leaseType, releasedSpec } from "./lease.ts";
import { LeaseView } from "./lease-view.ts";
import { ReleaseWatch } from "./release-watch.ts";

/** How long a lease lasts, and how it is renewed. */
export interface LeaseDurations {
  /** How long others wait for a holder that is silent; default 15 s. Whole seconds. */
  readonly leaseDurationMs?: number | undefined;
  /** How long a leader tries to renew before it gives up; default 10 s, less than the duration. */
  readonly renewDeadlineMs?: number | undefined;
  /** Between two attempts; default 2 s. */
  readonly retryPeriodMs?: number | undefined;
}

export interface LeaderElectorOptions extends LeaseDurations {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Of this replica; no two may share one. */
  readonly identity: string;
  /**
   * Begins what only the leader may do. Its signal aborts when leading ends, for whatever reason. A rejection ends
   * leading, and so gives another replica a chance.
   */
  readonly onStartedLeading: (signal: AbortSignal) => Promise<void> | void;
  /** Leading has ended: `lost` means that another may lead already. Called after the signal was aborted. */
  readonly onStoppedLeading?: ((how: "lost" | "stopped") => void) | undefined;
  /** Another holder was seen, this one included. */
  readonly onNewLeader?: ((identity: string) => void) | undefined;
  /** An attempt failed; the next one follows by itself. */
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** client-go's jitter on the time between two attempts to acquire. */
const JITTER = 1.2;

/**
 * Leader election on a Lease, in client-go's semantics.
 *
 * # Guarantees
 * - `isLeader()` is false as soon as the lease last written may have run out for others, even if this process was
 *   frozen meanwhile.
 * - Writes carry the resourceVersion that was read: of two candidates one wins.
 * - A leader that cannot renew for `renewDeadlineMs` stops before others may start, by at least
 *   `leaseDurationMs - renewDeadlineMs`.
 * - `mayAct()` is false from that deadline on, whether or not a timer has fired yet.
 * - After {@link stop} the lease is released once the work has ended, and renewed until then.
 * - A candidate that waits is woken when the lease is released, where it may watch Leases; else it looks every
 *   `retryPeriodMs`, spread.
 *
 * # Assumptions
 * - The clocks of all replicas run at about the same speed; they may show different times.
 * - The event loop is not blocked for longer than `leaseDurationMs - renewDeadlineMs`.
 *
 * # Caveats
 * - Like every lease it bounds overlap, it does not fence: work that ignores its signal, and a request still on its
 *   way, may overlap with the next leader's.
 * - The monotonic clock stops while a machine is suspended.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #view = new LeaseView();
  readonly #stop = new AbortController();
  #lease: Lease | undefined;
  /** When the request was sent that last renewed the lease; undefined while not leading. */
  #renewedAt: number | undefined;
  #waitForWork = true;

  /** @throws TypeError if the durations do not fit together, as in client-go */
  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    if (this.#leaseDurationMs <= this.#renewDeadlineMs) {
      throw new TypeError("the lease duration must be longer than the renew deadline");
    }
    if (this.#renewDeadlineMs <= JITTER * this.#retryPeriodMs) {
      throw new TypeError(`the renew deadline must be longer than ${JITTER} times the retry period`);
    }
    if (options.identity === "") throw new TypeError("a candidate must have an identity");
  }

  /** Whether this replica leads and is not late with a renewal: to be asked before each effect. */
  mayAct(): boolean {
    return this.#renewedAt !== undefined && this.#clock.monotonic() - this.#renewedAt < this.#renewDeadlineMs;
  }

  isLeader(): boolean {
    return this.#renewedAt !== undefined && this.#clock.monotonic() - this.#renewedAt < this.#leaseDurationMs;
  }

  /** Who holds the lease, as last seen; `""` for no holder. */
  get holder(): string {
    return this.#view.holder;
  }

  /** Waits to become the leader, leads, and resolves when that has ended. After `lost` it may be called again. */
  async run(): Promise<"lost" | "stopped"> {
    if (!(await this.#acquire())) return "stopped";
    const leading = new AbortController();
    const renewals = new AbortController();
    const work = this.#work(leading.signal);
    void this.#windDown(work, leading, renewals);
    const how = await this.#renew(renewals.signal);
    this.#renewedAt = undefined;
    leading.abort();
    if (how === "stopped") await this.#release();
    this.#call(() => this.#options.onStoppedLeading?.(how));
    return how;
  }

  /**
   * Ends leading, or waiting for it; {@link run} then resolves.
   * @param options.waitForWork false: the lease is released at once, while the work may still be ending
   */
  stop(options: { waitForWork?: boolean } = {}): void {
    this.#waitForWork = options.waitForWork ?? true;
    this.#stop.abort();
  }

  async #work(signal: AbortSignal): Promise<"ended" | "failed"> {
    try {
      await this.#options.onStartedLeading(signal);
      return "ended";
    } catch (error) {
      this.#report(error);
      return "failed";
    }
  }

  /** Aborts the work when asked to stop, and the renewals when the work has ended. */
  async #windDown(
    work: Promise<"ended" | "failed">,
    leading: AbortController,
    renewals: AbortController,
  ): Promise<void> {
    const stopped = Promise.withResolvers<"stopped">();
    const onStop = (): void => stopped.resolve("stopped");
    this.#stop.signal.addEventListener("abort", onStop, { once: true });
    if (this.#stop.signal.aborted) onStop();
    const first = await Promise.race([work, stopped.promise]);
    // Work that has merely started something goes on being led, as in client-go.
    if (first === "ended") await stopped.promise;
    leading.abort();
    if (this.#waitForWork) await work;
    renewals.abort();
    this.#stop.signal.removeEventListener("abort", onStop);
  }

  async #acquire(): Promise<boolean> {
    const { client, namespace, name, clock } = this.#options;
    const watch = new ReleaseWatch({
      client,
      namespace,
      name,
      idleTimeoutMs: this.#leaseDurationMs,
      onError: (error) => this.#report(error),
      clock,
    });
    try {
      while (!this.#stop.signal.aborted) {
        const wake = AbortSignal.any([this.#stop.signal, watch.next()]);
        if (await this.#attempt(this.#renewDeadlineMs)) return true;
        watch.keep(this.#lease);
        await sleep(this.#clock, this.#retryPeriodMs * (1 + JITTER * this.#random()), wake);
      }
      return false;
    } finally {
      watch.stop();
    }
  }

  async #renew(end: AbortSignal): Promise<"lost" | "stopped"> {
    for (;;) {
      // Not past the deadline: a holder that cannot renew has stopped by then.
      await sleep(this.#clock, Math.min(this.#retryPeriodMs, this.#left()), end);
      if (end.aborted) return "stopped";
      const left = this.#left();
      if (left <= 0) return "lost";
      const renewed = await this.#attempt(left);
      if (!renewed && this.#view.holder !== this.#options.identity) return "lost";
    }
  }

  /** Milliseconds until the renew deadline. */
  #left(): number {
    return (this.#renewedAt ?? 0) + this.#renewDeadlineMs - this.#clock.monotonic();
  }

  /** Tries once to take or renew the lease. */
  async #attempt(timeoutMs: number): Promise<boolean> {
    const startedAt = this.#clock.monotonic();
    const deadline = startedAt + timeoutMs;
    try {
      const done = await this.#takeOrRenew(deadline);
      if (done) this.#renewedAt = startedAt;
      return done;
    } catch (error) {
      // What was read is stale after a conflict, and after a write with an unknown outcome.
      this.#lease = undefined;
      this.#report(error);
      return false;
    }
  }

  async #takeOrRenew(deadline: number): Promise<boolean> {
    const { client, identity, namespace, name } = this.#options;
    const held = this.#renewedAt !== undefined && this.#lease !== undefined;
    if (held && (await this.#renewUnread(deadline))) return true;
    const lease = await client.find(leaseType, { namespace, name }, this.#timeout(deadline));
    if (lease === undefined) return this.#create(deadline);
    this.#observe(lease);
    if (!this.#view.mayTake(identity, this.#clock.monotonic())) return false;
    await this.#write(lease, this.#claim(lease.spec), deadline);
    return true;
  }

  /** Renews on what was last written, saving a read; false on a conflict. */
  async #renewUnread(deadline: number): Promise<boolean> {
    const lease = this.#lease;
    if (lease === undefined) return false;
    try {
      await this.#write(lease, this.#claim(lease.spec), deadline);
      return true;
    } catch (error) {
      if (isKubeError(error, "conflict", "not-found")) return false;
      throw error;
    }
  }

  async #create(deadline: number): Promise<boolean> {
    const { client, namespace, name } = this.#options;
    const manifest = { metadata: { namespace, name }, spec: this.#claim(undefined) };
    this.#observe(await client.create(leaseType, manifest, this.#writeOptions(deadline)));
    return true;
  }

  async #write(lease: Lease, spec: LeaseSpec, deadline: number): Promise<void> {
    const { client } = this.#options;
    this.#observe(await client.update(leaseType, { ...lease, spec }, this.#writeOptions(deadline)));
  }

  async #release(): Promise<void> {
    const { client, identity, namespace, name } = this.#options;
    const deadline = this.#clock.monotonic() + this.#retryPeriodMs;
    try {
      const lease =
        this.#lease ?? (await client.find(leaseType, { namespace, name }, this.#timeout(deadline)));
      if (lease?.spec?.holderIdentity !== identity) return;
      await this.#write(lease, releasedSpec(lease.spec, this.#clock.now()), deadline);
    } catch (error) {
      // It then runs out by itself.
      this.#report(error);
    }
  }

  #claim(previous: LeaseSpec | undefined): LeaseSpec {
    return claimedSpec(previous, this.#options.identity, this.#leaseDurationMs, this.#clock.now());
  }

  #observe(lease: Lease): void {
    const before = this.#view.holder;
    this.#lease = lease;
    this.#view.observe(lease.spec ?? {}, this.#clock.monotonic(), this.#leaseDurationMs);
    const { holder } = this.#view;
    if (holder !== before && holder !== "") this.#call(() => this.#options.onNewLeader?.(holder));
  }

  /** A callback that throws must not pass for a renewal that failed. */
  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#report(error);
    }
  }

  #timeout(deadline: number): { timeoutMs: number } {
    return { timeoutMs: Math.max(1, deadline - this.#clock.monotonic()) };
  }

  /** The lease is what the fence depends on, so its own writes pass it. */
  #writeOptions(deadline: number): { timeoutMs: number; pastFence: true } {
    return { ...this.#timeout(deadline), pastFence: true };
  }

  #report(error: unknown): void {
    this.#options.onError?.(error);
  }
}
