import * as z from "zod";
import type { ApiKeyEnvironment } from "../apikey/environment.ts";
import {
  KubeError,
  keyOf,
  kubeObjectSchema,
  type KubeErrorKind,
  type KubeObject,
  type Manifest,
  type ObjectRef,
  type ResourceType,
  type StatusManifest,
  type WriteOptions,
} from "../kube/index.ts";

const storedSchema = kubeObjectSchema.extend({ spec: z.unknown(), status: z.unknown() });
type Stored = z.infer<typeof storedSchema>;

/** How often a spec and a status were read through. */
export interface ParseCounts {
  readonly spec: number;
  readonly status: number;
}

/** A field that each parse reads once, of ApiKeys and of accounts. */
const MARKS = { spec: new Set(["mode", "baseUrl"]), status: new Set(["observedGeneration"]) };

/**
 * What a pass needs of an API server, in memory. Each answer goes through the schema of the type that is asked for, as
 * the client's does; what it gives of `spec` and `status` counts how often it is parsed, by whatever code.
 */
export class MemoryApiServer implements Pick<
  ApiKeyEnvironment["kube"],
  "find" | "create" | "patch" | "updateStatus"
> {
  #parses = { spec: 0, status: 0 };
  #answers = 0;
  #version = 0;
  readonly #objects = new Map<string, Stored>();

  /** Parses of custom resources since this was asked last, and answers that carried one. */
  take(): { readonly answers: number; readonly parses: ParseCounts } {
    const taken = { answers: this.#answers, parses: this.#parses };
    this.#answers = 0;
    this.#parses = { spec: 0, status: 0 };
    return taken;
  }

  /** Stores an object as it is, and answers with what a client sees of it. */
  put<T extends KubeObject>(type: ResourceType<T>, object: object): T {
    this.#version += 1;
    const header = { apiVersion: "v1", kind: type.kind, spec: undefined, status: undefined };
    const stored = storedSchema.parse({ ...header, ...object });
    stored.metadata.resourceVersion = String(this.#version);
    this.#objects.set(nameOf(type, stored.metadata), stored);
    return this.#answer(type, stored);
  }

  async find<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef): Promise<T | undefined> {
    const stored = this.#objects.get(nameOf(type, ref));
    return stored === undefined ? undefined : this.#answer(type, stored);
  }

  async create<T extends KubeObject>(
    type: ResourceType<T>,
    manifest: Manifest<T>,
    { dryRun = false }: WriteOptions = {},
  ): Promise<T> {
    const metadata = { uid: `uid-${this.#version}`, resourceVersion: "", ...manifest.metadata };
    if (!dryRun) return this.put(type, { ...manifest, metadata });
    return type.schema.parse({ apiVersion: "v1", kind: type.kind, ...manifest, metadata });
  }

  async patch<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, body: unknown): Promise<T> {
    const stored = this.#objects.get(nameOf(type, ref));
    if (stored === undefined) throw failure("not-found");
    const patch = z.object({ metadata: z.looseObject({ resourceVersion: z.string() }) }).parse(body);
    if (stored.metadata.resourceVersion !== patch.metadata.resourceVersion) throw failure("conflict");
    return this.put(type, { ...stored, metadata: { ...stored.metadata, ...patch.metadata } });
  }

  async updateStatus<T extends KubeObject>(type: ResourceType<T>, object: StatusManifest): Promise<T> {
    const stored = this.#objects.get(nameOf(type, object.metadata));
    if (stored === undefined) throw failure("not-found");
    if (stored.metadata.resourceVersion !== object.metadata.resourceVersion) throw failure("conflict");
    const status: unknown = JSON.parse(JSON.stringify(object.status));
    return this.put(type, { ...stored, status });
  }

  #answer<T extends KubeObject>(type: ResourceType<T>, stored: Stored): T {
    const { spec, status, ...rest } = structuredClone(stored);
    if (spec !== undefined) this.#answers += 1;
    return type.schema.parse({
      ...rest,
      spec: this.#counted(spec, "spec"),
      status: this.#counted(status, "status"),
    });
  }

  #counted(value: unknown, part: keyof ParseCounts): unknown {
    if (typeof value !== "object" || value === null) return value;
    return new Proxy(value, {
      get: (target, field, receiver): unknown => {
        // Its text says whether it was parsed before, and is no parse.
        if (field === "toJSON") return () => target;
        if (typeof field === "string" && MARKS[part].has(field)) this.#parses[part] += 1;
        return Reflect.get(target, field, receiver);
      },
    });
  }
}

function nameOf(type: ResourceType, ref: ObjectRef): string {
  return `${type.kind} ${keyOf({ metadata: ref })}`;
}

function failure(kind: KubeErrorKind): KubeError {
  return new KubeError({ kind, effect: "none", message: kind, verb: "update", resource: "objects" });
}
