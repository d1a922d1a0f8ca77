import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import { ManagementClient, type ContractMapping, type ProxyRules } from "@signatureapi-keys/management-api";
import type { Registry } from "@prometheus-io/client";
import type { Logger } from "pino";
import { accountRefOfKey, type AccountRef } from "./account/account-ref.ts";
import type { AccountDocument } from "./account/document.ts";
import { AccountJournal } from "./account/journal.ts";
import { AccountLimiters } from "./account/limiters.ts";
import { AccountReconciler } from "./account/reconcile.ts";
import { AccountRegistry } from "./account/registry.ts";
import { LeftKeys } from "./allowance/left-keys.ts";
import { MintLedger } from "./allowance/ledger.ts";
import { apiKeyDocuments, type ApiKeyDocument } from "./apikey/document.ts";
import { ChangedEmergencies } from "./apikey/emergencies.ts";
import type { ApiKeyEnvironment, StepHooks } from "./apikey/environment.ts";
import { ApiKeyJournal } from "./apikey/journal.ts";
import { AlteredMemory } from "./apikey/altered.ts";
import { FightMemory } from "./apikey/fights.ts";
import { LatestSeen } from "./apikey/latest.ts";
import { LiveClaims } from "./apikey/live-claims.ts";
import { LostEntries } from "./apikey/lost-entries.ts";
import { reconcileApiKey } from "./apikey/reconcile.ts";
import { cachesByKind, createCaches, type Caches } from "./caches.ts";
import type { EventSink } from "./events.ts";
import { FindingsMemory } from "./inventory/findings.ts";
import { Inventory } from "./inventory/inventory.ts";
import { InventoryJournal } from "./inventory/journal.ts";
import {
  ControllerRunner,
  keyOf,
  parseKey,
  RecentVersions,
  systemClock,
  WorkQueue,
  type ControllerRunnerOptions,
  type Fence,
  type KubeClient,
  type KubeMetrics,
  type ReconcileContext,
  type ResourceType,
} from "./kube/index.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { observedMetrics } from "./observed-metrics.ts";
import type { ControllerOptions } from "./options.ts";
import type { Standing } from "./startup.ts";
import { inPortions } from "./random.ts";
import { Triggers, type Memories, type Queues } from "./triggers.ts";
import { BaseUrlPolicy } from "./validation/base-url.ts";

/** Looks at accounts wait for somebody else's server: this many may wait at the same time. */
const ACCOUNT_WORKERS = { concurrency: 4, mostAside: 64 };
/** Each sweep may hold a listing of several MiB. */
const INVENTORY_WORKERS = { concurrency: 2, mostAside: 8 };

/** What all parts of a controller share. */
export interface Surroundings {
  readonly options: ControllerOptions;
  readonly standing: Standing;
  readonly log: Logger;
  readonly kube: KubeClient;
  readonly fence: Fence;
  readonly events: EventSink;
  readonly metrics: ControllerMetrics;
  readonly kubeMetrics: KubeMetrics;
  /** Where the metrics are. */
  readonly metricsRegistry: Registry;
  readonly userAgent: string;
  /** Which proxies lead to the management API. */
  readonly proxies: ProxyRules;
  /** What the management API calls the things of the contract; by default what the contract calls them. */
  readonly contract?: ContractMapping | undefined;
  readonly timing?: Timing | undefined;
  readonly hooks?: StepHooks | undefined;
  /** Aborts when the process stops working. */
  readonly stopping: AbortSignal;
}

/** The parts of a controller, connected and not started. */
export interface Parts {
  readonly caches: Caches;
  readonly triggers: Triggers;
  readonly registry: AccountRegistry;
  readonly runners: readonly ControllerRunner[];
}

/** What the parts are connected by. */
interface Connections extends Surroundings {
  readonly timing: Timing;
  readonly apiKeyType: ResourceType<ApiKeyDocument>;
  readonly caches: Caches;
  readonly memories: Memories;
  readonly triggers: Triggers;
  readonly registry: AccountRegistry;
}

