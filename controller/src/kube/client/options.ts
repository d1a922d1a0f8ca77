import type { KubeError } from "./kube-error.ts";
import type { KubeObject } from "./object-meta.ts";

/** Taken by every request. */
export interface RequestOptions {
  /** Abandons the request; the error then has the kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for everything: waiting for a connection, retries and the whole body. Default 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Bytes of an answer above which it is given up, and of an object above which a list skips it; see {@link KubeClientOptions.maxBodyBytes}. */
  readonly maxBodyBytes?: number | undefined;
}

export interface WriteOptions extends RequestOptions {
  /** Validates and admits as a real write would, and stores nothing. */
  readonly dryRun?: boolean | undefined;
  /** Sent although the client's fence is closed: what belongs to the end of something already begun. */
  readonly pastFence?: boolean | undefined;
  /** Whom `managedFields` names; default the client's own. */
  readonly fieldManager?: string | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes over fields that another manager owns. */
  readonly force?: boolean | undefined;
  readonly subresource?: "status" | undefined;
}

export interface PatchOptions extends WriteOptions {
  readonly type: "merge" | "json" | "strategic";
  readonly subresource?: string | undefined;
}

export interface DeleteOptions extends RequestOptions {
  /** As {@link WriteOptions.pastFence}. */
  readonly pastFence?: boolean | undefined;
  /** The delete is refused with `conflict` if the live object differs. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan" | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Which objects: everything left out means all. */
interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection, RequestOptions {
  /** Objects a page; the server may answer from its cache and ignore it. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** Left out: a consistent read. `"0"`: whatever the server's cache holds, possibly old. */
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: "NotOlderThan" | "Exact" | undefined;
}

/** An object that did not fit its schema. It exists: a caller that concludes from absence must look here too. */
export interface MalformedObject {
  /** `namespace/name`, if it is known. */
  readonly key: string | undefined;
  readonly resourceVersion: string | undefined;
  /** Which fields do not fit and why; never their values. */
  readonly problem: string;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly malformed: readonly MalformedObject[];
  readonly resourceVersion: string;
  /** Present if there are further pages. */
  readonly continue?: string | undefined;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number;
  /** Milliseconds without a byte after which the connection counts as dead. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "added" | "modified" | "deleted"; readonly object: T }
  | { readonly type: "bookmark"; readonly resourceVersion: string }
  | { readonly type: "malformed-object"; readonly deleted: boolean; readonly object: MalformedObject }
  | { readonly type: "error"; readonly error: KubeError };

/** What the API server answers to a raw request; the body is not parsed. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface RawRequest extends RequestOptions {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute, without the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON unless it is a string. */
  readonly body?: unknown;
}

/** A GET whose answer is read while it arrives. */
export interface StreamRequest {
  /** Absolute, without the query. */
  readonly path: string;
  readonly query?: RawRequest["query"];
  /** Milliseconds without a byte after which the connection counts as dead. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One request that was sent, for metrics; a retry is another one. */
export interface RequestRecord {
  readonly verb: string;
  readonly method: string;
  /** Host and port of the API server. */
  readonly host: string;
  readonly resource: string;
  /** The HTTP status, or `<error>` if there was none, as in client-go. */
  readonly code: string;
  readonly durationMs: number;
}
