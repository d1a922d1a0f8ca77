import { keyOf, Reflector } from "@signatureapi-keys/controller/kube";
import { ControllerChild } from "../e2e/controller-child.ts";
import type { World } from "../e2e/world.ts";
import { podOf, renderedSchema } from "../chart/rendered.ts";
import { workloadType, type Workload } from "../workloads/resources.ts";

const NAME = "signatureapi-controller";

/** A controller that runs because a Deployment asks for it. */
interface Running {
  readonly flags: string;
  readonly child: ControllerChild;
}

/**
 * Runs the controller for each Deployment of the chart in a cluster, as its service account and with its arguments, as
 * long as the Deployment is there: what no container does in a test cluster.
 */
export class DeployedControllers implements AsyncDisposable {
  readonly #world: World;
  readonly #reflector: Reflector<Workload>;
  readonly #running = new Map<string, Running>();
  /** Changes are followed one after the other. */
  #last: Promise<void> = Promise.resolve();
  #output = "";

  private constructor(world: World) {
    this.#world = world;
    this.#reflector = new Reflector({ client: world.kube, type: workloadType("Deployment") });
  }

  static start(world: World): DeployedControllers {
    const deployed = new DeployedControllers(world);
    const follow = (): void => deployed.#follow();
    deployed.#reflector.addHandler({ added: follow, updated: follow, deleted: follow });
    deployed.#reflector.start();
    return deployed;
  }

  /** What all of them have printed. */
  get output(): string {
    return this.#output + [...this.#running.values()].map(({ child }) => child.output).join("");
  }

  #follow(): void {
    this.#last = this.#last.then(async () => this.#apply());
  }

  async #apply(): Promise<void> {
    const wanted = new Map(
      this.#reflector.store
        .list()
        .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] === NAME)
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map((deployment) => [keyOf(deployment), deployment]),
    );
    for (const [key, { flags }] of this.#running) {
      const deployment = wanted.get(key);
      if (deployment === undefined || flagsOf(deployment).join(" ") !== flags) await this.#end(key);
    }
    for (const [key, deployment] of wanted) {
      if (!this.#running.has(key)) await this.#begin(key, deployment);
    }
  }

  async #begin(key: string, deployment: Workload): Promise<void> {
    const { pod } = podOf(renderedSchema.parse(deployment));
    const namespace = deployment.metadata.namespace ?? "";
    const kubeconfig = await this.#world.cluster.serviceAccountKubeconfig({
      namespace,
      name: pod.serviceAccountName,
    });
    const flags = flagsOf(deployment);
    const child = new ControllerChild(kubeconfig, [
      ...flags,
      `--allowed-base-urls=${this.#world.emulator.url}`,
    ]);
    this.#running.set(key, { flags: flags.join(" "), child });
  }

  async #end(key: string): Promise<void> {
    const running = this.#running.get(key);
    this.#running.delete(key);
    await running?.child.end();
    this.#output += running?.child.output ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reflector.stop();
    await this.#last;
    for (const key of this.#running.keys()) await this.#end(key);
  }
}

function flagsOf(deployment: Workload): readonly string[] {
  return podOf(renderedSchema.parse(deployment)).container.args;
}
