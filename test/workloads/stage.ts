import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { kubeObjectSchema, type ResourceType } from "@signatureapi-keys/controller/kube";
import type { WorkloadKind } from "@signatureapi-keys/lifecycle";
import { z } from "zod";
import { isReady } from "../e2e/conditions.ts";
import { apiKey, readyNamespace } from "../e2e/manifests.ts";
import { World, type Manifest } from "../e2e/world.ts";
import { workload, type WorkloadOptions } from "./workload.ts";

export type Status = ReturnType<typeof apiKeyStatusSchema.parse>;

const podSchema = kubeObjectSchema.extend({
  status: z.looseObject({ phase: z.string().optional() }).optional(),
});
type Pod = z.infer<typeof podSchema>;

export const PODS: ResourceType<Pod> = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  namespaced: true,
  schema: podSchema,
};

const workloadSchema = kubeObjectSchema.extend({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
    }),
  }),
  status: z.looseObject({ observedGeneration: z.number().optional() }).optional(),
});
type Workload = z.infer<typeof workloadSchema>;

const PLURALS: Readonly<Record<WorkloadKind, string>> = {
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  DaemonSet: "daemonsets",
};

export function workloadType(kind: WorkloadKind): ResourceType<Workload> {
  return {
    group: "apps",
    version: "v1",
    kind,
    plural: PLURALS[kind],
    namespaced: true,
    schema: workloadSchema,
  };
}

/** A cluster whose workloads roll out, and the namespaces of tests in it: each has an ApiKey `app`. */
export class Stage implements AsyncDisposable {
  readonly world: World;

  private constructor(world: World) {
    this.world = world;
  }

  static async open(): Promise<Stage> {
    const world = await World.start({
      cluster: { workloads: true },
      emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
    });
    return new Stage(world);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }

  /** Declares the ApiKey, and waits until its key is delivered and nothing is under way. */
  async ready(namespace: string, spec: Manifest = {}): Promise<Status> {
    await this.world.apply(
      ...readyNamespace(namespace, this.world.emulator.url),
      apiKey(namespace, "app", spec),
    );
    await this.world.watcher.until(API_KEYS, { namespace, name: "app" }, isReady);
    return this.status(namespace, ({ attempt }) => attempt === undefined);
  }

  /** Applies workloads, and waits until they have rolled out. */
  async deploy(namespace: string, ...all: readonly WorkloadOptions[]): Promise<void> {
    await this.world.apply(...all.map((options) => workload(namespace, options)));
    for (const { kind = "Deployment", name = "app" } of all) await this.rolledOut(namespace, kind, name);
  }

  /** Waits until a workload's Pods all are as its template says. */
  async rolledOut(namespace: string, kind: WorkloadKind, name = "app"): Promise<void> {
    const args = ["-n", namespace, "rollout", "status", `${kind.toLowerCase()}/${name}`, "--timeout=30s"];
    const { code, stderr } = await this.world.cluster.kubectl(args);
    // OnDelete is nothing that kubectl waits for.
    if (code !== 0 && !stderr.includes("only available for RollingUpdate")) throw new Error(stderr);
  }

  /** Changes the ApiKey's spec. */
  async change(namespace: string, spec: Manifest): Promise<void> {
    await this.world.kube.patch(API_KEYS, { namespace, name: "app" }, { spec }, { type: "merge" });
  }

  /** Asks for a rotation, and waits until the new key is recorded. */
  async rotate(namespace: string, rotation: Manifest = {}): Promise<Status> {
    const before = await this.status(namespace, () => true);
    await this.change(namespace, { rotation: { trigger: `after ${before.fingerprint}`, ...rotation } });
    return this.status(
      namespace,
      ({ fingerprint, attempt }) => fingerprint !== before.fingerprint && attempt === undefined,
    );
  }

  /** The status once it looks as is wanted. */
  async status(namespace: string, wanted: (status: Status) => boolean): Promise<Status> {
    return this.world.watcher.until(API_KEYS, { namespace, name: "app" }, (object) => {
      const status = apiKeyStatusSchema.parse(object?.status ?? {});
      return wanted(status) ? status : undefined;
    });
  }

  /** The message of the condition that tells why a previous key is held, once it does so for this reason. */
  async held(namespace: string, reason: string): Promise<string> {
    return this.world.watcher.until(
      API_KEYS,
      { namespace, name: "app" },
      (object: CustomObject | undefined) => {
        const { conditions = [] } = apiKeyStatusSchema.parse(object?.status ?? {});
        return isReady(object) && conditions.find((condition) => condition.reason === reason)?.message;
      },
    );
  }

  async workload(namespace: string, kind: WorkloadKind = "Deployment", name = "app"): Promise<Workload> {
    return this.world.kube.get(workloadType(kind), { namespace, name });
  }

  /** How often a workload's spec was changed since it was made. */
  async changes(namespace: string, kind: WorkloadKind = "Deployment", name = "app"): Promise<number> {
    return ((await this.workload(namespace, kind, name)).metadata.generation ?? 0) - 1;
  }

  async pods(namespace: string): Promise<readonly string[]> {
    const { items } = await this.world.kube.listAll(PODS, { namespace });
    return items.map(({ metadata }) => metadata.uid);
  }

  /** Runs kubectl in a namespace. @throws Error with its message where it fails. */
  async kubectl(namespace: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.world.cluster.kubectl(["-n", namespace, ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  keyState(keyId: string | undefined): string | undefined {
    return this.world.emulator.admin.keys().find(({ id }) => id === keyId)?.status;
  }

  async value(namespace: string): Promise<string> {
    const { data } = await this.world.kube.get(SECRETS, { namespace, name: "app" });
    return Buffer.from(data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
  }
}
