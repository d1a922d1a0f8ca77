import { randomBytes } from "node:crypto";
import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import { ManagementClient } from "@signatureapi-keys/management-api";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { AccountJournal } from "./account/journal.ts";
import { AccountLimiters } from "./account/limiters.ts";
import { AccountReconciler } from "./account/reconcile.ts";
import { AccountRegistry } from "./account/registry.ts";
import type { AccountRef } from "./account/runtime.ts";
import type { ApiKeyEnvironment } from "./apikey/environment.ts";
import { ApiKeyJournal } from "./apikey/journal.ts";
import { Allowances } from "./apikey/allowances.ts";
import { BoundedMints } from "./apikey/bounded-mints.ts";
import { LatestSeen } from "./apikey/latest.ts";
import { MintPauses } from "./apikey/mint-pauses.ts";
import { reconcileApiKey } from "./apikey/reconcile.ts";
import type { StepHooks } from "./apikey/steps/context.ts";
import { cachesOf, createCaches, type Caches } from "./caches.ts";
import type { EventSink } from "./events.ts";
import {
  ControllerRunner,
  EventRecorder,
  Fence,
  KubeClient,
  KubeMetrics,
  keyOf,
  parseKey,
  WorkQueue,
  type ClusterAccess,
  type LeaseDurations,
} from "./kube/index.ts";
import { FindingsMemory } from "./inventory/findings.ts";
import { Inventory } from "./inventory/inventory.ts";
import { InventoryJournal } from "./inventory/journal.ts";
import { controllerMetrics } from "./metrics.ts";
import type { ControllerOptions } from "./options.ts";
import { BaseUrlPolicy } from "./validation/base-url.ts";
import { findStanding, type Standing } from "./startup.ts";
import type { CustomObject } from "./resources/types.ts";
import { accountRefOfKey, Triggers, type Memories } from "./triggers.ts";

const FIELD_MANAGER = "signatureapi-controller";
/** Longer than a request and a commit together, so that a pending commit is finished before the process ends. */
const STOP_GRACE_MS = 95_000;
const EVENT_FLUSH_MS = 2_000;

/** What a controller runs in. */
export interface ControllerContext {
  readonly options: ControllerOptions;
  readonly access: ClusterAccess;
  /** Whether it runs in a Pod of the cluster it looks after. */
  readonly inCluster: boolean;
  readonly log: Logger;
  /** Names this replica in events. */
  readonly identity: string;
  readonly timing?: Timing;
  readonly hooks?: StepHooks;
  /** The election's durations, client-go's by default. */
  readonly lease?: LeaseDurations;
}

/**
 * The controller: caches, queues, workers. It is made, started once, and stopped once.
 *
 * Guarantees: it starts working only with synced caches; after `stop` resolves, nothing of it runs any more, and
 * no minted value was left uncommitted unless the grace period ran out.
 */
