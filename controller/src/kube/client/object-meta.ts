import * as z from "zod";

/** `metadata` of an object that the API server returned. Unknown fields are kept. */
const objectMetaSchema = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().optional(),
  uid: z.string().min(1),
  /** `""` only in the answer to a dry run of a create. */
  resourceVersion: z.string(),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z
    .array(z.looseObject({ apiVersion: z.string(), kind: z.string(), name: z.string(), uid: z.string() }))
    .optional(),
});
export type ObjectMeta = z.infer<typeof objectMetaSchema>;

/** The least that an object of any kind has; kinds extend it with `.extend({spec: …})`. */
export const kubeObjectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: objectMetaSchema,
});
export type KubeObject = z.infer<typeof kubeObjectSchema>;

/** `metadata` of an object to be created or applied. */
export interface ManifestMeta {
  name: string;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  finalizers?: string[] | undefined;
}

type DeclaredKey<K> = string extends K ? never : number extends K ? never : symbol extends K ? never : K;

/**
 * What a caller gives to create or apply an object of type `T`: its declared fields, with the metadata that
 * only the server sets left out. `apiVersion` and `kind` are filled in from the resource type.
 */
export type Manifest<T extends KubeObject> = {
  [K in keyof T as K extends "apiVersion" | "kind" | "metadata" ? never : DeclaredKey<K>]: T[K];
} & { apiVersion?: string; kind?: string; metadata: ManifestMeta };

/** An object as far as a write of its status needs it: its name, what guards the write, and the status. */
export interface StatusManifest {
  readonly metadata: Pick<ObjectMeta, "name" | "namespace" | "uid" | "resourceVersion">;
  readonly status?: unknown;
}
