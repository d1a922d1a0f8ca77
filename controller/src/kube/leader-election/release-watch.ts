import { type Clock, systemClock } from "../clock.ts";
import type { KubeClient } from "../client/kube-client.ts";
import { isKubeError } from "../client/kube-error.ts";
import { type Lease, leaseType } from "./lease.ts";

/** After which the API server ends a watch; the next one begins with the next look at the lease. */
const TIMEOUT_SECONDS = 300;

export interface ReleaseWatchOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Milliseconds without an event after which the watch counts as dead: a holder renews far more often. */
  readonly idleTimeoutMs: number;
  /** A watch failed; the next look at the lease begins another one, unless it is forbidden. */
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock | undefined;
}

/**
 * Wakes a candidate when the holder releases or deletes the lease, so that it need not find out at its next
 * look. A hint and no evidence: a woken candidate reads the lease and takes it by the same guarded write as always. Where
 * watching is forbidden or broken, the looks go on at their own pace.
 */
export class ReleaseWatch {
  readonly #options: ReleaseWatchOptions;
  readonly #end = new AbortController();
  #running = false;
  #forbidden = false;
  #released = new AbortController();

  constructor(options: ReleaseWatchOptions) {
    this.#options = options;
  }

  /** Aborts when a release is seen from now on; to be taken before the lease is read, so that none is missed. */
  next(): AbortSignal {
    if (this.#released.signal.aborted) this.#released = new AbortController();
    return this.#released.signal;
  }

  /**
   * Sees to it that the watch runs.
   * @param lease as it was last read: a watch that begins goes on from there
   */
  keep(lease: Lease | undefined): void {
    if (lease !== undefined && !this.#running && !this.#forbidden) void this.#run(lease);
  }

  /** Ends the watch for good. */
  stop(): void {
    this.#end.abort();
  }

  async #run(lease: Lease): Promise<void> {
    if (this.#end.signal.aborted) return;
    const { client, namespace, name, idleTimeoutMs } = this.#options;
    const { resourceVersion } = lease.metadata;
    const clock = this.#options.clock ?? systemClock;
    const begun = clock.monotonic();
    this.#running = true;
    try {
      const selection = { namespace, fieldSelector: `metadata.name=${name}`, signal: this.#end.signal };
      const limits = { resourceVersion, timeoutSeconds: TIMEOUT_SECONDS, idleTimeoutMs };
      for await (const event of client.watch(leaseType, { ...selection, ...limits })) {
        if (event.type === "error") throw event.error;
        if (event.type === "deleted") this.#released.abort();
        if (event.type === "added" || event.type === "modified") this.#look(event.object);
      }
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#forbidden = isKubeError(error, "forbidden");
      // A watch that was quiet for long enough to be given up, or whose start has expired, is begun anew.
      const ran = clock.monotonic() - begun >= idleTimeoutMs;
      if (!ran && !isKubeError(error, "gone")) this.#options.onError(error);
    } finally {
      this.#running = false;
    }
  }

  #look({ spec }: Lease): void {
    if ((spec?.holderIdentity ?? "") === "") this.#released.abort();
  }
}
