import { Reflector, leaseType, type KubeClient } from "@signatureapi-keys/controller/kube";

/** One state of a Lease as the API server stored it. */
export interface LeaseState {
  /** `""` for nobody. */
  readonly holder: string;
  /** Milliseconds since the epoch, by the clock of who wrote it. */
  readonly renewedAt: number;
  readonly transitions: number;
}

/** Every change of holder of a Lease. */
export class LeaseHistory implements AsyncDisposable {
  readonly states: LeaseState[] = [];
  readonly #reflector: Reflector<ReturnType<(typeof leaseType)["schema"]["parse"]>>;
  readonly #looks = new Set<() => void>();

  private constructor(client: KubeClient, namespace: string, name: string) {
    this.#reflector = new Reflector({ client, type: leaseType, namespace });
    const note = ({ metadata, spec }: ReturnType<(typeof leaseType)["schema"]["parse"]>): void => {
      if (metadata.name !== name) return;
      const holder = spec?.holderIdentity ?? "";
      if (this.states.at(-1)?.holder === holder) return;
      const renewedAt = Date.parse(spec?.renewTime ?? "");
      this.states.push({ holder, renewedAt, transitions: spec?.leaseTransitions ?? 0 });
      for (const look of this.#looks) look();
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
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.states.length >= count) resolve();
    };
    this.#looks.add(look);
    look();
    await promise;
    this.#looks.delete(look);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reflector.stop();
  }
}
