import { expect, test } from "vitest";
import { KubeError, type KubeErrorKind } from "../client/kube-error.ts";
import { INITIAL_STATE, nextState, type ReflectorInput, type ReflectorState } from "./transitions.ts";

const failed = (kind: KubeErrorKind, causes: { reason: string }[] = []): ReflectorInput => ({
  type: "failed",
  error: new KubeError({ kind, effect: "none", verb: "watch", resource: "secrets", message: "m", causes }),
});
const listing = (from: Extract<ReflectorState, { phase: "listing" }>["from"]) => ({
  phase: "listing" as const,
  from,
});
const watching = (resourceVersion: string) => ({ phase: "watching" as const, resourceVersion });
const waiting = (next: ReturnType<typeof listing> | ReturnType<typeof watching>) => ({
  phase: "waiting" as const,
  next,
});
const relist = listing({ read: "not-older-than", resourceVersion: "5" });
const consistent = listing({ read: "consistent" });

test("a reflector begins with a list from the server's cache", () => {
  expect(INITIAL_STATE).toEqual(listing({ read: "cache" }));
});

test.each<[string, ReflectorState, ReflectorInput, ReflectorState]>([
  ["a list leads to a watch", INITIAL_STATE, { type: "listed", resourceVersion: "5" }, watching("5")],
  ["a failed list is tried again", relist, failed("forbidden"), waiting(relist)],
  ["a list of an expired version becomes a consistent one", relist, failed("gone"), waiting(consistent)],
  [
    "a list of a version that was never reached becomes a consistent one",
    relist,
    failed("server-error", [{ reason: "ResourceVersionTooLarge" }]),
    waiting(consistent),
  ],
  [
    "a list too large to be read at once becomes a consistent one, which comes in pages",
    INITIAL_STATE,
    failed("malformed-answer"),
    waiting(consistent),
  ],
  ["an event moves the watch on", watching("4"), { type: "advanced", resourceVersion: "5" }, watching("5")],
  ["a watch that ran out goes on", watching("5"), { type: "ended", premature: false }, watching("5")],
  [
    "a watch ended at once leads to a list",
    watching("5"),
    { type: "ended", premature: true },
    waiting(relist),
  ],
  ["a broken watch goes on after a while", watching("5"), failed("connection"), waiting(watching("5"))],
  ["a silent watch goes on after a while", watching("5"), failed("timeout"), waiting(watching("5"))],
  [
    "a refused watch goes on after a while",
    watching("5"),
    failed("too-many-requests"),
    waiting(watching("5")),
  ],
  ["an expired watch leads to a list", watching("5"), failed("gone"), waiting(relist)],
  ["garbage leads to a list", watching("5"), failed("malformed-answer"), waiting(relist)],
  ["a forbidden watch leads to a list", watching("5"), failed("forbidden"), waiting(relist)],
  ["waiting ends with what was to come", waiting(consistent), { type: "waited" }, consistent],
  ["a stop ends a list", INITIAL_STATE, { type: "stop" }, { phase: "stopped" }],
  ["a stop ends waiting", waiting(relist), { type: "stop" }, { phase: "stopped" }],
  [
    "nothing follows a stop",
    { phase: "stopped" },
    { type: "listed", resourceVersion: "5" },
    { phase: "stopped" },
  ],
])("%s", (_, state, input, expected) => {
  expect(nextState(state, input)).toEqual(expected);
});
