import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleController, type Mutation } from "../crash/bundle.ts";
import { World, type WorldParts } from "../e2e/world.ts";
import type { KubeProxy } from "../faults/kube-proxy.ts";
import { proxyOf } from "../faults/world-proxy.ts";
import { installationsOf, LEASE_NAMESPACE, prepareFleet, type Adoptable } from "./fleet.ts";
import type { ChaosOptions } from "./options.ts";
import { Recorder } from "./recorder.ts";
import { Replica } from "./replica.ts";
import { namespacesOf } from "./schedule.ts";
import { CHAOS_LEASE, CHAOS_TIMING, INVENTORY_INTERVAL } from "./timing.ts";

const REPLICAS = 2;

/** A world of which everything breaks, and what records it. Nothing is left once it is disposed. */
export class ChaosWorld extends World {
  readonly recorder: Recorder;
  adoptables: readonly Adoptable[] = [];
  readonly proxies: KubeProxy[] = [];
  readonly replicas: Replica[] = [];
  /** What each replica has printed, over all of its processes. */
  readonly outputs: string[] = [];
  readonly #folder: string;

  private constructor(parts: WorldParts, recorder: (world: World) => Recorder, folder: string) {
    super(parts);
    this.recorder = recorder(this);
    this.#folder = folder;
  }

  /** Starts the API server, the emulator and the replicas, with accounts and keys of others, and no ApiKey yet. */
  static async open(options: ChaosOptions, mutation?: Mutation): Promise<ChaosWorld> {
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-chaos-"));
    await using disposal = new AsyncDisposableStack();
    disposal.defer(async () => rm(folder, { recursive: true, force: true }));
    await bundleController(join(folder, "controller.mjs"), mutation);
    const parts = await World.startParts({ cluster: { workloads: true }, emulator: { accounts: [] } });
    const world = disposal.use(
      new ChaosWorld(parts, ({ kube, emulator }) => new Recorder(kube, emulator), folder),
    );
    const { others, adoptables } = await prepareFleet(world, options.seed, namespacesOf(options));
    world.recorder.others.push(...others);
    world.adoptables = adoptables;
    await world.recorder.start();
    for (let number = 1; number <= REPLICAS; number += 1) await world.#addReplica(number, options);
    disposal.move();
    return world;
  }

  async #addReplica(number: number, { seed }: ChaosOptions): Promise<void> {
    const proxy = await proxyOf(this);
    this.proxies.push(proxy);
    const kubeconfig = join(this.#folder, `kubeconfig-${number}`);
    await writeFile(kubeconfig, proxy.kubeconfig(this.cluster.adminToken), { mode: 0o600 });
    const outputFile = join(this.#folder, `replica-${number}.log`);
    this.outputs.push(outputFile);
    const flags = flagsOf(seed, kubeconfig, this.emulator.url);
    const replica = await Replica.start({
      number,
      file: join(this.#folder, "controller.mjs"),
      outputFile,
      settings: { flags, timing: CHAOS_TIMING, lease: CHAOS_LEASE },
      note: (record) => void this.recorder.replicas.push(record),
    });
    this.replicas.push(replica);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [...this.replicas, ...this.proxies, this.recorder]) await part[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function flagsOf(seed: number, kubeconfig: string, emulatorUrl: string): string[] {
  const flags = {
    kubeconfig,
    installation: installationsOf(seed).ours,
    "cluster-resource-namespace": LEASE_NAMESPACE,
    "allowed-base-urls": emulatorUrl,
    "allowed-secret-metadata": "shape",
    "inventory-interval": INVENTORY_INTERVAL,
    "leader-elect": "true",
    "metrics-address": "0",
    "health-address": "0",
    "log-level": "debug",
    // Chaos rotates and deletes far more than a tenant may.
    "namespace-mint-budget": "100000",
    "account-mint-budget": "100000",
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
