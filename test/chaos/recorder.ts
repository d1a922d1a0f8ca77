import {
  losesNothing,
  Reflector,
  type KubeClient,
  type ReflectorProblem,
} from "@signatureapi-keys/controller/kube";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  SECRETS,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import type { Emulator } from "@signatureapi-keys/management-api/emulator";
import { parseTag } from "@signatureapi-keys/lifecycle";
import type {
  ActRecord,
  ApiKeyVersion,
  BornKey,
  OtherKey,
  ReplicaRecord,
  Rollback,
  SecretVersion,
  VendorRequest,
} from "./history.ts";
import { seenApiKey, seenRequest, seenSecret, valueOf } from "./observe.ts";

/** The emulator's log drops what is older than its last 20,000 requests: it is emptied before. */
const LOG_LIMIT = 10_000;

/** The Secrets with management tokens are no part of the history. */
export const CREDENTIALS = "credentials";

interface Watches {
  readonly apiKeys: Reflector<CustomObject>;
  readonly secrets: Reflector<Secret>;
  readonly accounts: readonly Reflector<CustomObject>[];
  readonly all: readonly Pick<Reflector<CustomObject>, "start" | "hasSynced" | "stop">[];
}

/** Notes everything that happens, from watches of its own, which no fault breaks. */
export class Recorder implements AsyncDisposable {
  readonly apiKeys: ApiKeyVersion[] = [];
  readonly secrets: SecretVersion[] = [];
  readonly acts: ActRecord[] = [];
  readonly replicas: ReplicaRecord[] = [];
  readonly requests: VendorRequest[] = [];
  readonly others: OtherKey[] = [];
  /** Secrets that the administrator had to delete, because nothing in them named an owner. */
  conflictsResolved = 0;
  /** Every value that ever stood in a Secret, for the search in what was printed; never printed itself. */
  readonly values = new Set<string>();
  /** What went wrong with the watches: a history with a gap proves nothing. */
  readonly gaps: string[] = [];
  readonly born = new Map<string, BornKey>();
  readonly rollbacks: Rollback[] = [];
  /** What the administrator wanted to do and could not, by the reason. */
  readonly administratorFailures: Record<string, number> = {};
  readonly #client: KubeClient;
  readonly #emulator: Emulator;
  #watches: Watches;
  readonly #looks = new Set<() => void>();

  constructor(client: KubeClient, emulator: Emulator) {
    this.#client = client;
    this.#emulator = emulator;
    this.#watches = this.#watch();
  }

  /** Begins to watch. */
  async start(): Promise<void> {
    for (const reflector of this.#watches.all) {
      reflector.start();
      await reflector.hasSynced();
    }
  }

  /**
   * Watches nothing while the servers are away: after a rollback it would take the resourceVersions of before for those
   * to come. What is there afterwards is noted as new.
   */
  async without<R>(work: () => Promise<R>): Promise<R> {
    await this.#stop();
    const result = await work();
    this.#watches = this.#watch();
    await this.start();
    return result;
  }

  /** The ApiKeys as they are now. */
  liveApiKeys(): readonly CustomObject[] {
    return this.#watches.apiKeys.store.list();
  }

  /** The Secrets as they are now, those of the test's own left out. */
  liveSecrets(): readonly Secret[] {
    return this.#watches.secrets.store.list().filter(isDelivered);
  }

  /** Accounts and ClusterAccounts as they are now. */
  liveAccounts(): readonly CustomObject[] {
    return this.#watches.accounts.flatMap(({ store }) => store.list());
  }

  /** Takes over what the vendor has logged, before it forgets it. */
  collectRequests(): void {
    const { admin } = this.#emulator;
    const count = Object.values(admin.counters()).reduce((sum, one) => sum + one, 0);
    if (count >= LOG_LIMIT) this.#takeRequests();
  }

  /** Takes over the rest of what the vendor has logged. */
  #takeRequests(): void {
    const { admin } = this.#emulator;
    this.requests.push(...admin.requests().map(seenRequest));
    admin.clearRequests();
  }

  /** Resolves as soon as something changes, or after a time. */
  async changed(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#looks.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#looks.delete(resolve);
  }

  /** Notes the keys in the vendor accounts that it has not seen yet. */
  collectKeys(): void {
    for (const { id, description } of this.#emulator.admin.keys())
      if (!this.born.has(id))
        this.born.set(id, { id, seenAt: Date.now(), attempt: parseTag(description)?.attempt });
  }

  /** Notes that the administrator could not do something. */
  noteAdministratorFailure(reason: string): void {
    this.administratorFailures[reason] = (this.administratorFailures[reason] ?? 0) + 1;
  }

  /** Ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#watches.all.map(async (reflector) => reflector.stop()));
  }

  #watch(): Watches {
    const client = this.#client;
    const onError = (problem: ReflectorProblem): void => {
      const goesOn = (problem.during === "list" || problem.during === "watch") && losesNothing(problem.error);
      if (!goesOn) this.gaps.push(JSON.stringify(problem));
    };
    const apiKeys = new Reflector({ client, type: API_KEYS, onError });
    const secrets = new Reflector({ client, type: SECRETS, onError });
    const accounts = [ACCOUNTS, CLUSTER_ACCOUNTS].map((type) => new Reflector({ client, type, onError }));
    const apiKey = (object: CustomObject): void => this.#noteApiKey(object, false);
    const secret = (object: Secret): void => this.#noteSecret(object, false);
    const look = (): void => this.#look();
    apiKeys.addHandler({
      added: apiKey,
      updated: apiKey,
      deleted: (object) => this.#noteApiKey(object, true),
    });
    secrets.addHandler({
      added: secret,
      updated: secret,
      deleted: (object) => this.#noteSecret(object, true),
    });
    for (const reflector of accounts) reflector.addHandler({ added: look, updated: look, deleted: look });
    return { apiKeys, secrets, accounts, all: [apiKeys, secrets, ...accounts] };
  }

  /** The whole of the vendor's log so far. */
  allRequests(): readonly VendorRequest[] {
    this.#takeRequests();
    return this.requests;
  }

  #noteApiKey(object: CustomObject, gone: boolean): void {
    this.apiKeys.push(seenApiKey(object, Date.now(), gone));
    this.#look();
  }

  #noteSecret(secret: Secret, gone: boolean): void {
    if (!isDelivered(secret)) return;
    this.secrets.push(seenSecret(secret, Date.now(), gone));
    const value = valueOf(secret);
    if (value?.startsWith("key_") === true) this.values.add(value);
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}

function isDelivered({ metadata }: Secret): boolean {
  return metadata.name !== CREDENTIALS && metadata.namespace?.startsWith("chaos-") === true;
}
