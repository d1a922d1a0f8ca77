import type { Dependent } from "../view/dependents.ts";
import type { Guard } from "../view/guard.ts";

/** The workload that uses the Secret of an ApiKey, and asks to be restarted with it. */
interface ModelWorkload {
  readonly version: number;
  /** The fingerprint that its Pod template names. */
  readonly told: string | undefined;
  /** The value that its Pods read when they started; undefined while there is nothing to read. */
  readonly pods: string | undefined;
  readonly rolledOut: boolean;
}

const NEW: ModelWorkload = { version: 1, told: undefined, pods: undefined, rolledOut: false };

/** One workload for each ApiKey, by the name of that. Rollouts take as long as somebody likes. */
export class Workloads {
  readonly #all = new Map<string, ModelWorkload>();

  /** The value that Pods have in their memory. */
  podsOf(object: string): string | undefined {
    return this.#of(object).pods;
  }

  /** As a live listing shows it. */
  shown(object: string): Dependent {
    const { version, told, rolledOut } = this.#of(object);
    return {
      kind: "Deployment",
      name: object,
      uid: `workload-${object}`,
      resourceVersion: String(version),
      createdAt: 0,
      fingerprint: told,
      restartedAt: undefined,
      rollout: { state: rolledOut ? "complete" : "progressing" },
    };
  }

  /** Names a value in its Pod template; the same one again is no change. */
  restart(object: string, guard: Guard, fingerprint: string): "done" | "conflict" {
    const workload = this.#of(object);
    if (guard.resourceVersion !== String(workload.version)) return "conflict";
    if (workload.told === fingerprint) return "done";
    const { version } = workload;
    this.#all.set(object, { ...workload, version: version + 1, told: fingerprint, rolledOut: false });
    return "done";
  }

  /** Somebody else writes to it. */
  touch(object: string): void {
    const workload = this.#of(object);
    this.#all.set(object, { ...workload, version: workload.version + 1 });
  }

  /** All its Pods are replaced, if that is under way, by such as read this value. */
  rollOut(object: string, value: string | undefined): void {
    const workload = this.#of(object);
    // A Pod without its Secret does not start.
    if (value === undefined || workload.rolledOut) return;
    this.#all.set(object, { ...workload, version: workload.version + 1, pods: value, rolledOut: true });
  }

  #of(object: string): ModelWorkload {
    return this.#all.get(object) ?? NEW;
  }
}
