import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { KubeClient, loadKubeConfig } from "@signatureapi-keys/controller/kube";
import {
  API_KEYS,
  customResourceDefinitions,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import type { Cluster } from "../../test/cluster/cluster.ts";
import { freePort } from "../../test/cluster/free-port.ts";
import { startCluster } from "../../test/cluster/start-cluster.ts";
import { isReady } from "../../test/e2e/conditions.ts";
import { namespace, readyNamespace, type Manifest } from "../../test/e2e/manifests.ts";
import { AuditLog } from "./audit.ts";
import { buildBundle, type Bundle } from "./bundle.ts";
import type { CeilingJob } from "./ceiling.ts";
import { ControllerProcess } from "./controller-process.ts";
import { EmulatorProcess } from "./emulator-process.ts";
import { inTurns } from "./in-turns.ts";
import { NodeProcess } from "./processes.ts";

/** The namespace of the ApiKeys that are measured, and its account, which allows the most that an Account can. */
export const BENCH = "bench";
/** Like it, with the vendor's limit. */
export const LIMITED = "limit";
/** As fast as {@link BENCH}, for ApiKeys that are made while something else is measured. */
export const ARRIVALS = "comes";
/** Whom the audit log names. */
export const CONTROLLER = "bench-controller";
export const SCRIPT = "bench-script";
/** The administrator, who creates and changes ApiKeys. */
export const USER = "admin";

/** The management token of a namespace's account. */
export function tokenFor(inNamespace: string): string {
  return `token-of-${inNamespace}`;
}

/** The most that an Account takes. */
export const FAST = { requestsPerSecond: 1_000, burst: 1_000 };
/** How many of its own requests the benchmark has on the way when it makes or changes objects. */
const OWN_REQUESTS = 16;
const LOOK_MS = 250;
/** Names of one length: so has a request of each key the same size. */
const NAME_DIGITS = 6;

/** The names of ApiKeys, all of one length. */
export function keyNames(count: number, first = 0): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `key-${String(first + index).padStart(NAME_DIGITS, "0")}`,
  );
}

export interface ControllerSettings {
  readonly flags?: readonly string[];
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[];
  /** By default, the API server itself, as the user {@link CONTROLLER}. */
  readonly kubeconfig?: string;
}

