import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterClient, type ClusterConnection } from "./cluster-client.ts";
import { httpsRequest } from "./https-request.ts";
import { type ClusterLayout, clusterLayout } from "./layout.ts";
import { logTail } from "./log-tail.ts";
import type { ProcessSpec, SupervisedProcess, Supervisor } from "./supervise.ts";

/** Between two looks at /readyz. */
const POLL_MS = 50;

/** What a cluster is made of once its port is known. */
export interface ClusterParts {
  readonly supervisor: Supervisor;
  readonly etcd: ProcessSpec;
  readonly runningEtcd: SupervisedProcess;
  readonly apiServer: ProcessSpec;
  /** How long a start may take until /readyz says ok, in milliseconds. */
  readonly readyTimeoutMs: number;
}

/** A running test cluster: the client's abilities, and control over its processes. */
export class Cluster extends ClusterClient {
  /** The API server's audit log, one JSON event per line, written only if the cluster was started with `audit`. */
  readonly auditLogFile: string;
  readonly #parts: ClusterParts;
  readonly #layout: ClusterLayout;
  #etcd: SupervisedProcess;
  #apiServer: SupervisedProcess | undefined;
  readonly #beside = new Map<ProcessSpec, SupervisedProcess>();
  #snapshots = 0;

  constructor(connection: ClusterConnection, parts: ClusterParts) {
    super(connection);
    this.#parts = parts;
    this.#etcd = parts.runningEtcd;
    this.#layout = clusterLayout(connection.folder);
    this.auditLogFile = this.#layout.auditLogFile;
  }

  /** The process to end (SIGTERM) when a cluster with `keep` is no longer needed. */
  get supervisorPid(): number {
    return this.#parts.supervisor.pid;
  }

  /**
   * Starts kube-apiserver and waits until it is ready, at the same address as before.
   * Rejects with the end of its log when it ends, or is not ready in time.
   */
  async startApiServer(): Promise<void> {
    if (this.#apiServer !== undefined && this.#apiServer.exit === undefined) return;
    const apiServer = await this.#parts.supervisor.start(this.#parts.apiServer);
    this.#apiServer = apiServer;
    await this.#untilReady(apiServer);
  }

  /** Kills kube-apiserver and waits until it has ended. Connections to it break at once. */
  async stopApiServer(): Promise<void> {
    if (this.#apiServer === undefined) return;
    this.#parts.supervisor.signal(this.#apiServer.name, "SIGKILL");
    await this.#apiServer.untilExit();
  }

  /** Starts etcd; kube-apiserver waits for it. */
  async startEtcd(): Promise<void> {
    if (this.#etcd.exit === undefined) return;
    this.#etcd = await this.#parts.supervisor.start(this.#parts.etcd);
  }

  /** Ends etcd gracefully, so that its folder is complete. */
  async stopEtcd(): Promise<void> {
    this.#parts.supervisor.signal(this.#etcd.name, "SIGTERM");
    await this.#etcd.untilExit();
  }

  /**
   * Copies what etcd holds, as a backup does; both servers are restarted for it.
   *
   * @returns a folder for {@link restoreEtcd}, or for the `etcdData` of another cluster. It goes with this cluster.
   */
  async snapshotEtcd(): Promise<string> {
    const folder = join(this.#layout.folder, `snapshot-${(this.#snapshots += 1)}`);
    await this.#withoutServers(async () => cp(this.#layout.etcdData, folder, { recursive: true }));
    return folder;
  }

  /**
   * Puts a snapshot in the place of what etcd holds: whatever came after it never happened. Who remembers it all the same
   * is started anew, as the documentation of Kubernetes asks for.
   */
  async restoreEtcd(snapshot: string): Promise<void> {
    const { etcdData } = this.#layout;
    await this.#withoutServers(async () => {
      await rm(etcdData, { recursive: true });
      await cp(snapshot, etcdData, { recursive: true });
    });
    for (const [spec, running] of this.#beside) {
      this.#parts.supervisor.signal(spec.name, "SIGKILL");
      await running.untilExit();
      await this.startBeside(spec);
    }
  }

  /** Starts a process that watches the API server. */
  async startBeside(spec: ProcessSpec): Promise<SupervisedProcess> {
    const running = await this.#parts.supervisor.start(spec);
    this.#beside.set(spec, running);
    return running;
  }

  async #withoutServers(work: () => Promise<void>): Promise<void> {
    await this.stopApiServer();
    await this.stopEtcd();
    await work();
    await this.startEtcd();
    await this.startApiServer();
  }

  /** Freezes etcd (SIGSTOP): reads from the watch cache still work, writes hang until they time out. */
  pauseEtcd(): void {
    this.#parts.supervisor.signal("etcd", "SIGSTOP");
  }

  /** Lets etcd go on (SIGCONT); a write that was hanging may still take effect. */
  resumeEtcd(): void {
    this.#parts.supervisor.signal("etcd", "SIGCONT");
  }

  /** Kills everything, waits for it and removes the cluster's folder. May be called again. */
  async stop(): Promise<void> {
    await this.#parts.supervisor.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #untilReady(apiServer: SupervisedProcess): Promise<void> {
    const ca = await readFile(this.caFile, "utf8");
    const deadline = performance.now() + this.#parts.readyTimeoutMs;
    let last = "nothing was answered yet";
    while (performance.now() < deadline) {
      if (apiServer.exit !== undefined) {
        throw await this.#startError(`it ended with ${JSON.stringify(apiServer.exit)}`);
      }
      try {
        // the namespace "default" is made by the API server itself, a moment after it calls itself ready
        for (const path of ["/readyz", "/api/v1/namespaces/default"]) {
          const { status, body } = await httpsRequest(`${this.url}${path}`, {
            ca,
            token: this.adminToken,
            timeoutMs: 2000,
          });
          if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`);
        }
        return;
      } catch (error) {
        last = String(error);
      }
      await delay(POLL_MS);
    }
    throw await this.#startError(`not ready after ${this.#parts.readyTimeoutMs} ms; last: ${last}`);
  }

  async #startError(reason: string): Promise<Error> {
    const { apiServerLog, etcdLog } = this.#layout;
    return new Error(
      `kube-apiserver did not become ready: ${reason}\n` +
        `The end of its log:\n${await logTail(apiServerLog)}\nThe end of etcd's log:\n${await logTail(etcdLog)}`,
    );
  }
}
