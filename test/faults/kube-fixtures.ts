import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  KubeClient,
  type KubeClientOptions,
  kubeObjectSchema,
  type ClusterAccess,
  type ResourceType,
} from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { sharedCluster } from "../cluster/shared-cluster.ts";
import { KubeProxy } from "./kube-proxy.ts";

const core = { group: "", version: "v1" } as const;

/** ConfigMaps: the plainest objects there are. */
export const configMaps = {
  ...core,
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  schema: kubeObjectSchema.extend({ data: z.record(z.string(), z.string()).optional() }),
} satisfies ResourceType;

export const secrets = {
  ...core,
  plural: "secrets",
  kind: "Secret",
  namespaced: true,
  sensitive: true,
  schema: kubeObjectSchema.extend({
    type: z.string().optional(),
    immutable: z.boolean().optional(),
    data: z.record(z.string(), z.string()).optional(),
    stringData: z.record(z.string(), z.string()).optional(),
  }),
} satisfies ResourceType;

export const namespaces: ResourceType = {
  ...core,
  plural: "namespaces",
  kind: "Namespace",
  namespaced: false,
  schema: kubeObjectSchema,
};

export type ConfigMap = z.infer<typeof configMaps.schema>;

/** Access to the shared cluster as its administrator, straight or through a proxy. */
export async function adminAccess(proxy?: KubeProxy): Promise<ClusterAccess> {
  const { url, caFile, adminToken } = sharedCluster();
  const ca = await readFile(caFile, "utf8");
  return {
    server: proxy?.url ?? url,
    namespace: undefined,
    read: () =>
      Promise.resolve({ headers: { authorization: `Bearer ${adminToken}` }, tls: proxy ? {} : { ca } }),
  };
}

export async function adminClient(proxy?: KubeProxy, options?: KubeClientOptions): Promise<KubeClient> {
  return new KubeClient(await adminAccess(proxy), options);
}

/** A proxy in front of the shared cluster. */
export async function startProxy(): Promise<KubeProxy> {
  const { url, caFile } = sharedCluster();
  return KubeProxy.start({ upstream: url, ca: await readFile(caFile, "utf8") });
}

/** Makes a namespace of the test's own. */
export async function makeNamespace(client: KubeClient, prefix = "kube"): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString("hex")}`;
  await client.create(namespaces, { metadata: { name } });
  return name;
}
