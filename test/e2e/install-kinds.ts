import { customResourceDefinitions } from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import type { ClusterClient } from "../cluster/cluster-client.ts";

/** Installs our kinds into a cluster, and resolves once it serves them. @param options of the definitions. */
export async function installKinds(
  cluster: Pick<ClusterClient, "apply" | "kubectl">,
  options: Parameters<typeof customResourceDefinitions>[0] = {},
): Promise<void> {
  const definitions = customResourceDefinitions(options).map((crd) => stringify(crd));
  await cluster.apply(definitions.join("---\n"));
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
}
