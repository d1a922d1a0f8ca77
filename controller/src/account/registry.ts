import { accountKey, type AccountRef } from "./account-ref.ts";
import { AccountRuntime } from "./runtime.ts";

/** The accounts that this process knows, by the object that declares them. */
export class AccountRegistry {
  readonly #accounts = new Map<string, AccountRuntime>();
  /** Those of the cluster among them: there are few. */
  readonly #clusterAccounts = new Map<string, AccountRuntime>();
  readonly #now: () => number;
  readonly #onDoubt: (ref: AccountRef) => void;
  readonly #stopping: AbortSignal | undefined;

  /** @param options.onDoubt is called with an account that is to be looked at again. */
  constructor(options: {
    readonly now: () => number;
    readonly onDoubt: (ref: AccountRef) => void;
    /** Aborts when the process stops working. */
    readonly stopping?: AbortSignal | undefined;
  }) {
    this.#stopping = options.stopping;
    this.#now = options.now;
    this.#onDoubt = options.onDoubt;
  }

  find(ref: AccountRef): AccountRuntime | undefined {
    return this.#accounts.get(accountKey(ref));
  }

  /** All accounts. */
  list(): readonly AccountRuntime[] {
    return [...this.#accounts.values()];
  }

  /** All objects that name a vendor account. */
  standingFor(vendorAccount: string): readonly AccountRuntime[] {
    return this.list().filter((runtime) => runtime.vendorAccount === vendorAccount);
  }

  /** The ClusterAccounts that name a vendor account, by name: they govern it, also while they cannot be used. */
  governorsOf(vendorAccount: string | undefined): readonly AccountRuntime[] {
    if (vendorAccount === undefined) return [];
    return [...this.#clusterAccounts.values()]
      .filter((runtime) => runtime.vendorAccount === vendorAccount)
      .toSorted((left, right) => (accountKey(left.ref) < accountKey(right.ref) ? -1 : 1));
  }

  /** The Accounts for which an object decides besides itself: those that name the vendor account of a ClusterAccount. */
  governedBy(ref: AccountRef): readonly AccountRef[] {
    const vendorAccount = ref.kind === "ClusterAccount" ? this.find(ref)?.vendorAccount : undefined;
    if (vendorAccount === undefined) return [];
    return this.standingFor(vendorAccount)
      .map((runtime) => runtime.ref)
      .filter(({ kind }) => kind === "Account");
  }

  /** The account's runtime, made if there is none yet. */
  ensure(ref: AccountRef): AccountRuntime {
    const known = this.find(ref);
    if (known !== undefined) return known;
    const runtime = new AccountRuntime(ref, {
      now: this.#now,
      onDoubt: () => this.#onDoubt(ref),
      stopping: this.#stopping,
    });
    this.#accounts.set(accountKey(ref), runtime);
    if (ref.kind === "ClusterAccount") this.#clusterAccounts.set(accountKey(ref), runtime);
    return runtime;
  }

  /** Forgets an account whose object is gone, and closes its connections. */
  async remove(ref: AccountRef): Promise<void> {
    const runtime = this.find(ref);
    this.#accounts.delete(accountKey(ref));
    this.#clusterAccounts.delete(accountKey(ref));
    await runtime?.replaceClient(undefined)?.close();
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const runtimes = [...this.#accounts.values()];
    await Promise.all(runtimes.map(async (runtime) => runtime.replaceClient(undefined)?.close()));
  }
}