export class Controller {
  readonly registry = new Registry();
  /** What is changed only while it is open; whoever runs an election guards and closes it. */
  readonly fence = new Fence();
  readonly #context: ControllerContext;
  readonly #kubeMetrics = new KubeMetrics(this.registry);
  readonly #metrics = controllerMetrics(this.registry);
  readonly #kube: KubeClient;
  readonly #events: EventRecorder;
  readonly #stopping = new AbortController();
  #parts: Parts | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { access, log, identity } = context;
    this.#kube = KubeClient.fromKubeConfig(access, {
      fieldManager: FIELD_MANAGER,
      onRequest: this.#kubeMetrics.onRequest,
      fence: this.fence,
    });
    this.#events = new EventRecorder({
      client: this.#kube,
      reportingController: "signatureapi.com/controller",
      reportingInstance: identity,
      onProblem: (problem, error) => log.debug({ error: String(error) }, problem),
    });
  }

  /** The client of the API server, for the election that the caller may run. */
  get kube(): KubeClient {
    return this.#kube;
  }

  /** For the election's metric. */
  get kubeMetrics(): KubeMetrics {
    return this.#kubeMetrics;
  }

  /** Whether the caches are filled: a replica that waits for the lease is ready too. */
  get ready(): boolean {
    return this.#parts !== undefined && cachesOf(this.#parts.caches).every((cache) => cache.synced);
  }

  /**
   * Looks at the cluster and fills the caches; works on nothing yet.
   *
   * @throws StartupError where the cluster lacks what the controller needs.
   */
  async prepare(): Promise<Standing> {
    const { options, inCluster, log } = this.#context;
    const standing = await findStanding(this.#kube, options, inCluster);
    if (!standing.clusterScoped) {
      log.warn("cluster-scoped objects cannot be read: ClusterAccounts do not work here, only Accounts do");
    }
    if (options.workloadAccess === "restart" && !standing.restartsWorkloads) {
      log.warn(
        "Deployments, StatefulSets and DaemonSets may not be listed: no workload is restarted when a value changes, and none is waited for; grant list and patch, or start with --workload-access none",
      );
    }
    if (options.podAccess === "list" && !standing.seesPods) {
      log.warn("Pods may not be listed: ApiKeys with spec.rotation.holdWhileInUse are refused; grant it");
    }
    this.#parts = this.#assemble(standing);
    const caches = cachesOf(this.#parts.caches);
    for (const cache of caches) cache.start();
    await Promise.all(caches.map(async (cache) => cache.hasSynced()));
    log.info({ ...standing, apiKeys: this.#parts.caches.apiKeys.store.size }, "caches are filled");
    return standing;
  }

  /** Begins to work. */
  start(): void {
    const parts = this.#assembled();
    // Whoever works on an ApiKey before its account was looked at must not take it for one that does not exist.
    for (const account of knownAccounts(parts.caches)) parts.registry.ensure(account);
    for (const runner of parts.runners) runner.start();
    parts.resync = setInterval(() => parts.triggers.resync(), this.#context.options.resync);
    parts.resync.unref();
  }

  /** Ends working: nothing new is begun, what was begun is brought to its end within a grace period. */
  async stopWorking(): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    clearInterval(parts.resync);
    this.#stopping.abort();
    const left = (await Promise.all(parts.runners.map(async (runner) => runner.stop(STOP_GRACE_MS)))).flat();
    if (left.length === 0) return;
    this.#context.log.error({ left }, "some objects were still being worked on when the grace period ended");
  }

  /** Ends everything: work first, then caches, events and connections. */
  async stop(): Promise<void> {
    await this.stopWorking();
    const parts = this.#parts;
    if (parts !== undefined) {
      await Promise.all(cachesOf(parts.caches).map(async (cache) => cache.stop()));
      await parts.registry.close();
    }
    await this.#events.flush(EVENT_FLUSH_MS);
    await this.#kube.close();
  }

  #assembled(): Parts {
    if (this.#parts === undefined) throw new TypeError("the controller is prepared before it is started");
    return this.#parts;
  }

  #assemble(standing: Standing): Parts {
    const { options, log } = this.#context;
    const timing = this.#context.timing ?? DEFAULT_TIMING;
    const caches = createCaches({
      client: this.#kube,
      namespaces: options.namespaces,
      clusterScoped: standing.clusterScoped,
      secretAccess: options.secretAccess,
      ownNamespace: standing.ownNamespace,
      onError: (kind, problem) =>
        log.warn(
          { kind, during: problem.during, error: String(problem.error) },
          "watching had a problem and goes on",
        ),
    });
    const queues = {
      apiKeys: this.#queue("apikey", options.resync),
      accounts: this.#queue("account", options.resync),
      inventories: this.#queue("inventory", options.inventoryInterval),
    };
    const memories: Memories = {
      pauses: new MintPauses(),
      mints: new BoundedMints(),
      allowances: new Allowances(
        { namespace: options.namespaceMintBudget, account: options.accountMintBudget },
        timing,
      ),
      latest: new LatestSeen(),
      findings: new FindingsMemory(),
    };
    const triggers = new Triggers(caches, queues, memories, standing.ownNamespace);
    triggers.connect();
    const registry = new AccountRegistry({
      now: Date.now,
      onDoubt: (ref) => triggers.recheckAccount(ref),
      stopping: this.#stopping.signal,
    });
    const accounts = this.#accountReconciler(standing, caches, triggers, registry, timing);
    const env = this.#environment(standing, caches, registry, memories, timing);
    const inventory = this.#inventory(env, accounts, caches, triggers);
    const runners = [
      this.#runner("account", queues.accounts, Math.min(4, options.concurrency), async (key) =>
        accounts.reconcile(accountRefOfKey(key)),
      ),
      this.#runner("apikey", queues.apiKeys, options.concurrency, async (key, stopping) => {
        const { namespace = "", name } = parseKey(key);
        return reconcileApiKey(env, { namespace, name }, stopping);
      }),
      this.#runner("inventory", queues.inventories, 2, async (key) =>
        inventory.reconcile(accountRefOfKey(key)),
      ),
    ];
    return { caches, triggers, registry, runners, resync: undefined };
  }

  #environment(
    standing: Standing,
    caches: Caches,
    registry: AccountRegistry,
    { pauses, mints, allowances, latest, findings }: Memories,
    timing: Timing,
  ): ApiKeyEnvironment {
    const { options, log, hooks } = this.#context;
    return {
      kube: this.#kube,
      apiKeys: caches.apiKeys.store,
      secrets: caches.secrets?.store,
      namespaces: caches.namespaces?.store,
      scope: options.namespaces,
      accounts: registry,
      installation: standing.installation,
      previousInstallations: options.previousInstallations,
      readOnly: options.readOnly,
      fence: this.fence,
      timing,
      rules: {
        allowedTypes: options.allowedSecretTypes,
        allowedMetadata: options.allowedSecretMetadata,
        reservedNamespaces: ["kube-system", standing.ownNamespace],
        seesPods: standing.seesPods,
      },
      restartsWorkloads: standing.restartsWorkloads,
      pauses,
      mints,
      allowances,
      latest,
      findings,
      journal: new ApiKeyJournal(log, this.#sink(), this.#metrics),
      now: Date.now,
      randomBytes,
      sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      ...(hooks === undefined ? {} : { hooks }),
    };
  }

  #accountReconciler(
    standing: Standing,
    caches: Caches,
    triggers: Triggers,
    registry: AccountRegistry,
    timing: Timing,
  ): AccountReconciler {
    const { options, log } = this.#context;
    return new AccountReconciler({
      kube: this.#kube,
      findAccount: (ref) => findAccount(caches, ref),
      countUsers: (ref) => triggers.countUsers(ref),
      registry,
      limiters: new AccountLimiters(),
      baseUrls: new BaseUrlPolicy(options.allowedBaseUrls),
      clusterResourceNamespace: standing.ownNamespace,
      readOnly: options.readOnly,
      makeClient: (client) =>
        new ManagementClient({
          ...client,
          deadlines: { requestMs: timing.requestDeadline },
          userAgent: FIELD_MANAGER,
          onRequest: ({ operation, code }) => this.#metrics.managementRequests.inc({ operation, code }),
        }),
      journal: new AccountJournal(log, this.#sink(), this.#metrics),
      onChange: (ref) => triggers.accountChanged(ref),
      now: Date.now,
      resyncMs: options.resync,
      inventoryMs: options.inventoryInterval,
      stopping: this.#stopping.signal,
      retryMs: { failure: timing.retryAfterFailure, refusal: timing.retryAfterRefusal },
    });
  }

  #inventory(
    env: ApiKeyEnvironment,
    accounts: AccountReconciler,
    caches: Caches,
    triggers: Triggers,
  ): Inventory {
    const { options, log } = this.#context;
    return new Inventory({
      apiKey: env,
      accounts: env.accounts,
      namespaces: options.namespaces,
      findings: env.findings,
      journal: new InventoryJournal(log, this.#sink(), this.#metrics),
      findAccount: (ref) => findAccount(caches, ref),
      report: async (runtime) => accounts.reportInventory(runtime),
      onFinding: (apiKey) => triggers.recheckApiKey(apiKey),
      onResume: (ref) => triggers.accountChanged(ref),
      stopping: this.#stopping.signal,
      intervalMs: options.inventoryInterval,
      retryMs: env.timing.retryAfterFailure,
    });
  }

  #sink(): EventSink {
    return {
      record: (object, { type, reason, action, note }) => {
        const { name, namespace, uid, resourceVersion } = object.metadata;
        const regarding = {
          apiVersion: object.apiVersion,
          kind: object.kind,
          name,
          namespace,
          uid,
          resourceVersion,
        };
        this.#events.record({ regarding, type, reason, action, note });
      },
    };
  }

  #queue(name: string, resync: number): WorkQueue {
    const queue = new WorkQueue({ metrics: this.#kubeMetrics.queue(name), maxDelayMs: resync });
    this.#kubeMetrics.observeQueue(name, queue);
    return queue;
  }

  #runner(
    name: string,
    queue: WorkQueue,
    concurrency: number,
    reconcile: (key: string, stopping: AbortSignal) => Promise<{ requeueAfterMs?: number }>,
  ): ControllerRunner {
    return new ControllerRunner({
      queue,
      concurrency,
      reconcile: async (key, _deadline, { stopping }) => reconcile(key, stopping),
      metrics: this.#kubeMetrics.controller(name),
      onError: (error, key) =>
        this.#context.log.error(
          { controller: name, object: key, error: String(error) },
          "the reconcile failed and is tried again",
        ),
    });
  }
}

function knownAccounts({ accounts, clusterAccounts }: Caches): readonly AccountRef[] {
  const objects = [...accounts.store.list(), ...(clusterAccounts?.store.list() ?? [])];
  return objects.map((object) => accountRefOfKey(keyOf(object)));
}

function findAccount(caches: Caches, ref: AccountRef): CustomObject | undefined {
  const cache = ref.kind === "Account" ? caches.accounts : caches.clusterAccounts;
  return cache?.store.get(keyOf({ metadata: ref }));
}

interface Parts {
  readonly caches: Caches;
  readonly triggers: Triggers;
  readonly registry: AccountRegistry;
  readonly runners: readonly ControllerRunner[];
  resync: NodeJS.Timeout | undefined;
}
