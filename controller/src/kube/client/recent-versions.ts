import type { Clock } from "../clock.ts";
import type { KubeObject } from "./object-meta.ts";

/** How many objects are remembered: more than are worked on at a time. */
const MOST = 256;

/**
 * For how long, in milliseconds. Our own write comes back within it, in an event. It is shorter than any restore of etcd
 * takes, after which the same version may be another content.
 */
const LIFETIME_MS = 2_000;

/**
 * The objects of a kind that were parsed just now. A version of an object has one content: what was parsed in the answer to
 * a write is not parsed again when the watch brings it, nor when it is read and has not changed. Answers to dry runs
 * were never stored, so they have no place here.
 */
export class RecentVersions<T extends KubeObject> {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #byUid = new Map<string, { readonly object: T; readonly until: number }>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** @param raw an object as the API server sent it. */
  find(raw: unknown): T | undefined {
    const { uid, resourceVersion } = identityOf(raw);
    const known = typeof uid === "string" ? this.lastOf(uid) : undefined;
    return known?.metadata.resourceVersion === resourceVersion ? known : undefined;
  }

  /** The object in the version that was parsed last, whichever that was. */
  lastOf(uid: string): T | undefined {
    const known = this.#byUid.get(uid);
    return known === undefined || known.until <= this.#clock.monotonic() ? undefined : known.object;
  }

  note(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (uid === "" || resourceVersion === "") return;
    // The oldest is the first to go.
    this.#byUid.delete(uid);
    this.#byUid.set(uid, { object, until: this.#clock.monotonic() + LIFETIME_MS });
    const [oldest] = this.#byUid.keys();
    if (this.#byUid.size > MOST && oldest !== undefined) this.#byUid.delete(oldest);
  }
}

function identityOf(raw: unknown): { readonly uid?: unknown; readonly resourceVersion?: unknown } {
  if (typeof raw !== "object" || raw === null || !("metadata" in raw)) return {};
  const { metadata } = raw;
  return typeof metadata === "object" && metadata !== null ? metadata : {};
}
