import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import { ApiKeyMetrics } from "./apikey/api-key-metrics.ts";
import { ConditionSeries } from "./condition-series.ts";

/** From a fast answer to the deadline of a request, in seconds. */
const REQUEST_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** From no wait to one that a user notices, in seconds. */
const WAIT_BUCKETS = [0.01, 0.1, 1, 5, 30];

/** The metrics that are ours; those of the Kubernetes layer keep the names of controller-runtime. */
export interface ControllerMetrics {
  readonly apiKeys: ApiKeyMetrics;
  readonly restarts: Counter<"kind">;
  readonly mints: Counter<"outcome">;
  readonly revocations: Counter<"reason">;
  readonly managementRequests: Counter<"operation" | "code">;
  /** In seconds. */
  readonly managementDuration: Histogram<"operation">;
  /** Objects that a list or a watch could not take in. */
  readonly skippedObjects: Counter<"kind">;
  /** Events that were not written. */
  readonly droppedEvents: Counter<"reason">;
  readonly accountReady: Gauge<"kind" | "namespace" | "name">;
  readonly accountConditions: ConditionSeries<"kind" | "namespace" | "name">;
  /** In requests per second. */
  readonly rateLimit: Gauge<"kind" | "namespace" | "name">;
  /** In seconds. */
  readonly rateLimitWait: Histogram<"kind" | "namespace" | "name">;
  readonly accountKeys: Gauge<"kind" | "namespace" | "name" | "state">;
  /** In seconds since the epoch. */
  readonly lastInventory: Gauge<"kind" | "namespace" | "name">;
}

/** Registers the metrics. */
export function controllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const metrics: ControllerMetrics = {
    apiKeys: new ApiKeyMetrics(registry),
    restarts: new Counter({
      name: "signatureapi_apikey_restarts_total",
      help: "Workloads that were restarted for a new value, by kind",
      labelNames: ["kind"],
      registers,
    }),
    mints: new Counter({
      name: "signatureapi_apikey_mints_total",
      help: "Requests for a key or a new value, by outcome: done, rejected, unknown",
      labelNames: ["outcome"],
      registers,
    }),
    revocations: new Counter({
      name: "signatureapi_apikey_revocations_total",
      help: "Revoked keys, by reason",
      labelNames: ["reason"],
      registers,
    }),
    managementRequests: new Counter({
      name: "signatureapi_management_requests_total",
      help: "Requests to the management API, by operation and status",
      labelNames: ["operation", "code"],
      registers,
    }),
    managementDuration: new Histogram({
      name: "signatureapi_management_request_duration_seconds",
      help: "Duration of requests to the management API, without the wait for the rate limit, by operation",
      labelNames: ["operation"],
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    skippedObjects: new Counter({
      name: "signatureapi_watch_skipped_objects_total",
      help: "Objects that were skipped because they cannot be read or are too large, by kind; the log names them",
      labelNames: ["kind"],
      registers,
    }),
    droppedEvents: new Counter({
      name: "signatureapi_events_dropped_total",
      help: "Events that were not written, by reason: object-rate, backlog, refused",
      labelNames: ["reason"],
      registers,
    }),
    accountReady: new Gauge({
      name: "signatureapi_account_ready",
      help: "1 while the account's credentials are accepted",
      labelNames: ["kind", "namespace", "name"],
      registers,
    }),
    accountConditions: new ConditionSeries(
      new Gauge({
        name: "signatureapi_account_condition",
        help: "1 for each condition that the account has now, with its status and reason",
        labelNames: ["kind", "namespace", "name", "type", "status", "reason"],
        registers,
      }),
    ),
    rateLimit: new Gauge({
      name: "signatureapi_account_rate_limit_requests_per_second",
      help: "How many requests the controller sends to the vendor account at most; objects that share the limit report the same",
      labelNames: ["kind", "namespace", "name"],
      registers,
    }),
    rateLimitWait: new Histogram({
      name: "signatureapi_account_rate_limit_wait_seconds",
      help: "How long requests to the vendor account waited for the controller's rate limit",
      labelNames: ["kind", "namespace", "name"],
      buckets: WAIT_BUCKETS,
      registers,
    }),
    accountKeys: new Gauge({
      name: "signatureapi_account_keys",
      help: "Active keys of the account at the last complete inventory, by state: managed, abandoned, unaccounted, foreign",
      labelNames: ["kind", "namespace", "name", "state"],
      registers,
    }),
    lastInventory: new Gauge({
      name: "signatureapi_account_last_inventory_timestamp_seconds",
      help: "When the last complete inventory of the account began",
      labelNames: ["kind", "namespace", "name"],
      registers,
    }),
  };
  for (const outcome of ["done", "rejected", "unknown"]) metrics.mints.inc({ outcome }, 0);
  for (const reason of ["object-rate", "backlog", "refused"]) metrics.droppedEvents.inc({ reason }, 0);
  return metrics;
}
