import { apiKeyStatusSchema, type ApiKeyStatus } from "@signatureapi-keys/controller/resources";
import type { WorkloadKind } from "@signatureapi-keys/lifecycle";
import { isReady } from "../e2e/conditions.ts";
import { OneKey } from "../e2e/one-key.ts";
import type { Manifest } from "../e2e/manifests.ts";
import { PODS, workloadType, type Workload } from "./resources.ts";
import { workload, type WorkloadOptions } from "./workload.ts";

/** An ApiKey, and the workloads of its namespace, in a world whose workloads roll out. */
export class KeyWithDependents extends OneKey {
  /** Applies workloads, and waits until they have rolled out. */
  async deploy(...all: readonly WorkloadOptions[]): Promise<void> {
    await this.world.apply(...all.map((options) => workload(this.namespace, options)));
    for (const { kind = "Deployment", name = "app" } of all) await this.rolledOut(kind, name);
  }

  /** Waits until a workload's Pods all are as its template says. */
  async rolledOut(kind: WorkloadKind, name = "app"): Promise<void> {
    const args = ["rollout", "status", `${kind.toLowerCase()}/${name}`, "--timeout=30s"];
    const { code, stderr } = await this.world.cluster.kubectl(["-n", this.namespace, ...args]);
    // kubectl does not wait for OnDelete.
    if (code !== 0 && !stderr.includes("only available for RollingUpdate")) throw new Error(stderr);
  }

  /** Asks for a rotation, and waits until the new key is recorded. */
  async rotate(rotation: Manifest = {}): Promise<ApiKeyStatus> {
    const before = await this.status();
    await this.change({ rotation: { trigger: `after ${before.fingerprint}`, ...rotation } });
    return this.untilStatus(
      ({ fingerprint, attempt }) => fingerprint !== before.fingerprint && attempt === undefined,
    );
  }

  /** The message of the condition that says why a previous key is held, once it does so for this reason. */
  async held(reason: string): Promise<string> {
    return this.until((object) => {
      const { conditions = [] } = apiKeyStatusSchema.parse(object?.status ?? {});
      return isReady(object) && conditions.find((condition) => condition.reason === reason)?.message;
    });
  }

  async workload(kind: WorkloadKind = "Deployment", name = "app"): Promise<Workload> {
    return this.world.kube.get(workloadType(kind), { namespace: this.namespace, name });
  }

  /** How often a workload's spec was changed since it was made. */
  async changes(kind: WorkloadKind = "Deployment", name = "app"): Promise<number> {
    return ((await this.workload(kind, name)).metadata.generation ?? 0) - 1;
  }

  async pods(): Promise<readonly string[]> {
    const { items } = await this.world.kube.listAll(PODS, { namespace: this.namespace });
    return items.map(({ metadata }) => metadata.uid);
  }

  /** Runs kubectl in its namespace. @throws Error with its message where it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.world.cluster.kubectl(["-n", this.namespace, ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}
