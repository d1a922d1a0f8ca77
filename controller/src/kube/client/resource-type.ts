import type { ZodType } from "zod";
import type { KubeObject } from "./object-meta.ts";
import type { RecentVersions } from "./recent-versions.ts";

/** One kind of resource as the API server serves it, and the schema its objects are parsed with. */
export interface ResourceKind<T extends KubeObject = KubeObject> {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural in the URL, e.g. `secrets`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Must keep unknown fields (`z.looseObject`), or an update would drop what it does not know. */
  readonly schema: ZodType<T>;
  /** Values under `data` and `stringData` are secret: they are taken out of every error message. */
  readonly sensitive?: boolean;
  /** Only `metadata` is requested: the rest of an object never leaves the API server. See `metadataOf`. */
  readonly metadataOnly?: boolean;
}

/** A kind, and how its objects are taken in. */
export interface ResourceType<T extends KubeObject = KubeObject> extends ResourceKind<T> {
  /** Left out: each answer and each event is parsed. */
  readonly recent?: RecentVersions<T>;
}

/** A kind as lists and watches take its objects in. */
export interface ListedType<T extends KubeObject = KubeObject> extends ResourceType<T> {
  /**
   * What an object becomes whose JSON is larger than `aboveBytes`. It is taken in by its identity and its size, and not
   * parsed: nobody can make the process parse much, or keep it. Left out: every object is parsed.
   */
  readonly outline?: {
    readonly aboveBytes: number;
    readonly of: (identity: ObjectIdentity, bytes: number) => T;
  };
}

/** What says which object this is, and which version of it. */
export interface ObjectIdentity {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Names one object. `namespace` is required exactly for namespaced types. */
export interface ObjectRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `v1` or `group/version`. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/** The plural with its group, e.g. `leases.coordination.k8s.io`: how kubectl and RBAC messages name a resource. */
export function resourceName(type: ResourceType): string {
  return type.group === "" ? type.plural : `${type.plural}.${type.group}`;
}

/** The key of an object in a store or a queue: `namespace/name`, or `name` if it is cluster-scoped. */
export function keyOf(object: { metadata: { name: string; namespace?: string | undefined } }): string {
  const { namespace, name } = object.metadata;
  // Joined, since V8 keeps the parts of a template beside the whole for as long as the key lives.
  return namespace === undefined || namespace === "" ? name : [namespace, name].join("/");
}

/** The inverse of {@link keyOf}. */
export function parseKey(key: string): ObjectRef {
  const slash = key.indexOf("/");
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The path of all objects of a type, in one namespace or (`undefined`) in the whole cluster. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = namespace === undefined ? "" : `/namespaces/${segment(namespace, "namespace")}`;
  return `${root}${scope}/${type.plural}`;
}

/**
 * The path of one object.
 * @throws TypeError if a name is empty, or the namespace does not fit the scope of the type: such a path would
 * name a collection or another object.
 */
export function objectPath(type: ResourceType, ref: ObjectRef, subresource?: string): string {
  if (type.namespaced !== (ref.namespace !== undefined)) {
    const rule = type.namespaced ? "needs a namespace" : "is cluster-scoped and takes no namespace";
    throw new TypeError(`${type.kind} ${JSON.stringify(ref.name)} ${rule}`);
  }
  const path = `${collectionPath(type, ref.namespace)}/${segment(ref.name, "name")}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

function segment(value: string, what: string): string {
  if (value === "" || value === "." || value === "..") {
    throw new TypeError(`${JSON.stringify(value)} is not a ${what} of an object`);
  }
  return encodeURIComponent(value);
}

/** `?a=1&b=2` of the values that are set, or `""`. */
export function queryString(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query.toString()}`;
}
