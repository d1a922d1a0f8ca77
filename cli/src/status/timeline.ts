import type { KubeEvent } from "@signatureapi-keys/controller/kube";
import type { ApiKeyFacts } from "../apikey/facts.ts";

/** One thing that happened. */
export interface TimelineEntry {
  /** RFC 3339. */
  readonly at: string;
  /** `apikey/checkout`. */
  readonly object: string;
  readonly namespace: string | undefined;
  readonly reason: string;
  readonly note: string;
  readonly isWarning: boolean;
}

/** What happened to ApiKeys, oldest first: their events, and what the status dates that no event shows any more. */
export function timelineOf(
  apiKeys: readonly ApiKeyFacts[],
  events: readonly KubeEvent[],
): readonly TimelineEntry[] {
  const shown = new Set(apiKeys.map(({ namespace, name }) => `${namespace}/${name}`));
  const own = events.filter(
    ({ regarding }) =>
      regarding?.kind === "ApiKey" && shown.has(`${regarding.namespace ?? ""}/${regarding.name}`),
  );
  const entries = [...own.map(eventEntry), ...apiKeys.flatMap(statusEntries)];
  return entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** An event as an entry; a series counts from its last time. */
export function eventEntry({ regarding, series, eventTime, metadata, ...event }: KubeEvent): TimelineEntry {
  const times = series === undefined || series === null ? "" : ` (${series.count} times)`;
  return {
    at: series?.lastObservedTime ?? eventTime ?? metadata.creationTimestamp ?? "",
    object: `${regarding?.kind.toLowerCase() ?? "?"}/${regarding?.name ?? "?"}`,
    namespace: regarding?.namespace,
    reason: event.reason ?? "",
    note: `${event.note ?? ""}${times}`,
    isWarning: event.type === "Warning",
  };
}

function statusEntries({
  namespace,
  name,
  createdAt,
  deletedAt,
  status,
}: ApiKeyFacts): readonly TimelineEntry[] {
  const of = (at: string | undefined, note: string): readonly TimelineEntry[] =>
    at === undefined ? [] : [{ at, object: `apikey/${name}`, namespace, reason: "", note, isWarning: false }];
  return [
    ...of(createdAt, "the ApiKey was created"),
    ...of(status.createdAt, `key ${status.keyId ?? "?"} was created (revision ${status.revision ?? "?"})`),
    ...of(status.restart?.restartedAt, "all labelled workloads were restarted"),
    ...of(status.restart?.completedAt, "their rollouts were complete"),
    ...of(deletedAt, "the ApiKey was deleted"),
  ];
}
