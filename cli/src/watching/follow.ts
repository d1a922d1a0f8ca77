import { setTimeout as delay } from "node:timers/promises";
import {
  Backoff,
  isKubeError,
  type KubeClient,
  type KubeObject,
  type ListedType,
  type ObjectRef,
} from "@signatureapi-keys/controller/kube";

/** A change of what is followed. After a break, the whole list is reported again. */
export type Followed<T> =
  | { readonly type: "list"; readonly items: readonly T[] }
  | { readonly type: "changed" | "deleted"; readonly object: T };

/** What is followed: everything left out means all. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

type Client = Pick<KubeClient, "list" | "listAll" | "watch">;

const WATCH_SECONDS = 300;
const IDLE_TIMEOUT_MS = 180_000;

/**
 * Lists and then watches objects until the signal aborts: it returns then. A watch that ends or breaks is followed by
 * another one, at first without a pause.
 * @throws KubeError if the list or the watch is refused
 */
export async function* followObjects<T extends KubeObject>(
  client: Client,
  type: ListedType<T>,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<Followed<T>, void> {
  const backoff = new Backoff({ baseMs: 200, maxMs: 10_000 });
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await client.listAll(type, { ...selection, signal });
      yield { type: "list", items };
      yield* changesSince(client, type, selection, resourceVersion, signal);
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return;
      if (!isTransient(error)) throw error;
      await delay(backoff.next(), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The changes of one object; `undefined` while it does not exist. Consecutive states may be equal. */
export async function* followObject<T extends KubeObject>(
  client: Client,
  type: ListedType<T>,
  { namespace, name }: ObjectRef,
  signal: AbortSignal,
): AsyncGenerator<T | undefined, void> {
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  for await (const change of followObjects(client, type, selection, signal)) {
    if (change.type === "list") yield change.items[0];
    else yield change.type === "deleted" ? undefined : change.object;
  }
}

/** Returns when the list has to be read again. */
async function* changesSince<T extends KubeObject>(
  client: Client,
  type: ListedType<T>,
  selection: Selection,
  start: string,
  signal: AbortSignal,
): AsyncGenerator<Followed<T>, void> {
  let resourceVersion = start;
  while (!signal.aborted) {
    const events = client.watch(type, {
      ...selection,
      resourceVersion,
      timeoutSeconds: WATCH_SECONDS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      signal,
    });
    for await (const event of events) {
      switch (event.type) {
        case "bookmark":
          resourceVersion = event.resourceVersion;
          break;
        case "error":
          // The version is too old, or the server gives up: only a list helps.
          return;
        case "malformed-object":
          break;
        default:
          resourceVersion = event.object.metadata.resourceVersion;
          yield { type: event.type === "deleted" ? "deleted" : "changed", object: event.object };
      }
    }
  }
}

function isTransient(error: unknown): boolean {
  return isKubeError(
    error,
    "connection",
    "timeout",
    "unavailable",
    "server-error",
    "too-many-requests",
    "gone",
    "malformed-answer",
  );
}