/** Makes caches, queues and reconcilers, and connects them. Nothing runs yet. */
export function assemble(surroundings: Surroundings): Parts {
  const { options, standing, timing = DEFAULT_TIMING, stopping } = surroundings;
  const rules = {
    allowedTypes: options.allowedSecretTypes,
    allowedMetadata: options.allowedSecretMetadata,
    reservedNamespaces: ["kube-system", standing.ownNamespace],
    seesPods: standing.seesPods,
  };
  const apiKeyType = apiKeyDocuments(rules, new RecentVersions(systemClock));
  const caches = cachesFor(surroundings, apiKeyType);
  const queues = {
    apiKeys: queue(surroundings, "apikey", options.resync),
    accounts: queue(surroundings, "account", options.resync),
    inventories: queue(surroundings, "inventory", options.inventoryInterval),
  };
  const memories = memoriesFor(surroundings, timing);
  observedMetrics(surroundings.metricsRegistry, {
    caches: cachesByKind(caches),
    ledger: memories.ledger,
    now: Date.now,
  });
  const triggers = new Triggers(caches, queues, memories, timing.settleTime);
  triggers.connect();
  const registry = new AccountRegistry({
    now: Date.now,
    onDoubt: (ref) => triggers.recheckAccount(ref),
    stopping,
  });
  const connections = { ...surroundings, timing, apiKeyType, caches, memories, triggers, registry };
  return { caches, triggers, registry, runners: runnersFor(connections, queues) };
}

/** The account that a reference names, as the caches show it. */
function findAccount(caches: Caches, ref: AccountRef): AccountDocument | undefined {
  const cache = ref.kind === "Account" ? caches.accounts : caches.clusterAccounts;
  return cache?.store.get(keyOf({ metadata: ref }));
}

function cachesFor(
  { kube, options, standing, log, metrics }: Surroundings,
  apiKeyType: ResourceType<ApiKeyDocument>,
): Caches {
  return createCaches({
    client: kube,
    apiKeyType,
    namespaces: options.namespaces,
    clusterScoped: standing.clusterScoped,
    secretAccess: options.secretAccess,
    ownNamespace: standing.ownNamespace,
    onError: (kind, problem) => {
      if (problem.during === "parse") metrics.skippedObjects.inc({ kind });
      const error = String(problem.error);
      log.warn({ kind, during: problem.during, error }, "watching had a problem and continues");
    },
  });
}

function memoriesFor({ options, standing }: Surroundings, timing: Timing): Memories {
  const { installation } = standing;
  const budgets = { namespace: options.namespaceMintBudget, account: options.accountMintBudget };
  return {
    ledger: new MintLedger(budgets, timing),
    leftKeys: new LeftKeys({
      installation,
      previousInstallations: options.previousInstallations,
      timing,
    }),
    latest: new LatestSeen(),
    emergencies: new ChangedEmergencies(),
    lostEntries: new LostEntries(),
    fights: new FightMemory(),
    altered: new AlteredMemory(),
    findings: new FindingsMemory(),
  };
}

function runnersFor(connections: Connections, queues: Queues): readonly ControllerRunner[] {
  const { concurrency } = connections.options;
  const workers = { concurrency };
  const accountWorkers = {
    ...ACCOUNT_WORKERS,
    concurrency: Math.min(ACCOUNT_WORKERS.concurrency, concurrency),
  };
  const env = apiKeyEnvironment(connections);
  const accounts = accountReconciler(connections);
  const inventory = inventoryFor(connections, env, accounts);
  return [
    runner(connections, "account", queues.accounts, accountWorkers, async (key, { aside }) =>
      accounts.reconcile(accountRefOfKey(key), aside),
    ),
    runner(connections, "apikey", queues.apiKeys, workers, async (key, { stopping, aside }) => {
      const { namespace = "", name } = parseKey(key);
      return reconcileApiKey(env, { namespace, name }, stopping, aside);
    }),
    // A sweep waits for one account nearly all the time.
    runner(connections, "inventory", queues.inventories, INVENTORY_WORKERS, async (key, { aside }) =>
      aside(async () => inventory.reconcile(accountRefOfKey(key))),
    ),
  ];
}

