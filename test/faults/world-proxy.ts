import { readFile } from "node:fs/promises";
import type { ClusterAccess } from "@signatureapi-keys/controller/kube";
import type { World } from "../e2e/world.ts";
import { KubeProxy } from "./kube-proxy.ts";

/** A proxy in front of a world's own API server. */
export async function proxyOf({ cluster }: World): Promise<KubeProxy> {
  return KubeProxy.start({ upstream: cluster.url, ca: await readFile(cluster.caFile, "utf8") });
}

/** A world's API server as its administrator sees it through a proxy. */
export function accessThrough(proxy: KubeProxy, { cluster }: World): ClusterAccess {
  const headers = { authorization: `Bearer ${cluster.adminToken}` };
  return { server: proxy.url, namespace: undefined, read: () => Promise.resolve({ headers, tls: {} }) };
}
