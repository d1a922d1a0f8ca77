import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import type { Cluster } from "./cluster.ts";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { KUBERNETES_VERSION } from "../../tools/binaries/kubernetes-release.ts";
import { isAtLeast, parseVersion } from "../../tools/binaries/version.ts";
import { clusterLayout } from "./layout.ts";
import { logTail } from "./log-tail.ts";
import type { ProcessSpec, SupervisedProcess } from "./supervise.ts";

/** The one node of a cluster with workloads: kwok plays its kubelet. */
const NODE = "node-0";

/** What makes Deployments, StatefulSets and DaemonSets roll out, and namespaces and orphans go. */
const CONTROLLERS = [
  "deployment-controller",
  "replicaset-controller",
  "statefulset-controller",
  "daemonset-controller",
  "garbage-collector-controller",
  "namespace-controller",
];

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** The programs beside the API server, by their paths. */
export interface WorkloadBinaries {
  readonly controllerManager: string;
  readonly kwok: string;
  /** Only where the API server has no mutating admission policies. */
  readonly scheduler?: string;
}

/** In this version of Kubernetes, mutating admission policies became stable. */
const MUTATING_POLICIES = [1, 36, 0] as const;

/** Finds them before a cluster is started: what cannot be had must not leave one behind. */
export async function findWorkloadBinaries(): Promise<WorkloadBinaries> {
  const chosen = parseVersion(process.env[KUBERNETES_VERSION] ?? "");
  const hasPolicies = chosen === undefined || isAtLeast(chosen, MUTATING_POLICIES);
  return {
    controllerManager: await findBinary("kube-controller-manager"),
    kwok: await findBinary("kwok"),
    ...(hasPolicies ? {} : { scheduler: await findBinary("kube-scheduler") }),
  };
}

/**
 * Lets workloads run in a cluster: kube-controller-manager makes their Pods, an admission policy (or kube-scheduler) is
 * their scheduler, and kwok their kubelet. A Pod is ready some hundred milliseconds after it was made; no container runs.
 *
 * Rejects with the ends of their logs when the node does not become ready.
 */
export async function startWorkloads(
  cluster: Cluster,
  { controllerManager, kwok, scheduler }: WorkloadBinaries,
): Promise<void> {
  const layout = clusterLayout(cluster.folder);
  const manager = await cluster.startBeside({
    name: "kube-controller-manager",
    command: controllerManager,
    args: controllerManagerFlags(cluster.kubeconfigFile),
    logFile: layout.controllerManagerLog,
  });
  const kubelet = await cluster.startBeside(kwokSpec(kwok, cluster.kubeconfigFile, layout.kwokLog));
  const processes = [manager, kubelet];
  if (scheduler !== undefined) {
    const args = [`--kubeconfig=${cluster.kubeconfigFile}`, "--leader-elect=false", "--secure-port=0"];
    const logFile = layout.schedulerLog;
    processes.push(await cluster.startBeside({ name: "kube-scheduler", command: scheduler, args, logFile }));
  }
  const objects = scheduler === undefined ? [...placement(), node()] : [node()];
  await cluster.apply(objects.map((manifest) => stringify(manifest)).join("---\n"));
  // The API server taints a new node until its lifecycle controller says otherwise; there is none.
  const untainted = JSON.stringify({ spec: { taints: null } });
  await cluster.kubectl(["patch", "node", NODE, "--type=merge", "--patch", untainted]);
  await untilReady(cluster, processes);
}

function controllerManagerFlags(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    "--leader-elect=false",
    "--secure-port=0",
    // hundreds of Deployments that roll out at a time
    "--kube-api-qps=1000",
    "--kube-api-burst=2000",
    "--concurrent-deployment-syncs=20",
    "--concurrent-replicaset-syncs=20",
  ];
}

function kwokSpec(command: string, kubeconfig: string, logFile: string): ProcessSpec {
  const args = [
    `--kubeconfig=${kubeconfig}`,
    "--manage-all-nodes=true",
    "--cidr=10.1.0.0/16",
    "--node-ip=127.0.0.1",
    // the node's health is not checked
    "--node-lease-duration-seconds=0",
  ];
  return { name: "kwok", command, args, logFile };
}

function node(): object {
  return { apiVersion: "v1", kind: "Node", metadata: { name: NODE } };
}

/** Gives each Pod that names no node the one that there is. */
function placement(): readonly object[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name: "place-pods" };
  const spec = {
    matchConstraints: {
      resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    },
    matchConditions: [{ name: "unplaced", expression: "!has(object.spec.nodeName)" }],
    failurePolicy: "Fail",
    reinvocationPolicy: "Never",
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: `Object{spec: Object.spec{nodeName: "${NODE}"}}` },
      },
    ],
  };
  return [
    { apiVersion, kind: "MutatingAdmissionPolicy", metadata, spec },
    { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata, spec: { policyName: "place-pods" } },
  ];
}

/** Ready is a node on which a Pod runs: an admission policy works only a moment after it was made. */
async function untilReady(cluster: Cluster, processes: readonly SupervisedProcess[]): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const ended = processes.find(({ exit }) => exit !== undefined);
    if (ended !== undefined)
      throw await startError(cluster, `${ended.name} ended with ${JSON.stringify(ended.exit)}`);
    if (await runsPods(cluster)) return;
    await delay(POLL_MS);
  }
  throw await startError(cluster, `no Pod ran within ${READY_TIMEOUT_MS} ms`);
}

const PROBE = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "probe", namespace: "default" },
  spec: { containers: [{ name: "probe", image: "example.com/probe:1" }] },
};

async function runsPods(cluster: Cluster): Promise<boolean> {
  await cluster.apply(stringify(PROBE));
  const wait = ["-n", "default", "wait", "--for=condition=Ready", "pod/probe", "--timeout=1s"];
  const { code } = await cluster.kubectl(wait);
  await cluster.kubectl(["-n", "default", "delete", "pod/probe", "--force", "--grace-period=0"]);
  return code === 0;
}

async function startError(cluster: Cluster, reason: string): Promise<Error> {
  const { controllerManagerLog, kwokLog } = clusterLayout(cluster.folder);
  return new Error(
    `workloads do not run: ${reason}\nThe end of kube-controller-manager's log:\n${await logTail(controllerManagerLog)}\nThe end of kwok's log:\n${await logTail(kwokLog)}`,
  );
}
