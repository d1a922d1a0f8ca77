import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import {
  startEmulator,
  type Emulator,
  type EmulatorOptions,
  type KeyWithAccount,
} from "@signatureapi-keys/management-api/emulator";
import type { CustomObject } from "@signatureapi-keys/controller/resources";
import {
  KubeClient,
  loadKubeConfig,
  type ClusterAccess,
  type ObjectRef,
  type ResourceType,
} from "@signatureapi-keys/controller/kube";
import { stringify } from "yaml";
import * as z from "zod";
import type { Cluster } from "../cluster/cluster.ts";
import { startCluster, type ClusterOptions } from "../cluster/start-cluster.ts";
import { conditionOf } from "./conditions.ts";
import { installKinds } from "./install-kinds.ts";
import { accountIdOf, readyNamespace, TOKEN, tokenOf, type Manifest } from "./manifests.ts";
import { RunningController, type ControllerSettings } from "./running-controller.ts";
import { Watcher } from "./watcher.ts";

type AccountSettings = Parameters<Emulator["admin"]["addAccount"]>[0];

/** What a world is made of. */
export interface WorldOptions {
  readonly cluster?: ClusterOptions;
  readonly emulator?: EmulatorOptions;
  /** False installs no CRDs: a cluster where our kinds are unknown. */
  readonly crds?: boolean;
  /** False installs CRDs without validation, so that bad input reaches the controller. */
  readonly validation?: boolean;
}

/** The emulator's account, for tests that need more test keys than the vendor allows. */
export const MANY_TEST_KEYS = { accounts: [{ id: "acc_emulator", token: TOKEN, testKeys: 50 }] };

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

/** The parts that a world is put together from. */
export interface WorldParts {
  readonly cluster: Cluster;
  readonly emulator: Emulator;
  readonly access: ClusterAccess;
}

/** An API server, an emulator, and the controllers that a test starts. */
export class World implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly emulator: Emulator;
  readonly kube: KubeClient;
  readonly access: ClusterAccess;
  readonly watcher: Watcher;
  readonly #controllers: RunningController[] = [];

  protected constructor({ cluster, emulator, access }: WorldParts) {
    this.cluster = cluster;
    this.emulator = emulator;
    this.access = access;
    this.kube = KubeClient.fromKubeConfig(access, { fieldManager: "test" });
    this.watcher = new Watcher(this.kube);
  }

  /** Starts the parts, with the CRDs installed (unless `crds` is false) and no controller yet. */
  static async start(options: WorldOptions = {}): Promise<World> {
    return new World(await World.startParts(options));
  }

  protected static async startParts(options: WorldOptions): Promise<WorldParts> {
    const cluster = await startCluster(options.cluster);
    const emulator = await startEmulator({ rateLimit: 1_000, burst: 1_000, ...options.emulator });
    const access = await loadKubeConfig({ kubeconfigPath: cluster.kubeconfigFile });
    if (options.crds !== false) {
      await installKinds(cluster, { validation: options.validation ?? true });
    }
    return { cluster, emulator, access };
  }

  /** Starts a controller in this process. */
  async startController(settings: ControllerSettings = {}): Promise<RunningController> {
    const controller = await RunningController.start(this.access, this.emulator.url, settings);
    this.#controllers.push(controller);
    return controller;
  }

  /** Applies manifests on the server's side; throws with kubectl's message where one is refused. */
  async apply(...manifests: readonly Manifest[]): Promise<void> {
    await this.cluster.apply(yaml(manifests));
  }

  /** Adds an account to the emulator. @returns its ID. */
  addVendorAccount(name: string, changes: Partial<AccountSettings> = {}): string {
    const id = accountIdOf(name);
    this.emulator.admin.addAccount({ id, token: tokenOf(name), ...changes });
    return id;
  }

  /** The same, with a namespace of that name whose Account stands for it. @param spec of the Account. */
  async addAccount(
    name: string,
    spec: Manifest = {},
    changes: Partial<AccountSettings> = {},
  ): Promise<string> {
    const id = this.addVendorAccount(name, changes);
    await this.apply(...readyNamespace(name, this.emulator.url, tokenOf(name), spec));
    return id;
  }

  /** Lets the service account `tenant` do everything in a namespace, by a role of wildcards. @returns its kubeconfig. */
  async tenantKubeconfig(inNamespace: string): Promise<string> {
    const account = { namespace: inNamespace, name: "tenant" };
    await this.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "everything", namespace: inNamespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", ...account }],
    });
    return this.cluster.serviceAccountKubeconfig(account);
  }

  /** Resolves once an object's Ready condition speaks of its spec as it is. */
  async untilObserved(type: ResourceType<CustomObject>, ref: ObjectRef): Promise<void> {
    await this.watcher.until(
      type,
      ref,
      (object) => conditionOf(object, "Ready")?.observedGeneration === object?.metadata.generation,
    );
  }

  /** The keys of an account, newest first, revoked ones included. */
  keysIn(accountId: string): readonly KeyWithAccount[] {
    return this.emulator.admin.keys().filter(({ account }) => account === accountId);
  }

  /** The IDs of the active keys of an account. */
  activeKeysIn(accountId: string): readonly string[] {
    return this.keysIn(accountId).flatMap(({ id, status }) => (status === "active" ? [id] : []));
  }

  /** A key as the vendor has it. */
  remote(keyId: string | undefined): KeyWithAccount | undefined {
    return this.emulator.admin.keys().find(({ id }) => id === keyId);
  }

  /** The state of a key in the vendor account. */
  stateOf(keyId: string | undefined): string | undefined {
    return this.remote(keyId)?.status;
  }

  /** How many values the vendor was asked for, by creates and by rolls. */
  mints(): number {
    const { createApiKey = 0, rollApiKey = 0 } = this.emulator.admin.counters();
    return createApiKey + rollApiKey;
  }

  /** The status with which the data plane answers a value. */
  async authenticates(value: string): Promise<number> {
    return (await this.authenticate(value)).status;
  }

  /** The same, and the mode that the data plane takes the key for. */
  async authenticate(value: string): Promise<{ readonly status: number; readonly mode: string | undefined }> {
    const answer = await fetch(`${this.emulator.url}/envelopes`, { headers: { "x-api-key": value } });
    const { data } = answerSchema.safeParse(await answer.json());
    return { status: answer.status, mode: data?.mode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#controllers.map(async (controller) => controller.stop()));
    await this.kube.close();
    await this.emulator.close();
    await this.cluster.stop();
  }
}

const answerSchema = z.looseObject({ mode: z.string().optional() });

function yaml(manifests: readonly object[]): string {
  return manifests.map((manifest) => stringify(manifest)).join("---\n");
}
