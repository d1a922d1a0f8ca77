import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditLevel, auditPolicy } from "./audit.ts";
import { Cluster, type ClusterParts } from "./cluster.ts";
import { writeCredentials } from "./credentials.ts";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { freePort } from "./free-port.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { type ClusterLayout, clusterLayout } from "./layout.ts";
import { apiServerFlags, etcdFlags } from "./server-flags.ts";
import { Supervisor } from "./supervise.ts";
import { findWorkloadBinaries, startWorkloads } from "./workloads.ts";

export interface ClusterOptions {
  /** Write an audit log at this level (see `Cluster.auditLogFile`). Default: none. */
  readonly audit?: AuditLevel;
  /** More flags for kube-apiserver; a later flag wins over an earlier one. */
  readonly apiServerFlags?: readonly string[];
  /** A snapshot of another cluster to start from: a clone of it, down to the UIDs. See `Cluster.snapshotEtcd`. */
  readonly etcdData?: string;
  /** Let Deployments, StatefulSets and DaemonSets roll out: see workloads.ts. Default: objects are stored, nothing runs. */
  readonly workloads?: boolean;
  /** How long kube-apiserver may take until it is ready, in milliseconds. Default 60,000. */
  readonly readyTimeoutMs?: number;
  /** The cluster outlives this process; a line says how to stop it. Default: it ends with this process. */
  readonly keep?: boolean;
  /** Takes the lines that are meant for a person. Default: standard error. */
  readonly log?: (line: string) => void;
}

/** A free port may be taken by another process before kube-apiserver binds it. */
const PORT_ATTEMPTS = 5;

/**
 * Starts a cluster of etcd and kube-apiserver with a CA, ports and a temporary folder of its own, and waits until it is ready.
 * Objects are stored, admitted and authorised; nothing runs, unless `workloads` is asked for.
 * The cluster ends with `stop()`, or when this process ends, however it ends.
 *
 * Rejects when a binary cannot be had (see findBinary) or a server does not become ready, with the end of its log.
 *
 * @example
 * await using cluster = await startCluster();
 * await cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const [etcd, apiServer] = [await findBinary("etcd"), await findBinary("kube-apiserver")];
  const workloads = options.workloads === true ? await findWorkloadBinaries() : undefined;
  const layout = clusterLayout(await mkdtemp(join(tmpdir(), "signatureapi-keys-cluster-")));
  const supervisor = new Supervisor(layout.folder, options.keep === true);
  try {
    const adminToken = await writeCredentials(layout);
    if (options.audit !== undefined) await writeFile(layout.auditPolicyFile, auditPolicy(options.audit));
    if (options.etcdData !== undefined) await cp(options.etcdData, layout.etcdData, { recursive: true });
    const etcdSpec = { name: "etcd", command: etcd, args: etcdFlags(layout), logFile: layout.etcdLog };
    const store = { etcd: etcdSpec, runningEtcd: await supervisor.start(etcdSpec) };
    const cluster = await startOnFreePort(layout, { supervisor, ...store }, apiServer, adminToken, options);
    if (workloads !== undefined) await startWorkloads(cluster, workloads);
    if (options.keep === true) await keep(cluster, supervisor, options.log ?? logToStderr);
    return cluster;
  } catch (error) {
    await supervisor.stop();
    // in case the supervisor itself could not start
    await rm(layout.folder, { recursive: true, force: true });
    throw error;
  }
}

async function startOnFreePort(
  layout: ClusterLayout,
  parts: Pick<ClusterParts, "supervisor" | "etcd" | "runningEtcd">,
  command: string,
  adminToken: string,
  options: ClusterOptions,
): Promise<Cluster> {
  const ca = await readFile(layout.caFile, "utf8");
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const kubeconfig = renderKubeconfig(url, ca, "admin", { token: adminToken });
    await writeFile(layout.kubeconfigFile, kubeconfig, { mode: 0o600 });
    const { folder, caFile, kubeconfigFile } = layout;
    const flags = apiServerFlags(layout, port, options.audit !== undefined);
    const args = [...flags, ...(options.apiServerFlags ?? [])];
    const cluster = new Cluster(
      { url, folder, caFile, kubeconfigFile, kubeconfig, adminToken },
      {
        ...parts,
        apiServer: { name: "kube-apiserver", command, args, logFile: layout.apiServerLog },
        readyTimeoutMs: options.readyTimeoutMs ?? 60_000,
      },
    );
    try {
      await cluster.startApiServer();
      return cluster;
    } catch (error) {
      const taken = String(error).includes("address already in use");
      if (!taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

const logToStderr = (line: string): void => void process.stderr.write(`${line}\n`);

async function keep(cluster: Cluster, supervisor: Supervisor, log: (line: string) => void): Promise<void> {
  await supervisor.keep();
  log(`The cluster ${cluster.url} keeps running: export KUBECONFIG=${cluster.kubeconfigFile}`);
  log(`To stop it and remove its folder: kill ${supervisor.pid}`);
}
