import type { TestProject } from "vitest/node";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { startCluster } from "./start-cluster.ts";
import { findWorkloadBinaries } from "./workloads.ts";

/** What the tests run. Had before the first test, since a build takes longer than any test may. */
const BINARIES = ["etcd", "kube-apiserver", "kubectl", "helm", "prometheus", "promtool"] as const;

/**
 * Starts the shared cluster for the vitest project that names this file as its global setup.
 * vitest calls it only when a test of that project is selected. Returns what stops the cluster after the last test.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of BINARIES) await findBinary(name);
  await findWorkloadBinaries();
  const cluster = await startCluster();
  const { url, folder, caFile, kubeconfigFile, kubeconfig, adminToken } = cluster;
  project.provide("cluster", { url, folder, caFile, kubeconfigFile, kubeconfig, adminToken });
  return async () => cluster.stop();
}
