import { setTimeout as delay } from "node:timers/promises";
import {
  eventType,
  isKubeError,
  metadataOf,
  type KubeClient,
  type KubeObject,
  type ListedType,
} from "@signatureapi-keys/controller/kube";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  GROUP,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { followObjects, type Selection } from "../watching/follow.ts";
import { PODS, WORKLOADS } from "./kinds.ts";

/** Changes come in bursts: a page is shown once for all that happen within this time. */
const BURST_MS = 200;

/**
 * Yields at the start, and after each change of what the tree shows, as watches of the API server report it. What the user
 * may not watch is left out. It ends when the signal aborts.
 * @throws KubeError if ApiKeys must not be watched
 */
export async function* changesOf(
  client: KubeClient,
  namespace: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<void, void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let changed = Promise.withResolvers<void>();
  const follow = async <T extends KubeObject>(type: ListedType<T>, selection: Selection): Promise<void> => {
    for await (const _ of followObjects(client, type, selection, both)) changed.resolve();
  };
  const optional = async <T extends KubeObject>(type: ListedType<T>, selection: Selection): Promise<void> => {
    await follow(type, selection).catch((error: unknown) => {
      if (!isKubeError(error, "forbidden")) throw error;
    });
  };
  const all = Promise.all([
    follow(API_KEYS, { namespace }),
    optional(ACCOUNTS, { namespace }),
    optional(CLUSTER_ACCOUNTS, {}),
    optional(metadataOf(SECRETS), { namespace }),
    // Of Pods and workloads, a change alone counts, and the page reads them again.
    optional(metadataOf(PODS), { namespace }),
    ...WORKLOADS.map(async (type) => optional(metadataOf(type), { namespace })),
    optional(eventType, { namespace, fieldSelector: `regarding.apiVersion=${GROUP}/v1` }),
  ]);
  // A refusal ends the wait for the next change.
  const failed = all.then(() => new Promise<never>(() => undefined));
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    while (!signal.aborted) {
      await Promise.race([changed.promise, failed, aborted]);
      await delay(BURST_MS, undefined, { signal }).catch(() => undefined);
      changed = Promise.withResolvers<void>();
      if (!signal.aborted) yield;
    }
  } finally {
    stop.abort();
    await all.catch(() => undefined);
  }
}
