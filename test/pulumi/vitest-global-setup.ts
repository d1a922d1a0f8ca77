import type { TestProject } from "vitest/node";
import { prepareToolchain, type Toolchain } from "./toolchain.ts";

declare module "vitest" {
  export interface ProvidedContext {
    toolchain: Toolchain;
  }
}

/** Has the engine and packs the package, once for all tests. vitest calls it only when a test of this project is selected. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { toolchain, remove } = await prepareToolchain();
  project.provide("toolchain", toolchain);
  return remove;
}
