import type { Facts } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, unknown } = findingsOf("cluster");

/** The oldest minor version of Kubernetes that the chart installs on: ValidatingAdmissionPolicy is stable from there on. */
const OLDEST_MINOR = 30;

/** Whether the version of Kubernetes is supported. */
export function checkCluster({ kubernetes }: Pick<Facts, "kubernetes">): readonly Finding[] {
  if (!("value" in kubernetes)) {
    const remedy = "Check --context and --server, and that kubectl version works.";
    return [unknown(`the version of Kubernetes cannot be read: ${kubernetes.message}`, { remedy })];
  }
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(kubernetes.value) ?? [];
  if (major === undefined || minor === undefined)
    return [unknown(`the version of Kubernetes, ${kubernetes.value}, cannot be understood`)];
  if (Number(major) === 1 && Number(minor) < OLDEST_MINOR) {
    const remedy = `Upgrade the cluster to 1.${OLDEST_MINOR} or newer.`;
    return [problem(`Kubernetes ${kubernetes.value} is older than 1.${OLDEST_MINOR}`, { remedy })];
  }
  return [ok(`Kubernetes ${kubernetes.value} is supported`)];
}