/** An API server, an emulator and a built controller, each a process of its own. The scenarios share them. */
export class Ground implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly bundle: Bundle;
  readonly audit: AuditLog;
  /** A folder for what a scenario writes. */
  readonly folder: string;
  readonly #kubeconfigs: Readonly<Record<typeof CONTROLLER | typeof SCRIPT, string>>;
  #emulator: EmulatorProcess;
  #kube: KubeClient;
  #empty = "";
  #processes = 0;

  private constructor(
    parts: Pick<Ground, "cluster" | "bundle" | "folder" | "emulator" | "kube">,
    kubeconfigs: Record<typeof CONTROLLER | typeof SCRIPT, string>,
  ) {
    this.cluster = parts.cluster;
    this.bundle = parts.bundle;
    this.folder = parts.folder;
    this.audit = new AuditLog(parts.cluster.auditLogFile);
    this.#emulator = parts.emulator;
    this.#kube = parts.kube;
    this.#kubeconfigs = kubeconfigs;
  }

  /** Builds the controller and starts the others, with CRDs and accounts, and no ApiKey. */
  static async start(): Promise<Ground> {
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-bench-"));
    // What was started before a failure ends with it.
    await using started = new AsyncDisposableStack();
    started.defer(async () => rm(folder, { recursive: true, force: true }));
    const bundle = await buildBundle(folder);
    // The log must stay one file: by default the API server begins another one after 100 MB.
    const cluster = started.use(
      await startCluster({
        audit: "Metadata",
        apiServerFlags: ["--audit-log-maxsize=100000"],
        readyTimeoutMs: SERVER_PATIENCE_MS,
      }),
    );
    const groups = ["system:masters"];
    const kubeconfigs = {
      [CONTROLLER]: await cluster.userKubeconfig({ user: CONTROLLER, groups }),
      [SCRIPT]: await cluster.userKubeconfig({ user: SCRIPT, groups }),
    };
    const emulator = started.use(await startEmulator(folder, 0));
    const ground = new Ground(
      { cluster, bundle, folder, emulator, kube: await client(cluster) },
      kubeconfigs,
    );
    await ground.apply(...customResourceDefinitions({ validation: true }));
    await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    await ground.apply(
      namespace("signatureapi-system"),
      ...readyNamespace(BENCH, emulator.url, tokenFor(BENCH), { rateLimit: FAST }),
      ...readyNamespace(ARRIVALS, emulator.url, tokenFor(ARRIVALS), { rateLimit: FAST }),
      ...readyNamespace(LIMITED, emulator.url, tokenFor(LIMITED)),
    );
    ground.#empty = await ground.snapshot();
    started.move();
    return ground;
  }

  get kube(): KubeClient {
    return this.#kube;
  }

  get emulator(): EmulatorProcess {
    return this.#emulator;
  }

  /** What the API server holds now, for {@link restore}. No controller may run. */
  async snapshot(): Promise<string> {
    const snapshot = await this.cluster.snapshotEtcd();
    await this.#connectAgain();
    return snapshot;
  }

  /** The API server as it was, by default with no ApiKey; the emulator without keys. No controller may run. */
  async restore(snapshot = this.#empty): Promise<void> {
    await this.cluster.restoreEtcd(snapshot);
    const { port } = this.#emulator;
    await this.#emulator[Symbol.asyncDispose]();
    this.#emulator = await startEmulator(this.folder, port);
    await this.#connectAgain();
  }

  async #connectAgain(): Promise<void> {
    await this.#kube.close();
    this.#kube = await client(this.cluster);
  }

  async apply(...manifests: readonly object[]): Promise<void> {
    await this.cluster.apply(manifests.map((manifest) => stringify(manifest)).join("---\n"));
  }

  /** Starts the bundle as the image does, but with more keys at a time. Resolves at once: see `untilReady`. */
  async startController(settings: ControllerSettings = {}): Promise<ControllerProcess> {
    const { flags = [], nodeFlags = [], kubeconfig = this.#kubeconfigs[CONTROLLER] } = settings;
    const port = await freePort();
    const args = [
      ...nodeFlags,
      this.bundle.launcher,
      `--kubeconfig=${kubeconfig}`,
      `--allowed-base-urls=${this.#emulator.url}`,
      "--leader-elect=true",
      "--concurrency=32",
      "--namespace-mint-budget=1000000",
      "--account-mint-budget=1000000",
      "--metrics-address=127.0.0.1:0",
      `--health-address=127.0.0.1:${port}`,
      ...flags,
    ];
    return new ControllerProcess(args, this.#outputFile("controller"), port);
  }

  /** Runs the bare script, and resolves when its last request is answered; it waits then. */
  async runScript(job: Pick<CeilingJob, "template" | "concurrency" | "arrivals">): Promise<NodeProcess> {
    const access = await loadKubeConfig({ kubeconfigPath: this.#kubeconfigs[SCRIPT] });
    const { tls } = await access.read(false);
    const management = { origin: new URL(this.#emulator.url).origin, token: tokenFor(BENCH) };
    const file = join(this.folder, "job.json");
    await writeFile(
      file,
      JSON.stringify({ server: access.server, tls, management, namespace: BENCH, ...job }),
    );
    const script = new NodeProcess([CEILING, file], this.#outputFile("script"));
    await script.said(/(all requests are answered)/);
    return script;
  }

  /** Creates ApiKeys, as fast as the API server takes them. */
  async createKeys(inNamespace: string, names: readonly string[], spec: Manifest = KEY_SPEC): Promise<void> {
    await inTurns(names, OWN_REQUESTS, async (name) => {
      await this.#kube.create(API_KEYS, { metadata: { namespace: inNamespace, name }, spec });
    });
  }

  /** Changes the specs of ApiKeys, as fast as the API server takes it. */
  async changeKeys(inNamespace: string, names: readonly string[], spec: Manifest): Promise<void> {
    await inTurns(names, OWN_REQUESTS, async (name) => {
      await this.#kube.patch(API_KEYS, { namespace: inNamespace, name }, { spec }, { type: "merge" });
    });
  }

  /** Creates ApiKeys one after another, so many a second, whatever becomes of them. */
  async createKeysAtRate(inNamespace: string, names: readonly string[], perSecond: number): Promise<void> {
    await Promise.all(
      names.map(async (name, index) => {
        await delay((index * 1_000) / perSecond);
        await this.#kube.create(API_KEYS, { metadata: { namespace: inNamespace, name }, spec: KEY_SPEC });
      }),
    );
  }

  /** All ApiKeys of a namespace, with their status. */
  async keysIn(inNamespace: string): Promise<readonly CustomObject[]> {
    return (await this.#kube.listAll(API_KEYS, { namespace: inNamespace })).items;
  }

  /** Looks until at least so many ApiKeys are as wanted, by default ready. @throws Error where they are not in time. */
  async untilKeys(
    inNamespace: string,
    count: number,
    wanted: (object: CustomObject) => boolean = (object) => isReady(object) === true,
  ): Promise<void> {
    // A whole list costs what many requests of the controller cost: the pauses grow with it.
    const pause = LOOK_MS + count / 5;
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = (await this.keysIn(inNamespace)).filter((object) => wanted(object)).length;
      if (found >= count) return;
      if (performance.now() > deadline)
        throw new Error(`only ${found} of ${count} ApiKeys are done after ${PATIENCE_MS / 60_000} min`);
      await delay(pause);
    }
  }

  /** The administrator's CA, for a proxy in front of the API server. */
  async ca(): Promise<string> {
    return readFile(this.cluster.caFile, "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kube.close();
    await this.#emulator[Symbol.asyncDispose]();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #outputFile(name: string): string {
    return join(this.folder, `${name}-${(this.#processes += 1)}.log`);
  }
}

/** An API server on a loaded machine starts slowly, and nothing is measured meanwhile. */
const SERVER_PATIENCE_MS = 5 * 60_000;
const PATIENCE_MS = 30 * 60_000;
const CEILING = new URL("ceiling.ts", import.meta.url).pathname;

/** What the measured ApiKeys declare. */
export const KEY_SPEC = { mode: "live", rotation: { overlap: "24h" } };

async function client(cluster: Cluster): Promise<KubeClient> {
  const access = await loadKubeConfig({ kubeconfigPath: cluster.kubeconfigFile });
  return KubeClient.fromKubeConfig(access, { fieldManager: "bench" });
}

async function startEmulator(folder: string, port: number): Promise<EmulatorProcess> {
  const accounts = [BENCH, ARRIVALS, LIMITED].map((name) => ({ id: `acc_${name}`, token: tokenFor(name) }));
  return EmulatorProcess.start(accounts, join(folder, "emulator.log"), port);
}
