import { ACCOUNTS, API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { violationsDelivered, violationsGone } from "../crash/invariant.ts";
import { untilSettled } from "../crash/run-row.ts";
import { Room } from "../crash/room.ts";
import { OVERLAP } from "../crash/timing.ts";
import { isReady } from "../e2e/conditions.ts";
import type { World } from "../e2e/world.ts";
import type { Fault, KubeProxy, RequestMatcher } from "./kube-proxy.ts";
import { declareAfter, delivered } from "./drives.ts";

const JSON_TYPE = { "content-type": "application/json" };

function status(code: number, reason: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    code,
    reason,
    message: reason,
  });
  return { kind: "answer", status: code, headers: { ...JSON_TYPE, ...headers }, body };
}

/** What goes wrong with a write at the API server, by name. */
export const FAILURES: Readonly<Record<string, Fault>> = {
  "a conflict": status(409, "Conflict"),
  "429 with Retry-After": status(429, "TooManyRequests", { "retry-after": "1" }),
  "500": status(500, "InternalError"),
  "503 of a load balancer": { kind: "answer", status: 503, body: "no upstream" },
  "403 for a moment": status(403, "Forbidden"),
  "a reset before the effect": { kind: "reset-before" },
  "a reset after the effect": { kind: "reset-after" },
  "an answer that breaks off": { kind: "truncate", bytes: 20 },
  "an answer that is no object": { kind: "replace-body", body: "<html>" },
};

/** A write of the write order, and what makes the controller come to it. */
export interface Write {
  readonly matcher: (room: Room) => RequestMatcher;
  /** How many such writes pass before one fails. */
  readonly skip?: number;
  readonly outcome?: "gone";
  /** @param strike puts the fault in the write's way. */
  readonly run: (room: Room, strike: () => void) => Promise<void>;
}

async function deleted(room: Room, strike: () => void): Promise<void> {
  await delivered(room);
  strike();
  await room.world.kube.delete(API_KEYS, room.ref);
  await room.until(API_KEYS, (object) => object === undefined);
}

const at =
  (method: string, path: (namespace: string) => string): Write["matcher"] =>
  ({ namespace }) => ({ method, path: new RegExp(`${path(namespace)}(?!.*dryRun=All)`, "u") });

const apiKeyPath = (namespace: string): string => `/namespaces/${namespace}/apikeys/app\\?`;
const statusPath = (namespace: string): string => `/namespaces/${namespace}/apikeys/app/status`;
const secretPath = (namespace: string): string => `/namespaces/${namespace}/secrets/app`;

/** The writes of the write order, by name. */
export const WRITES: Readonly<Record<string, Write>> = {
  "adding the finalizer": { matcher: at("PATCH", apiKeyPath), run: declareAfter },
  "the write-ahead": { matcher: at("PUT", statusPath), run: declareAfter },
  "the create of the Secret": {
    matcher: at("POST", (namespace) => `/namespaces/${namespace}/secrets\\?`),
    run: declareAfter,
  },
  "the replacement of the Secret": {
    matcher: at("PUT", secretPath),
    run: async (room, strike) => {
      await delivered(room);
      strike();
      await room.change({ rotation: { overlap: OVERLAP, trigger: "two" } });
      await untilSettled(room, 2);
    },
  },
  "the status after the commit": { matcher: at("PUT", statusPath), skip: 1, run: declareAfter },
  "the status after a revocation": {
    matcher: at("PUT", statusPath),
    // The write-ahead and the status after the commit come before it.
    skip: 2,
    run: async (room, strike) => {
      await delivered(room);
      strike();
      await room.change({ rotation: { overlap: OVERLAP, trigger: "two" } });
      await untilSettled(room, 2);
    },
  },
  "the write that puts annotations right": {
    matcher: at("PUT", secretPath),
    run: async (room, strike) => {
      await delivered(room);
      strike();
      const annotations = { "signatureapi.com/key-id": null };
      await room.world.kube.patch(SECRETS, room.ref, { metadata: { annotations } }, { type: "merge" });
      await room.until(
        SECRETS,
        (secret) => secret?.metadata.annotations?.["signatureapi.com/key-id"] !== undefined,
      );
      await untilSettled(room, 1);
    },
  },
  "the delete of the Secret": { matcher: at("DELETE", secretPath), run: deleted, outcome: "gone" },
  "removing the finalizer": { matcher: at("PATCH", apiKeyPath), run: deleted, outcome: "gone" },
};

/**
 * Lets a write fail once, and the controller bring everything in order by itself.
 *
 * @returns what is wrong afterwards.
 * @throws Error where it does not come to rest, or never met the fault.
 */
export async function runWrite(
  world: World,
  proxy: KubeProxy,
  name: string,
  { matcher, skip = 0, run, outcome }: Write,
  fault: Fault,
): Promise<readonly string[]> {
  await using room = await Room.open(world, "", name, { mode: "live" });
  // Else its first status would say that there is no account yet.
  await world.watcher.until(ACCOUNTS, { namespace: name, name: "default" }, isReady);
  const match = matcher(room);
  let before = 0;
  await run(room, () => {
    before = proxy.count(match);
    if (skip > 0) proxy.fail(match, { kind: "pass" }, skip);
    proxy.fail(match, fault);
  });
  if (proxy.count(match) <= before + skip) throw new Error("the write never met the fault");
  const facts = await room.facts();
  return outcome === "gone" ? violationsGone(room, facts) : await violationsDelivered(room, facts);
}
