import { rm } from "node:fs/promises";
import type { EmulatorOptions } from "@signatureapi-keys/management-api/emulator";
import { parse } from "yaml";
import { ControllerChild } from "../e2e/controller-child.ts";
import { namespace } from "../e2e/manifests.ts";
import { World, type WorldParts } from "../e2e/world.ts";
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
  /** A folder that goes with the installation. */
  readonly temporaryFolder?: string;
}

/** A world with the chart installed by helm, whose controllers run as its service account. */
export class Installation extends World {
  /** What the release consists of. */
  readonly objects: readonly Rendered[];
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  readonly #replicas: ControllerChild[] = [];
  readonly #temporaryFolder: string | undefined;

  private constructor(parts: WorldParts, objects: readonly Rendered[], temporaryFolder: string | undefined) {
    super(parts);
    this.objects = objects;
    this.#temporaryFolder = temporaryFolder;
    this.serviceAccount = {
      namespace: SYSTEM,
      name: podOf(only(objects, "Deployment")).pod.serviceAccountName,
    };
  }

  /** Starts the parts; the controller is not started yet. */
  static async install({
    release = {},
    namespaces = {},
    emulator = {},
    temporaryFolder,
  }: InstallationOptions): Promise<Installation> {
    const parts = await World.startParts({ cluster: { audit: "Metadata" }, emulator, crds: false });
    const installation = new Installation(parts, await render(release), temporaryFolder);
    const all = { [SYSTEM]: {}, ...namespaces };
    await installation.apply(...Object.entries(all).map(([name, labels]) => namespace(name, labels)));
    await install(parts.cluster.kubeconfigFile, release);
    await parts.cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    return installation;
  }

  /**
   * Starts the controller with the flags of the Deployment in the cluster, and a token of its service account.
   *
   * @param file what to run; the source by default.
   * @param more flags, which win over those of the Deployment.
   * @param container turns the kubeconfig of the service account into a container that the controller runs in.
   */
  async startReplica(
    file?: string,
    more: readonly string[] = [],
    container?: (kubeconfig: string) => Promise<readonly string[]>,
  ): Promise<ControllerChild> {
    const { name } = only(this.objects, "Deployment").metadata;
    const { stdout } = await this.cluster.kubectl([
      "get",
      "deployment",
      name,
      "--namespace",
      SYSTEM,
      "--output=yaml",
    ]);
    const { pod, container: declared } = podOf(renderedSchema.parse(parse(stdout)));
    const kubeconfig = await this.cluster.serviceAccountKubeconfig({
      namespace: SYSTEM,
      name: pod.serviceAccountName,
    });
    const here = [`--allowed-base-urls=${this.emulator.url}`, "--allowed-secret-metadata=tier"];
    const flags = [...declared.args, ...here, ...more];
    const replica =
      container === undefined
        ? new ControllerChild(kubeconfig, flags, file)
        : new ControllerChild(undefined, flags, file, [], await container(kubeconfig));
    this.#replicas.push(replica);
    return replica;
  }

  /** Whether the release lets its controller list Pods. */
  get listsPods(): boolean {
    return podOf(only(this.objects, "Deployment")).container.args.includes("--pod-access=list");
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#replicas.map(async (replica) => replica.end()));
    await super[Symbol.asyncDispose]();
    if (this.#temporaryFolder !== undefined) await rm(this.#temporaryFolder, { recursive: true });
  }
}
