import type { TestProject } from "vitest/node";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { prepareToolchain, type Toolchain } from "./toolchain.ts";

declare module "vitest" {
  export interface ProvidedContext {
    toolchain: Toolchain;
  }
}

/** What the examples need that run in a cluster. A build takes minutes: no test should find out in the middle. */
const BINARIES = [
  "etcd",
  "kube-apiserver",
  "kubectl",
  "kube-controller-manager",
  "kwok",
  "pulumi-resource-kubernetes",
] as const;

/** Has the engine and packs the package, once for all tests. vitest calls it only when a test of this project is selected. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of BINARIES) await findBinary(name);
  const { toolchain, remove } = await prepareToolchain();
  project.provide("toolchain", toolchain);
  return remove;
}
