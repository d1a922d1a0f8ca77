import * as z from "zod";
import { kubeObjectSchema, type ResourceKind } from "../kube/index.ts";
import { GROUP, VERSION } from "./names.ts";

// Spec and status are parsed by the documents: an object that does not fit its schema is still seen, and
// its conditions say what is wrong with it.
const customSchema = kubeObjectSchema.extend({
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
});

/** An object of one of our kinds, as the API server stores it. */
export type CustomObject = z.infer<typeof customSchema>;

function custom(kind: string, plural: string, namespaced: boolean): ResourceKind<CustomObject> {
  return { group: GROUP, version: VERSION, kind, plural, namespaced, schema: customSchema };
}

export const API_KEYS = custom("ApiKey", "apikeys", true);
export const ACCOUNTS = custom("Account", "accounts", true);
export const CLUSTER_ACCOUNTS = custom("ClusterAccount", "clusteraccounts", false);

const secretSchema = kubeObjectSchema.extend({
  type: z.string().optional(),
  immutable: z.boolean().optional(),
  /** Base64. */
  data: z.record(z.string(), z.string()).optional(),
});

/** A Secret with its values: held as shortly as can be, and never stored. */
export type Secret = z.infer<typeof secretSchema>;

export const SECRETS: ResourceKind<Secret> = {
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  schema: secretSchema,
  sensitive: true,
};

const configMapSchema = kubeObjectSchema.extend({ data: z.record(z.string(), z.string()).optional() });

export type ConfigMap = z.infer<typeof configMapSchema>;

export const CONFIG_MAPS: ResourceKind<ConfigMap> = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  schema: configMapSchema,
};

const namespaceSchema = kubeObjectSchema.extend({
  status: z.looseObject({ phase: z.string().optional() }).optional(),
});

export type Namespace = z.infer<typeof namespaceSchema>;

export const NAMESPACES: ResourceKind<Namespace> = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
  schema: namespaceSchema,
};
