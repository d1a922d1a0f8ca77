import type { Fault, KubeProxy, RequestMatcher } from "../faults/kube-proxy.ts";
import { EXPIRED, refusal } from "../faults/kube-status.ts";
import type { Random } from "./random.ts";

const TARGETS: Readonly<Record<string, RequestMatcher>> = {
  "create of a Secret": { method: "POST", path: /\/secrets(\?|$)/ },
  "replacement of a Secret": { method: "PUT", path: /\/secrets\// },
  "deletion of a Secret": { method: "DELETE", path: /\/secrets\// },
  "read of a Secret": { method: "GET", path: /\/secrets\/(?!credentials)/, watch: false },
  "write of a status": { method: "PUT", path: /\/apikeys\/[^/]+\/status/ },
  "read of an ApiKey": { method: "GET", path: /\/apikeys\//, watch: false },
  "change of a finalizer": { method: "PATCH", path: /\/apikeys\// },
  "write of an account": { path: /\/accounts\/[^/]+\/status/, method: "PUT" },
  "write of the lease": { path: /\/leases\//, method: "PUT" },
  "any list": { method: "GET", path: /\/(secrets|apikeys|accounts)(\?|$)/, watch: false },
};

const TARGET_WEIGHTS: Readonly<Record<keyof typeof TARGETS, number>> = {
  "create of a Secret": 20,
  "replacement of a Secret": 16,
  "deletion of a Secret": 6,
  "read of a Secret": 10,
  "write of a status": 26,
  "read of an ApiKey": 8,
  "change of a finalizer": 6,
  "write of an account": 2,
  "write of the lease": 3,
  "any list": 3,
};

const KINDS = {
  conflict: 18,
  "too many requests": 12,
  "server error": 18,
  "reset-before": 14,
  "reset-after": 22,
  truncate: 8,
  "stall-before": 2,
  "stall-after": 2,
} as const;

const WATCH_KINDS = { end: 4, reset: 3, stall: 2, expired: 2, garbage: 2 } as const;
/** A half-open connection is noticed by whatever stands between, sooner or later. */
const LONGEST_STALL_MS = 15_000;

/** One thing that goes wrong between a replica and the API server, by its name. */
export type KubeFaultName = keyof typeof KINDS | `watch ${keyof typeof WATCH_KINDS}`;

/** Draws what goes wrong next for a replica, and lets it happen. @returns what it is. */
export function breakKube(proxy: KubeProxy, random: Random): KubeFaultName {
  return random.chance(0.25) ? breakWatch(proxy, random) : breakRequest(proxy, random);
}

function breakRequest(proxy: KubeProxy, random: Random): KubeFaultName {
  const target = random.weighted(TARGET_WEIGHTS);
  const kind = random.weighted(KINDS);
  const times = random.chance(0.85) ? 1 : random.int(2, 3);
  proxy.fail(TARGETS[target] ?? {}, faultOf(kind, random), times);
  return kind;
}

function faultOf(kind: keyof typeof KINDS, random: Random): Fault {
  switch (kind) {
    case "conflict":
      return refusal(409, "Conflict");
    case "too many requests":
      return refusal(429, "TooManyRequests", { "retry-after": "1" });
    case "server error":
      return refusal(random.pick([500, 503, 504]), "InternalError");
    case "truncate":
      return { kind, bytes: random.int(1, 200) };
    default:
      return { kind };
  }
}

function breakWatch(proxy: KubeProxy, random: Random): KubeFaultName {
  const kind = random.weighted(WATCH_KINDS);
  const { watches } = proxy;
  // Drawn also where nothing is open, so that the sequence of choices does not depend on it.
  const chosen = watches[Math.floor(random.next() * watches.length)];
  const stall = random.between(1_000, LONGEST_STALL_MS);
  if (chosen === undefined) return `watch ${kind}`;
  switch (kind) {
    case "end":
      chosen.end();
      break;
    case "reset":
      chosen.reset();
      break;
    case "stall":
      chosen.stall();
      setTimeout(() => chosen.reset(), stall);
      break;
    case "expired":
      chosen.injectEvent("ERROR", EXPIRED);
      break;
    case "garbage":
      chosen.inject('{"type":"MODIFIED","object":{"kind":\n');
      break;
  }
  return `watch ${kind}`;
}
