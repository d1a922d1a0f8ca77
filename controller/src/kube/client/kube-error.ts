/** What went wrong, as far as a caller acts on it differently. */
export type KubeErrorKind =
  | "not-found"
  | "already-exists"
  | "conflict"
  | "invalid"
  | "forbidden"
  | "unauthorized"
  | "too-many-requests"
  | "gone"
  | "unavailable"
  | "server-error"
  | "timeout"
  | "connection"
  | "malformed-answer"
  | "aborted"
  | "api-status";

/** The verbs of Kubernetes' authorisation; `raw` requests carry their HTTP method instead. */
export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "apply"
  | "patch"
  | "delete"
  | (string & {});

/**
 * Whether the request may have changed something. `none`: certainly not. `unknown`: it may have been carried out,
 * now or later; only a live read shows.
 */
export type Effect = "none" | "unknown";

/** One field the API server refused (`Status.details.causes`). */
export interface StatusCause {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly field?: string | undefined;
}

/** The request an error belongs to. */
export interface RequestTarget {
  readonly verb: Verb;
  /** The plural with its group, e.g. `leases.coordination.k8s.io`; or the path of a raw request. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface KubeErrorFields extends RequestTarget {
  readonly kind: KubeErrorKind;
  readonly effect: Effect;
  /** What the API server said, or what happened on the way to it. */
  readonly message: string;
  /** HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  /** `Status.reason`, e.g. `AlreadyExists`. */
  readonly reason?: string | undefined;
  readonly causes?: readonly StatusCause[] | undefined;
  /** The object that `Status.details` names: not always the one asked for (a create in a missing namespace). */
  readonly about?: { readonly kind?: string | undefined; readonly name?: string | undefined } | undefined;
  /** Seconds from `Retry-After` or `Status.details.retryAfterSeconds`. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Every failure of a request to the API server. `kind` discriminates; `effect` says whether a mutating request may
 * have been carried out nevertheless. `message` is a whole sentence for people; `detail` is only what the server said.
 */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly kind: KubeErrorKind;
  readonly effect: Effect;
  readonly detail: string;
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly objectName: string | undefined;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly causes: readonly StatusCause[];
  readonly about: { readonly kind?: string | undefined; readonly name?: string | undefined } | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(fields: KubeErrorFields) {
    super(describe(fields), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.kind = fields.kind;
    this.effect = fields.effect;
    this.detail = fields.message;
    this.verb = fields.verb;
    this.resource = fields.resource;
    this.namespace = fields.namespace;
    this.objectName = fields.name;
    this.status = fields.status;
    this.reason = fields.reason;
    this.causes = fields.causes ?? [];
    this.about = fields.about;
    this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}

/** Narrows a caught value to a {@link KubeError}, of one of the kinds given if there are any. */
export function isKubeError(error: unknown, ...kinds: KubeErrorKind[]): error is KubeError {
  return error instanceof KubeError && (kinds.length === 0 || kinds.includes(error.kind));
}

function describe(fields: KubeErrorFields): string {
  const object = [fields.namespace, fields.name].filter((part) => part !== undefined).join("/");
  const target = object === "" ? fields.resource : `${fields.resource} ${object}`;
  const status = fields.status === undefined ? "" : `, HTTP ${fields.status}`;
  const doubt = fields.effect === "unknown" ? " (it may have taken effect nevertheless)" : "";
  return `could not ${fields.verb} ${target}: ${fields.message} [${fields.kind}${status}]${doubt}`;
}