function apiKeyEnvironment(connections: Connections): ApiKeyEnvironment {
  const { options, standing, caches, memories, hooks } = connections;
  return {
    kube: connections.kube,
    apiKeyType: connections.apiKeyType,
    apiKeys: caches.apiKeys.store,
    secrets: caches.secrets?.store,
    namespaces: caches.namespaces?.store,
    scope: options.namespaces,
    accounts: connections.registry,
    installation: standing.installation,
    previousInstallations: options.previousInstallations,
    readOnly: options.readOnly,
    fence: connections.fence,
    timing: connections.timing,
    restartsWorkloads: standing.restartsWorkloads,
    seesPods: standing.seesPods,
    claims: new LiveClaims(connections.kube, connections.apiKeyType, options.namespaces),
    ...memories,
    journal: new ApiKeyJournal(connections.log, connections.events, connections.metrics),
    now: Date.now,
    randomBytes: inPortions(),
    sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    ...(hooks === undefined ? {} : { hooks }),
  };
}

function accountReconciler(connections: Connections): AccountReconciler {
  const { options, standing, caches, memories, triggers, registry, timing, log, events, metrics } =
    connections;
  return new AccountReconciler({
    kube: connections.kube,
    findAccount: (ref) => findAccount(caches, ref),
    countUsers: (ref) => triggers.countUsers(ref),
    registry,
    limiters: new AccountLimiters(metrics),
    baseUrls: new BaseUrlPolicy(options.allowedBaseUrls),
    clusterResourceNamespace: standing.ownNamespace,
    readOnly: options.readOnly,
    makeClient: (client) =>
      new ManagementClient({
        ...client,
        proxies: connections.proxies,
        contract: connections.contract,
        allowedRanges: options.allowedAddressRanges,
        deadlines: { requestMs: timing.requestDeadline },
        userAgent: connections.userAgent,
        onRequest: ({ operation, code, durationSeconds }) => {
          metrics.managementRequests.inc({ operation, code });
          metrics.managementDuration.observe({ operation }, durationSeconds);
        },
      }),
    leftKeys: memories.leftKeys,
    journal: new AccountJournal(log, events, metrics),
    onChange: (ref) => triggers.accountChanged(ref),
    now: Date.now,
    resyncMs: options.resync,
    inventoryMs: options.inventoryInterval,
    stopping: connections.stopping,
    retryMs: { failure: timing.retryAfterFailure, refusal: timing.retryAfterRefusal },
  });
}

function inventoryFor(
  { options, caches, triggers, stopping, log, events, metrics }: Connections,
  apiKey: ApiKeyEnvironment,
  accounts: AccountReconciler,
): Inventory {
  return new Inventory({
    apiKey,
    accounts: apiKey.accounts,
    namespaces: options.namespaces,
    findings: apiKey.findings,
    journal: new InventoryJournal(log, events, metrics),
    findAccount: (ref) => findAccount(caches, ref),
    report: async (runtime) => accounts.reportInventory(runtime),
    onFinding: (found) => triggers.recheckApiKey(found),
    onRelief: (namespace) => triggers.limitRelieved(namespace),
    onResume: (ref) => triggers.accountChanged(ref),
    stopping,
    intervalMs: options.inventoryInterval,
    retryMs: apiKey.timing.retryAfterFailure,
  });
}

function queue({ kubeMetrics }: Surroundings, name: string, maxDelayMs: number): WorkQueue {
  const made = new WorkQueue({ metrics: kubeMetrics.queue(name), maxDelayMs });
  kubeMetrics.observeQueue(name, made);
  return made;
}

function runner(
  { kubeMetrics, log }: Surroundings,
  name: string,
  work: WorkQueue,
  workers: Pick<ControllerRunnerOptions, "concurrency" | "mostAside">,
  reconcile: (key: string, context: ReconcileContext) => Promise<{ requeueAfterMs?: number }>,
): ControllerRunner {
  return new ControllerRunner({
    queue: work,
    ...workers,
    reconcile: async (key, _deadline, context) => reconcile(key, context),
    metrics: kubeMetrics.controller(name),
    onError: (error, key) =>
      log.error(
        { controller: name, object: key, error: String(error) },
        "the reconcile failed and is tried again",
      ),
  });
}
