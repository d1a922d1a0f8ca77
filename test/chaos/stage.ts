import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleController, type Mutation } from "../crash/bundle.ts";
import { World } from "../e2e/world.ts";
import { KubeProxy } from "../faults/kube-proxy.ts";
import { installationsOf, LEASE_NAMESPACE, prepareFleet } from "./fleet.ts";
import type { ChaosOptions } from "./options.ts";
import { Recorder } from "./recorder.ts";
import { Replica } from "./replica.ts";
import { namespacesOf } from "./schedule.ts";
import { CHAOS_LEASE, CHAOS_TIMING, INVENTORY_INTERVAL } from "./timing.ts";

const ENTRY = fileURLToPath(new URL("controller-process.ts", import.meta.url));
const REPLICAS = 2;

/** Everything that a run is played with. It is all gone once it is disposed. */
export class Stage implements AsyncDisposable {
  readonly world: World;
  readonly recorder: Recorder;
  readonly proxies: readonly KubeProxy[];
  readonly replicas: readonly Replica[];
  /** What each replica has printed, over all of its processes. */
  readonly outputs: readonly string[];
  readonly #disposal: AsyncDisposableStack;

  private constructor(
    parts: Pick<Stage, "world" | "recorder" | "proxies" | "replicas" | "outputs">,
    disposal: AsyncDisposableStack,
  ) {
    this.world = parts.world;
    this.recorder = parts.recorder;
    this.proxies = parts.proxies;
    this.replicas = parts.replicas;
    this.outputs = parts.outputs;
    this.#disposal = disposal;
  }

  /** Starts the API server, the emulator and the replicas, with accounts and keys of others, and no ApiKey yet. */
  static async open(options: ChaosOptions, mutation?: Mutation): Promise<Stage> {
    await using disposal = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-chaos-"));
    disposal.defer(async () => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "controller.mjs");
    await bundleController(file, mutation, ENTRY);
    const world = disposal.use(await World.start({ emulator: { accounts: [] } }));
    const others = await prepareFleet(world, options.seed, namespacesOf(options));
    const recorder = disposal.use(await Recorder.start(world.kube, world.emulator));
    recorder.others.push(...others);
    const ca = await readFile(world.cluster.caFile, "utf8");
    const proxies: KubeProxy[] = [];
    const replicas: Replica[] = [];
    const outputs: string[] = [];
    for (let number = 1; number <= REPLICAS; number += 1) {
      const proxy = disposal.use(await KubeProxy.start({ upstream: world.cluster.url, ca }));
      const kubeconfig = join(folder, `kubeconfig-${number}`);
      await writeFile(kubeconfig, proxy.kubeconfig(world.cluster.adminToken), { mode: 0o600 });
      const outputFile = join(folder, `replica-${number}.log`);
      const settings = {
        flags: flagsOf(options.seed, kubeconfig, world.emulator.url),
        timing: CHAOS_TIMING,
        lease: CHAOS_LEASE,
      };
      const note = (record: (typeof recorder.replicas)[number]): void => void recorder.replicas.push(record);
      replicas.push(disposal.use(await Replica.start({ number, file, outputFile, settings, note })));
      proxies.push(proxy);
      outputs.push(outputFile);
    }
    return new Stage({ world, recorder, proxies, replicas, outputs }, disposal.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposal.disposeAsync();
  }
}

function flagsOf(seed: number, kubeconfig: string, emulatorUrl: string): string[] {
  const flags = {
    kubeconfig,
    installation: installationsOf(seed).ours,
    "cluster-resource-namespace": LEASE_NAMESPACE,
    "allowed-base-urls": emulatorUrl,
    "inventory-interval": INVENTORY_INTERVAL,
    "leader-elect": "true",
    "metrics-address": "0",
    "health-address": "0",
    "log-level": "debug",
    // Chaos rotates and deletes far more than anybody may.
    "namespace-mint-budget": "100000",
    "account-mint-budget": "100000",
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
