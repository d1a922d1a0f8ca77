import type { Timing } from "@signatureapi-keys/lifecycle";
import { ProxyRules, type ContractMapping } from "@signatureapi-keys/management-api";
import type { Logger } from "pino";
import { Registry } from "@prometheus-io/client";
import type { AccountDocument } from "./account/document.ts";
import { recordedAccount } from "./account/status.ts";
import type { StepHooks } from "./apikey/environment.ts";
import { buildInfo } from "./build-info.ts";
import { assemble, type Parts } from "./assembly.ts";
import { cachesOf, type Caches } from "./caches.ts";
import { eventSink } from "./events.ts";
import {
  EventRecorder,
  Fence,
  KubeClient,
  KubeMetrics,
  repeat,
  systemClock,
  type ClusterAccess,
  type LeaseDurations,
} from "./kube/index.ts";
import { controllerMetrics } from "./metrics.ts";
import type { ControllerOptions } from "./options.ts";
import { FIELD_MANAGER } from "./resources/names.ts";
import { findStanding, type Standing } from "./startup.ts";

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
  /** Which proxies lead to the management API; by default none. */
  readonly proxies?: ProxyRules;
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
  /** Changes are made only while it is open; the caller that runs an election guards and closes it. */
  readonly fence = new Fence();
  readonly #context: ControllerContext;
  readonly #kubeMetrics = new KubeMetrics(this.registry);
  readonly #metrics = controllerMetrics(this.registry);
  readonly #kube: KubeClient;
  readonly #events: EventRecorder;
  readonly #stopping = new AbortController();
  #parts: Started | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    buildInfo(this.registry, context.options);
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
      onDropped: (reason) => this.#metrics.droppedEvents.inc({ reason }),
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
   * @throws OptionsError if the mapping that `--contract` names cannot be used.
   */
  async prepare(): Promise<Standing> {
    const { options, inCluster, log } = this.#context;
    const contract = await mappingOf(options);
    const standing = await findStanding(this.#kube, options, inCluster);
    warnOfLimits(this.#context, standing);
    const { timing, hooks } = this.#context;
    this.#parts = {
      ...assemble({
        options,
        standing,
        log,
        kube: this.#kube,
        fence: this.fence,
        events: eventSink(this.#events),
        metrics: this.#metrics,
        kubeMetrics: this.#kubeMetrics,
        metricsRegistry: this.registry,
        userAgent: FIELD_MANAGER,
        proxies: this.#context.proxies ?? new ProxyRules({}),
        contract,
        timing,
        hooks,
        stopping: this.#stopping.signal,
      }),
      endResync: () => {},
    };
    const caches = cachesOf(this.#parts.caches);
    for (const cache of caches) cache.start();
    await Promise.all(caches.map(async (cache) => cache.hasSynced()));
    log.info({ ...standing, apiKeys: this.#parts.caches.apiKeys.store.size }, "caches are filled");
    return standing;
  }

  /** Begins to work. */
  start(): void {
    const parts = this.#assembled();
    // An account that was not looked at yet must not pass for one that does not exist, nor for one that governs nothing.
    for (const account of knownAccounts(parts.caches))
      parts.registry.ensure(account.ref).recall(recordedAccount(account));
    for (const runner of parts.runners) runner.start();
    parts.endResync = repeat(systemClock, this.#context.options.resync, () => parts.triggers.resync());
  }

  /** Ends working: nothing new is begun, what was begun is brought to its end within a grace period. */
  async stopWorking(): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    parts.endResync();
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

  #assembled(): Started {
    if (this.#parts === undefined) throw new TypeError("the controller is prepared before it is started");
    return this.#parts;
  }
}

interface Started extends Parts {
  endResync: () => void;
}

function knownAccounts({ accounts, clusterAccounts }: Caches): readonly AccountDocument[] {
  return [...accounts.store.list(), ...(clusterAccounts?.store.list() ?? [])];
}

/** Warns of what does not work with the rights that the controller has, and with what it was told to see. */
function warnOfLimits({ options, log }: ControllerContext, standing: Standing): void {
  if (options.namespaces !== undefined) {
    log.warn(
      { namespaces: options.namespaces },
      "only some namespaces are seen (--namespaces): a key whose ApiKey is not seen is never called deleted. It is reported as unaccounted, and not revoked, also where a ClusterAccount says orphans: Revoke",
    );
  }
  if (options.secretAccess === "get") {
    log.warn(
      "Secrets are read one by one (--secret-access get): a Secret that is edited or deleted is noticed at the next resync only",
    );
  }
  if (!standing.clusterScoped) {
    log.warn("cluster-scoped objects cannot be read: ClusterAccounts do not work here, only Accounts do");
  }
  if (options.workloadAccess === "restart" && !standing.restartsWorkloads) {
    log.warn(
      "Deployments, StatefulSets and DaemonSets may not be listed: no workload is restarted when a value changes, and no rollout delays a revocation. Grant list and patch, or start with --workload-access none",
    );
  }
  if (options.podAccess === "list" && !standing.seesPods) {
    log.warn("Pods may not be listed: ApiKeys with spec.rotation.holdWhileInUse are refused; grant it");
  }
}

/** Few need a mapping, and its reader brings a parser of YAML: so it is loaded on demand. */
async function mappingOf({ contractFile }: ControllerOptions): Promise<ContractMapping | undefined> {
  if (contractFile === undefined) return undefined;
  const { readContractFile } = await import("./contract-file.ts");
  return readContractFile(contractFile);
}
