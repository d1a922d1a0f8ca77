import type { KubeError } from "../client/kube-error.ts";

/**
 * Where a list reads from. `cache`: whatever the API server has at hand. `not-older-than`: its cache, once that has
 * caught up with what was seen before. `consistent`: etcd.
 */
export type ListFrom =
  | { readonly read: "cache" }
  | { readonly read: "not-older-than"; readonly resourceVersion: string }
  | { readonly read: "consistent" };

interface Listing {
  readonly phase: "listing";
  readonly from: ListFrom;
}
interface Watching {
  readonly phase: "watching";
  readonly resourceVersion: string;
}

/** The state of a reflector. */
export type ReflectorState =
  | Listing
  | Watching
  | { readonly phase: "waiting"; readonly next: Listing | Watching }
  | { readonly phase: "stopped" };

/** What happens to a reflector. */
export type ReflectorInput =
  | { readonly type: "listed"; readonly resourceVersion: string }
  | { readonly type: "failed"; readonly error: KubeError }
  /** An event or a bookmark was taken in. */
  | { readonly type: "advanced"; readonly resourceVersion: string }
  /** The server ended the watch; `premature` if at once and without an event. */
  | { readonly type: "ended"; readonly premature: boolean }
  | { readonly type: "waited" }
  | { readonly type: "stop" };

export const INITIAL_STATE: ReflectorState = { phase: "listing", from: { read: "cache" } };

/**
 * The state machine of a reflector:
 *
 * | in        | what happens                                  | then                                                    |
 * |-----------|-----------------------------------------------|---------------------------------------------------------|
 * | listing   | listed                                        | watching from the list's version                        |
 * | listing   | failed: version expired or not reached        | waiting, then listing consistently                      |
 * | listing   | failed: malformed or too large an answer      | waiting, then listing consistently, in pages            |
 * | listing   | failed otherwise                              | waiting, then listing as before                         |
 * | watching  | advanced                                      | watching from there                                     |
 * | watching  | ended                                         | watching from the last version, at once                 |
 * | watching  | ended at once without an event                | waiting, then listing not older than the last version   |
 * | watching  | failed: connection, time-out, 429, 5xx        | waiting, then watching from the last version            |
 * | watching  | failed otherwise: 410, malformed, forbidden   | waiting, then listing not older than the last version   |
 * | waiting   | waited                                        | what was to come                                        |
 * | any       | stop                                          | stopped, for good                                       |
 *
 * Anything else leaves the state as it is.
 */
export function nextState(state: ReflectorState, input: ReflectorInput): ReflectorState {
  if (input.type === "stop") return { phase: "stopped" };
  switch (state.phase) {
    case "listing":
      return afterListing(state, input);
    case "watching":
      return afterWatching(state, input);
    case "waiting":
      return input.type === "waited" ? state.next : state;
    default:
      return state;
  }
}

function afterListing(state: Listing, input: ReflectorInput): ReflectorState {
  if (input.type === "listed") return { phase: "watching", resourceVersion: input.resourceVersion };
  if (input.type !== "failed") return state;
  const { error } = input;
  // From its cache the server answers in one piece, whatever the limit; a consistent list comes in pages, which fit.
  const unreadable = isVersionUnavailable(error) || error.kind === "malformed-answer";
  const from: ListFrom = unreadable ? { read: "consistent" } : state.from;
  return { phase: "waiting", next: { phase: "listing", from } };
}

function afterWatching(state: Watching, input: ReflectorInput): ReflectorState {
  const { resourceVersion } = state;
  const relist: Listing = { phase: "listing", from: { read: "not-older-than", resourceVersion } };
  switch (input.type) {
    case "advanced":
      return { phase: "watching", resourceVersion: input.resourceVersion };
    case "ended":
      return input.premature ? { phase: "waiting", next: relist } : state;
    case "failed":
      return { phase: "waiting", next: losesNothing(input.error) ? state : relist };
    default:
      return state;
  }
}

/**
 * Whether a watch can go on where it stopped after this error, so that no event is missed: if the version has expired
 * meanwhile, the next one says so.
 */
export function losesNothing(error: KubeError): boolean {
  switch (error.kind) {
    case "connection":
    case "timeout":
    case "too-many-requests":
    case "unavailable":
    case "server-error":
      return true;
    default:
      return false;
  }
}

/** The version is compacted away, or lies in a future that a restored etcd has not reached. */
function isVersionUnavailable(error: KubeError): boolean {
  return error.kind === "gone" || error.causes.some((cause) => cause.reason === "ResourceVersionTooLarge");
}
