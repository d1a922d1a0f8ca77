import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { violationsDelivered, violationsGone } from "../crash/invariant.ts";
import { IsolatedKey } from "../crash/isolated-key.ts";
import { isReady } from "../e2e/conditions.ts";
import type { World } from "../e2e/world.ts";
import type { Fault, KubeProxy, RequestMatcher } from "./kube-proxy.ts";
import { refusal } from "./kube-status.ts";
import { declares, deletes, rotates, type Drive } from "./drives.ts";

/** What goes wrong with a write at the API server, by name. */
export const FAILURES: Readonly<Record<string, Fault>> = {
  "a conflict": refusal(409, "Conflict"),
  "429 with Retry-After": refusal(429, "TooManyRequests", { "retry-after": "1" }),
  "500": refusal(500, "InternalError"),
  "503 of a load balancer": { kind: "answer", status: 503, body: "no upstream" },
  "403 for a moment": refusal(403, "Forbidden"),
  "a reset before the effect": { kind: "reset-before" },
  "a reset after the effect": { kind: "reset-after" },
  "an answer that breaks off": { kind: "truncate", bytes: 20 },
  "an answer that is no object": { kind: "replace-body", body: "<html>" },
};

/** A write of the write order, and what makes the controller come to it. */
export interface Write {
  readonly matcher: (key: IsolatedKey) => RequestMatcher;
  /** How many such writes pass before one fails. */
  readonly skip?: number;
  readonly outcome?: "gone";
  readonly run: Drive;
}

const at =
  (method: string, path: (namespace: string) => string): Write["matcher"] =>
  ({ namespace }) => ({ method, path: new RegExp(`${path(namespace)}(?!.*dryRun=All)`, "u") });

const apiKeyPath = (namespace: string): string => `/namespaces/${namespace}/apikeys/app\\?`;
const statusPath = (namespace: string): string => `/namespaces/${namespace}/apikeys/app/status`;
const secretPath = (namespace: string): string => `/namespaces/${namespace}/secrets/app`;

/** The writes of the write order, by name. */
export const WRITES: Readonly<Record<string, Write>> = {
  "adding the finalizer": { matcher: at("PATCH", apiKeyPath), run: declares },
  "the write-ahead": { matcher: at("PUT", statusPath), run: declares },
  "the create of the Secret": {
    matcher: at("POST", (namespace) => `/namespaces/${namespace}/secrets\\?`),
    run: declares,
  },
  "the replacement of the Secret": {
    matcher: at("PUT", secretPath),
    run: rotates,
  },
  "the status after the commit": { matcher: at("PUT", statusPath), skip: 1, run: declares },
  "the status after a revocation": {
    matcher: at("PUT", statusPath),
    // The write-ahead and the status after the commit come before it.
    skip: 2,
    run: rotates,
  },
  "the write that puts annotations right": {
    matcher: at("PUT", secretPath),
    run: async (key, strike) => {
      await declares(key, () => undefined);
      strike();
      const annotations = { "signatureapi.com/key-id": null };
      await key.patchSecret({ metadata: { annotations } });
      await key.untilSecret(
        ({ metadata }) => metadata.annotations?.["signatureapi.com/key-id"] !== undefined,
      );
      await key.untilSettled(1);
    },
  },
  "the delete of the Secret": { matcher: at("DELETE", secretPath), run: deletes, outcome: "gone" },
  "removing the finalizer": { matcher: at("PATCH", apiKeyPath), run: deletes, outcome: "gone" },
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
  await using key = await IsolatedKey.open(world, "", name, { spec: { mode: "live" } });
  // Else its first status would say that there is no account yet.
  await world.watcher.until(ACCOUNTS, { namespace: name, name: "default" }, isReady);
  const match = matcher(key);
  let before = 0;
  await run(key, () => {
    before = proxy.count(match);
    if (skip > 0) proxy.fail(match, { kind: "pass" }, skip);
    proxy.fail(match, fault);
  });
  if (proxy.count(match) <= before + skip) throw new Error("the write never met the fault");
  const facts = await key.facts();
  return outcome === "gone" ? violationsGone(key, facts) : await violationsDelivered(key, facts);
}
