import { Reflector, leaseType, type KubeClient } from "@signatureapi-keys/controller/kube";
import { Changes } from "../e2e/changes.ts";

/** One state of a Lease as the API server stored it. */
export interface LeaseState {
  /** Empty where the lease is free. */
  readonly holder: string;
  /** Milliseconds since the epoch, by the clock of who wrote it. */
  readonly renewedAt: number;
  readonly transitions: number;
}

/** Every change of holder of a Lease. */
export class LeaseHistory implements AsyncDisposable {
  readonly states: LeaseState[] = [];
  readonly #reflector: Reflector<ReturnType<(typeof leaseType)["schema"]["parse"]>>;
  readonly #changes = new Changes();

  private constructor(client: KubeClient, namespace: string, name: string) {
    this.#reflector = new Reflector({ client, type: leaseType, namespace });
    const note = ({ metadata, spec }: ReturnType<(typeof leaseType)["schema"]["parse"]>): void => {
      if (metadata.name !== name) return;
      const holder = spec?.holderIdentity ?? "";
      if (this.states.at(-1)?.holder === holder) return;
      const renewedAt = Date.parse(spec?.renewTime ?? "");
      this.states.push({ holder, renewedAt, transitions: spec?.leaseTransitions ?? 0 });
      this.#changes.report();
    };
    this.#reflector.addHandler({ added: note, updated: note });
  }

  /** Begins to watch. */
  static async start(client: KubeClient, namespace: string, name: string): Promise<LeaseHistory> {
    const history = new LeaseHistory(client, namespace, name);
    history.#reflector.start();
    await history.#reflector.hasSynced();
    return history;
  }

  /** Resolves once there are so many states. */
  async until(count: number): Promise<void> {
    await this.#changes.until(() => this.states.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reflector.stop();
  }
}
