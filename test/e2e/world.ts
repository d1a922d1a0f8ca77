import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import {
  startEmulator,
  type Emulator,
  type EmulatorOptions,
} from "@signatureapi-keys/management-api/emulator";
import { customResourceDefinitions } from "@signatureapi-keys/controller/resources";
import { KubeClient, loadKubeConfig, type ClusterAccess } from "@signatureapi-keys/controller/kube";
import { stringify } from "yaml";
import type { Cluster } from "../cluster/cluster.ts";
import { startCluster, type ClusterOptions } from "../cluster/start-cluster.ts";
import { RunningController, type ControllerSettings } from "./running-controller.ts";
import { Watcher } from "./watcher.ts";

/** A manifest, as a test writes it. */
export type Manifest = Record<string, unknown>;

/** What a world is made of. */
export interface WorldOptions {
  readonly cluster?: ClusterOptions;
  readonly emulator?: EmulatorOptions;
  /** False installs no CRDs: a cluster where our kinds are unknown. */
  readonly crds?: boolean;
  /** False installs CRDs without validation, so that bad input reaches the controller. */
  readonly validation?: boolean;
}

/** Seconds instead of minutes: the same rules, on a clock that a test can wait for. */
export const FAST_TIMING: Timing = {
  ...DEFAULT_TIMING,
  postWindow: 1_000,
  requestDeadline: 1_500,
  commitBudget: 2_000,
  attemptLifetime: 5_000,
  settleTime: 3_000,
  retryAfterRefusal: 1_000,
  retryAfterFailure: 500,
  commitRetry: 50,
  restartDelay: 200,
  rolloutDeadline: 10_000,
  rolloutPoll: 100,
};

/** An API server, an emulator, and whatever controllers a test starts. */
export class World implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly emulator: Emulator;
  readonly kube: KubeClient;
  readonly access: ClusterAccess;
  readonly watcher: Watcher;
  readonly #controllers: RunningController[] = [];

  private constructor(cluster: Cluster, emulator: Emulator, access: ClusterAccess) {
    this.cluster = cluster;
    this.emulator = emulator;
    this.access = access;
    this.kube = KubeClient.fromKubeConfig(access, { fieldManager: "test" });
    this.watcher = new Watcher(this.kube);
  }

  /** Starts the parts, with the CRDs installed (unless `crds` is false) and no controller yet. */
  static async start(options: WorldOptions = {}): Promise<World> {
    const cluster = await startCluster(options.cluster);
    const emulator = await startEmulator({ rateLimit: 1_000, burst: 1_000, ...options.emulator });
    const access = await loadKubeConfig({ kubeconfigPath: cluster.kubeconfigFile });
    const world = new World(cluster, emulator, access);
    if (options.crds === false) return world;
    await world.apply(...customResourceDefinitions({ validation: options.validation ?? true }));
    await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    return world;
  }

  /** Starts a controller in this process. */
  async startController(settings: ControllerSettings = {}): Promise<RunningController> {
    const controller = await RunningController.start(this.access, this.emulator.url, settings);
    this.#controllers.push(controller);
    return controller;
  }

  /** Applies manifests on the server's side; throws with kubectl's message where one is refused. */
  async apply(...manifests: readonly Manifest[]): Promise<void> {
    await this.cluster.apply(manifests.map((manifest) => stringify(manifest)).join("---\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#controllers.map(async (controller) => controller.stop()));
    await this.kube.close();
    await this.emulator.close();
    await this.cluster.stop();
  }
}
