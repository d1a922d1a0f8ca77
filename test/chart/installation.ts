import { KubeClient, loadKubeConfig } from "@signatureapi-keys/controller/kube";
import {
  startEmulator,
  type Emulator,
  type EmulatorOptions,
} from "@signatureapi-keys/management-api/emulator";
import { parse, stringify } from "yaml";
import type { Cluster } from "../cluster/cluster.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { namespace } from "../e2e/manifests.ts";
import { Watcher } from "../e2e/watcher.ts";
import type { Manifest } from "../e2e/world.ts";
import { ControllerProcess } from "./controller-process.ts";
import { install, render, type Release } from "./helm.ts";
import { only, podOf, renderedSchema, type Rendered } from "./rendered.ts";

/** The namespace of the release. */
export const SYSTEM = "signatureapi-system";

/** What a test installs, and where. */
export interface InstallationOptions {
  readonly release?: Release;
  /** Namespaces that are there before the release, with their labels. */
  readonly namespaces?: Readonly<Record<string, Record<string, string>>>;
  readonly emulator?: EmulatorOptions;
}

/** A fresh cluster with the chart installed by helm, an emulator, and the controller as its service account. */
export class Installation implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly emulator: Emulator;
  readonly kube: KubeClient;
  readonly watcher: Watcher;
  /** What the release consists of. */
  readonly objects: readonly Rendered[];
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  readonly #controllers: ControllerProcess[] = [];

  private constructor(parts: {
    cluster: Cluster;
    emulator: Emulator;
    kube: KubeClient;
    objects: readonly Rendered[];
  }) {
    this.cluster = parts.cluster;
    this.emulator = parts.emulator;
    this.kube = parts.kube;
    this.objects = parts.objects;
    this.watcher = new Watcher(parts.kube);
    this.serviceAccount = {
      namespace: SYSTEM,
      name: podOf(only(parts.objects, "Deployment")).pod.serviceAccountName,
    };
  }

  /** Starts the parts; the controller is not started yet. */
  static async start({
    release = {},
    namespaces = {},
    emulator,
  }: InstallationOptions): Promise<Installation> {
    const cluster = await startCluster({ audit: "Metadata" });
    const access = await loadKubeConfig({ kubeconfigPath: cluster.kubeconfigFile });
    const parts = {
      cluster,
      emulator: await startEmulator({ rateLimit: 1_000, burst: 1_000, ...emulator }),
      kube: KubeClient.fromKubeConfig(access, { fieldManager: "test" }),
      objects: await render(release),
    };
    const installation = new Installation(parts);
    const all = { [SYSTEM]: {}, ...namespaces };
    await installation.apply(...Object.entries(all).map(([name, labels]) => namespace(name, labels)));
    await install(cluster.kubeconfigFile, release);
    await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    return installation;
  }

  /** Starts the controller with the flags of the Deployment that stands in the cluster, and a token of its service account. */
  async startController(file?: string): Promise<ControllerProcess> {
    const { name } = only(this.objects, "Deployment").metadata;
    const { stdout } = await this.cluster.kubectl([
      "get",
      "deployment",
      name,
      "--namespace",
      SYSTEM,
      "--output=yaml",
    ]);
    const { pod, container } = podOf(renderedSchema.parse(parse(stdout)));
    const kubeconfig = await this.cluster.serviceAccountKubeconfig({
      namespace: SYSTEM,
      name: pod.serviceAccountName,
    });
    const controller = ControllerProcess.start({
      args: container.args,
      kubeconfig,
      baseUrl: this.emulator.url,
      ...(file === undefined ? {} : { file }),
    });
    this.#controllers.push(controller);
    return controller;
  }

  /** Whether the release lets its controller list Pods. */
  get listsPods(): boolean {
    return podOf(only(this.objects, "Deployment")).container.args.includes("--pod-access=list");
  }

  /** Applies manifests as the administrator; throws with kubectl's message where one is refused. */
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
