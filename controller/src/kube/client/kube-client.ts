import type { KubeConfig } from "@kubernetes/client-node";
import { type Clock, systemClock } from "../clock.ts";
import type { Fence } from "../fence.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import type { WireAnswer } from "./exchange.ts";
import { kubeConfigAccess } from "./kube-config.ts";
import { isKubeError, type RequestTarget, type Verb } from "./kube-error.ts";
import { ListReader } from "./list-reader.ts";
import { acceptHeader } from "./metadata-only.ts";
import type { KubeObject, Manifest, StatusManifest } from "./object-meta.ts";
import type {
  ApplyOptions,
  DeleteOptions,
  ListOptions,
  ListPage,
  PatchOptions,
  RawAnswer,
  RawRequest,
  RequestOptions,
  RequestRecord,
  StreamRequest,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./options.ts";
import { readAllPages, type WholeList } from "./paging.ts";
import { parseAnswer, parseJson } from "./parse.ts";
import {
  apiVersionOf,
  collectionPath,
  objectPath,
  queryString,
  resourceName,
  type ListedType,
  type ObjectRef,
  type ResourceType,
} from "./resource-type.ts";
import { type Operation, Sender } from "./sender.ts";
import { streamBody } from "./stream.ts";
import { LONGEST_OBJECT_BYTES, watchEvents } from "./watch.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_BODY_BYTES = 64 * 1024 * 1024;
const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

export interface KubeClientOptions {
  /** Who writes, in `managedFields`, unless a request says otherwise; also the User-Agent. Default `kube-client`. */
  readonly fieldManager?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Default deadline of a request, 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Largest answer, 64 MiB by default. Of a list, the largest object, and never more than 16 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Most connections at a time besides watches, 32 by default. */
  readonly connections?: number | undefined;
  /** Called for every request sent; must not throw. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
  /** While it is closed, what would change something is not sent, or not again: `aborted`, without an effect. */
  readonly fence?: Fence | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/**
 * A client of the Kubernetes API that sends raw JSON over pooled connections and parses answers with zod.
 *
 * Every method rejects with a {@link KubeError}, or with a TypeError where the call itself is wrong. Reads are retried
 * within the deadline; writes only where the server certainly did not execute them.
 */
export class KubeClient {
  /** The namespace of the kubeconfig's context or of the Pod. */
  readonly namespace: string | undefined;
  readonly #sender: Sender;
  readonly #clock: Clock;
  readonly #fieldManager: string;
  readonly #timeoutMs: number;
  readonly #maxBodyBytes: number;

  constructor(access: ClusterAccess, options: KubeClientOptions = {}) {
    this.namespace = access.namespace;
    this.#clock = options.clock ?? systemClock;
    this.#fieldManager = options.fieldManager ?? "kube-client";
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#maxBodyBytes = options.maxBodyBytes ?? DEFAULT_BODY_BYTES;
    this.#sender = new Sender(access, {
      clock: this.#clock,
      random: options.random ?? Math.random,
      userAgent: options.userAgent ?? this.#fieldManager,
      connections: options.connections ?? 32,
      onRequest: options.onRequest,
      fence: options.fence,
    });
  }

  /** A client for what {@link loadKubeConfig} found, or for a client-node `KubeConfig`. */
  static fromKubeConfig(config: ClusterAccess | KubeConfig, options: KubeClientOptions = {}): KubeClient {
    return new KubeClient("read" in config ? config : kubeConfigAccess(config), options);
  }

  /** The live object; `not-found` if there is none. */
  async get<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    options: RequestOptions = {},
  ): Promise<T> {
    const answer = await this.#send(
      type,
      "get",
      ref,
      { method: "GET", path: objectPath(type, ref), headers: acceptHeader(type, "object") },
      options,
    );
    return parseAnswer(type, answer.body, targetOf(type, "get", ref), "read");
  }

  /** As {@link get}, with undefined where the API server itself says that there is no such object. */
  async find<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    options: RequestOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get(type, ref, options);
    } catch (error) {
      if (isKubeError(error, "not-found")) return undefined;
      throw error;
    }
  }

  /**
   * One page, read while it arrives: what its objects are parsed into is all that takes memory. An object that is too
   * large is skipped, and named among the malformed.
   */
  async list<T extends KubeObject>(type: ListedType<T>, options: ListOptions = {}): Promise<ListPage<T>> {
    const { namespace, labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options;
    // A continue token carries its resource version; the server refuses both together.
    const position =
      options.continue === undefined
        ? { resourceVersion, resourceVersionMatch }
        : { continue: options.continue };
    const query = queryString({ labelSelector, fieldSelector, limit, ...position });
    const target = targetOf(type, "list", { namespace });
    const path = collectionPath(type, namespace) + query;
    const longest = Math.min(LONGEST_OBJECT_BYTES, options.maxBodyBytes ?? this.#maxBodyBytes);
    const newReader = (): ListReader<T> => new ListReader(type, target, longest);
    let reader = newReader();
    const bodyReader = (): ListReader<T> => (reader = newReader());
    const headers = acceptHeader(type, "list");
    await this.#send(type, "list", { namespace }, { method: "GET", path, headers, bodyReader }, options);
    return reader.finish();
  }

  /**
   * All pages as one consistent list; when a continue token expires, it starts over with a read that is not older.
   * The deadline is each page's. A page that does not arrive within it is asked for in halves, down to one object.
   */
  async listAll<T extends KubeObject>(
    type: ListedType<T>,
    options: Omit<ListOptions, "continue"> = {},
  ): Promise<WholeList<T>> {
    return readAllPages((page) => this.list(type, page), options);
  }

  /** `already-exists` if there is one of that name. */
  async create<T extends KubeObject>(
    type: ResourceType<T>,
    manifest: Manifest<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const ref = refOf(type, manifest);
    objectPath(type, ref);
    const path = collectionPath(type, ref.namespace) + this.#writeQuery(options);
    return this.#write(
      type,
      "create",
      ref,
      { method: "POST", path, body: complete(type, manifest) },
      options,
    );
  }

  /** PUT of the whole object; `conflict` if the live one has another resourceVersion or UID. */
  async update<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#put(type, object, undefined, options);
  }

  /** PUT of the status; guarded like {@link update}. What the object has besides its name and status is not needed. */
  async updateStatus<T extends KubeObject>(
    type: ResourceType<T>,
    object: StatusManifest,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#put(type, { ...object, ...headerOf(type) }, "status", options);
  }

  /** Server-side apply. With `metadata.uid` in the manifest, an object that is gone or another one is a `conflict`. */
  async apply<T extends KubeObject>(
    type: ResourceType<T>,
    manifest: Manifest<T>,
    options: ApplyOptions,
  ): Promise<T> {
    const ref = refOf(type, manifest);
    const path =
      objectPath(type, ref, options.subresource) + this.#writeQuery(options, { force: options.force });
    const headers = { "content-type": "application/apply-patch+yaml" };
    const body = complete(type, manifest);
    return this.#write(type, "apply", ref, { method: "PATCH", path, headers, body }, options);
  }

  /** A patch; the content type says how it is meant, as the server's defaults differ by resource. */
  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    body: unknown,
    options: PatchOptions,
  ): Promise<T> {
    const path = objectPath(type, ref, options.subresource) + this.#writeQuery(options);
    const headers = { "content-type": PATCH_TYPES[options.type] };
    return this.#write(type, "patch", ref, { method: "PATCH", path, headers, body }, options);
  }

  /** `deleting` if the object is still there, waiting for its finalizers or its grace period. */
  async delete(
    type: ResourceType,
    ref: ObjectRef,
    options: DeleteOptions = {},
  ): Promise<"deleted" | "deleting"> {
    const { preconditions, propagationPolicy, dryRun } = options;
    const path = objectPath(type, ref) + queryString({ dryRun: dryRun === true ? "All" : undefined });
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions, propagationPolicy };
    const mutating = dryRun !== true;
    const { pastFence } = options;
    const request = { method: "DELETE", path, body, mutating, pastFence } as const;
    const answer = await this.#send(type, "delete", ref, request, options);
    const parsed = parseJson(answer.body, targetOf(type, "delete", ref), mutating);
    const isStatus =
      typeof parsed === "object" && parsed !== null && "kind" in parsed && parsed.kind === "Status";
    return isStatus ? "deleted" : "deleting";
  }

  /**
   * The events of one watch, until the server ends it (the generator then returns) or something breaks (it throws a
   * KubeError). A reflector is nearly always what you want instead.
   */
  watch<T extends KubeObject>(
    type: ListedType<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    return watchEvents(this.#sender, type, options);
  }

  /** Any request; the answer is 2xx and unparsed. Mutating unless it is a GET or HEAD. */
  async raw(request: RawRequest): Promise<RawAnswer> {
    return this.#sender.send({
      method: request.method,
      path: request.path + queryString(request.query ?? {}),
      headers: request.headers,
      body: request.body,
      target: { verb: request.method, resource: request.path },
      mutating: request.method !== "GET" && request.method !== "HEAD",
      sensitive: true,
      ...this.#limits(request),
    });
  }

  /**
   * The body of a GET while it arrives, such as the log of a container. It ends with the answer, and breaks off with a
   * KubeError after `idleTimeoutMs` without a byte.
   */
  stream(request: StreamRequest): AsyncGenerator<Uint8Array, void> {
    return streamBody(this.#sender, request);
  }

  /** Breaks all connections, watches too. The client can be used again afterwards. */
  async close(): Promise<void> {
    await this.#sender.destroy();
  }

  async #put<T extends KubeObject>(
    type: ResourceType<T>,
    object: StatusManifest,
    subresource: "status" | undefined,
    options: WriteOptions,
  ): Promise<T> {
    const ref = refOf(type, object);
    const { uid, resourceVersion } = object.metadata;
    if (uid === "" || resourceVersion === "") {
      throw new TypeError(`an update of ${type.kind} ${ref.name} must carry its uid and resourceVersion`);
    }
    const path = objectPath(type, ref, subresource) + this.#writeQuery(options);
    return this.#write(type, "update", ref, { method: "PUT", path, body: object }, options);
  }

  async #write<T extends KubeObject>(
    type: ResourceType<T>,
    verb: Verb,
    ref: ObjectRef,
    request: WriteRequest,
    options: WriteOptions,
  ): Promise<T> {
    const mutating = options.dryRun !== true;
    const { pastFence } = options;
    const answer = await this.#send(type, verb, ref, { ...request, mutating, pastFence }, options);
    return parseAnswer(type, answer.body, targetOf(type, verb, ref), mutating ? "write" : "dry-run");
  }

  #send(
    type: ResourceType,
    verb: Verb,
    ref: Partial<ObjectRef>,
    request: WriteRequest & { mutating?: boolean; pastFence?: boolean | undefined },
    options: RequestOptions,
  ): Promise<WireAnswer> {
    return this.#sender.send({
      ...request,
      target: targetOf(type, verb, ref),
      mutating: request.mutating ?? false,
      sensitive: type.sensitive === true,
      ...this.#limits(options),
    });
  }

  #limits({ signal, timeoutMs, maxBodyBytes }: RequestOptions) {
    return {
      signal,
      timeoutMs: timeoutMs ?? this.#timeoutMs,
      maxBodyBytes: maxBodyBytes ?? this.#maxBodyBytes,
    };
  }

  #writeQuery(options: WriteOptions, more: Parameters<typeof queryString>[0] = {}): string {
    const dryRun = options.dryRun === true ? "All" : undefined;
    return queryString({ fieldManager: options.fieldManager ?? this.#fieldManager, dryRun, ...more });
  }
}

type WriteRequest = Pick<Operation, "method" | "path" | "headers" | "body" | "bodyReader">;

function complete<T extends KubeObject>(type: ResourceType<T>, manifest: Manifest<T>): unknown {
  return { ...manifest, ...headerOf(type) };
}

function headerOf(type: ResourceType): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(type), kind: type.kind };
}

function refOf(
  type: ResourceType,
  object: { metadata: { name: string; namespace?: string | undefined } },
): ObjectRef {
  const { name, namespace } = object.metadata;
  return type.namespaced ? { namespace, name } : { name };
}

function targetOf(type: ResourceType, verb: Verb, ref: Partial<ObjectRef>): RequestTarget {
  return { verb, resource: resourceName(type), namespace: ref.namespace, name: ref.name };
}
