import { inject } from "vitest";
import { ClusterClient, type ClusterConnection } from "./cluster-client.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Provided by vitest-global-setup.ts to the tests of the project "cluster". */
    cluster: ClusterConnection;
  }
}

/**
 * The cluster that all test files of a run share, for use inside a test.
 * Keep to namespaces and names of your own; a test that breaks or restarts servers starts a cluster of its own.
 */
export function sharedCluster(): ClusterClient {
  return new ClusterClient(inject("cluster"));
}
