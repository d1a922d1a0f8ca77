export * from "./backoff.ts";
export * from "./clock.ts";
export type { ClusterAccess } from "./client/cluster-access.ts";
export { loadKubeConfig } from "./client/kube-config.ts";
export { KubeClient, type KubeClientOptions } from "./client/kube-client.ts";
export * from "./client/kube-error.ts";
export * from "./client/object-meta.ts";
export type * from "./client/options.ts";
export { RecentVersions } from "./client/recent-versions.ts";
export * from "./client/resource-type.ts";
export * from "./work-queue/work-queue.ts";
export * from "./reflector/delivery.ts";
export * from "./reflector/multi-namespace-reflector.ts";
export * from "./reflector/reflector.ts";
export * from "./reflector/store.ts";
/** @internal */
export { losesNothing } from "./reflector/transitions.ts";
export * from "./metrics.ts";
export * from "./runner.ts";
export * from "./conditions.ts";
export * from "./events/event-recorder.ts";
export { TokenBuckets } from "./events/token-buckets.ts";
export * from "./fence.ts";
export * from "./finalizers.ts";
export * from "./leader-election/leader-elector.ts";
/** @internal */
export { leaseType } from "./leader-election/lease.ts";
