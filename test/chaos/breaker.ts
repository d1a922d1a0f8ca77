import { setTimeout as delay } from "node:timers/promises";
import type { Emulator } from "@signatureapi-keys/management-api/emulator";
import type { KubeProxy } from "../faults/kube-proxy.ts";
import { breakKube } from "./kube-faults.ts";
import { Random } from "./random.ts";
import type { Replica } from "./replica.ts";
import { drawVendorFault } from "./vendor-faults.ts";

/** Faults that met nothing are forgotten after this time, and requests that are held go on. */
const FORGET_MS = 20_000;
/** The part of the blows that freeze a replica past its lease, instead of killing it. */
const FREEZES = 0.15;

/** What is broken, and how often. */
export interface BreakerOptions {
  readonly seed: number;
  readonly emulator: Emulator;
  readonly proxies: readonly KubeProxy[];
  readonly replicas: readonly Replica[];
  /** Between two faults of the vendor, and between two of the API server, in milliseconds on average. */
  readonly faultsEveryMs: number;
  readonly killsEveryMs: number;
  readonly leaseDurationMs: number;
}

/** Breaks the vendor, the API server and the replicas, each by its own sequence of choices. */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #end = new AbortController();
  #loops: readonly Promise<void>[] = [];
  /** How often each fault between replicas and API server was set up. */
  readonly kubeFaults: Record<string, number> = {};

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** Begins to break things. */
  start(): void {
    const { seed, emulator, proxies, faultsEveryMs, killsEveryMs } = this.#options;
    const vendor = new Random(seed, "vendor faults");
    const blows = new Random(seed, "blows");
    this.#loops = [
      this.#every(faultsEveryMs, vendor, () => {
        emulator.admin.addFault(drawVendorFault(vendor, emulator.url));
      }),
      ...proxies.map(async (proxy, index) => {
        const random = new Random(seed, `API server faults ${index}`);
        return this.#every(faultsEveryMs, random, () => this.#breakKube(proxy, random));
      }),
      this.#every(killsEveryMs, blows, () => this.#strike(blows)),
      this.#every(FORGET_MS, new Random(seed, "forgetting"), () => this.#heal()),
    ];
  }

  /** Breaks nothing more, and mends what is broken: faults are gone, frozen replicas go on, held requests too. */
  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#loops);
    this.#heal();
    for (const replica of this.#options.replicas) replica.thaw();
    // A watch that stalls would be noticed after minutes only.
    for (const proxy of this.#options.proxies) for (const watch of proxy.watches) watch.end();
  }

  #heal(): void {
    this.#options.emulator.admin.clearFaults();
    for (const proxy of this.#options.proxies) proxy.heal();
  }

  #breakKube(proxy: KubeProxy, random: Random): void {
    const name = breakKube(proxy, random);
    this.kubeFaults[name] = (this.kubeFaults[name] ?? 0) + 1;
  }

  #strike(random: Random): void {
    const { replicas, leaseDurationMs } = this.#options;
    const picked = random.pick(replicas);
    const replica = picked.runs ? picked : (replicas.find(({ runs }) => runs) ?? picked);
    const freeze = random.chance(FREEZES);
    const time = leaseDurationMs * random.between(1.2, 2.5);
    if (freeze) void replica.freeze(time);
    else replica.kill();
  }

  async #every(ms: number, random: Random, act: () => void): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await delay(ms * random.between(0.4, 1.6), undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) act();
    }
  }
}
