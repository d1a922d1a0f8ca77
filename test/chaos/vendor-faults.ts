import type { Fault, FaultRuleInput } from "@signatureapi-keys/management-api/emulator";
import type { Random } from "./random.ts";

/** What a vendor that loses tags writes in place of ours. */
export const REWRITTEN = "rewritten by the vendor";

type Operation = NonNullable<NonNullable<FaultRuleInput["match"]>["operation"]>;

const OPERATIONS: Readonly<Partial<Record<Operation, number>>> = {
  createApiKey: 40,
  rollApiKey: 10,
  getApiKey: 14,
  listApiKeys: 14,
  revokeApiKey: 14,
  updateApiKey: 3,
  getAccount: 5,
};

/** Faults of any request; those of some requests only are drawn besides. */
const KINDS = {
  status: 26,
  refused: 4,
  reset: 20,
  hang: 6,
  truncate: 8,
  malformed: 6,
  html: 4,
  redirect: 3,
  huge: 3,
  slow: 5,
  hold: 2,
  late: 8,
  ofOperation: 14,
} as const;

const BROKEN = [500, 502, 503, 504] as const;
/** How late an effect comes at most: longer than any request lives, so that no request waits for it any more. */
export const LATEST_EFFECT_MS = 12_000;

/**
 * Draws what goes wrong next at the vendor. Two things are left out, since no client could cope with them: a refusal
 * that is none (a documented 4xx after the effect), and a 404 for a key that is there.
 */
export function drawVendorFault(random: Random, baseUrl: string): FaultRuleInput {
  const operation = random.weighted<Operation>(complete(OPERATIONS));
  const kind = random.weighted(KINDS);
  const when = random.chance(0.5) ? "before" : "after";
  const rule = (fault: FaultRuleInput["fault"], at: "before" | "after" = when): FaultRuleInput => ({
    match: { operation },
    times: random.chance(0.8) ? 1 : random.int(2, 4),
    when: at,
    fault,
  });
  switch (kind) {
    case "status":
      return rule({ kind, status: random.pick(BROKEN), body: random.pick(["problem", "text", "none"]) });
    case "refused":
      return rule({ kind: "status", status: random.pick([429, 429, 429, 401, 403]) }, "before");
    case "html":
      return rule({ kind, status: random.pick([200, 502, 503]) });
    case "redirect":
      return rule({ kind, location: `${baseUrl}/elsewhere`, status: random.pick([302, 307, 308]) });
    case "huge":
      return rule({ kind, bytes: 2 * 1024 * 1024 });
    case "slow":
      return rule({ kind, msPerByte: random.int(1, 12) });
    case "late":
      return rule({ kind, ms: random.int(0, LATEST_EFFECT_MS) });
    case "ofOperation":
      return rule(faultOf(operation, random, baseUrl));
    default:
      return rule({ kind });
  }
}

function faultOf(operation: Operation, random: Random, baseUrl: string): FaultRuleInput["fault"] {
  switch (operation) {
    case "createApiKey":
      return random.chance(0.85)
        ? { kind: random.pick(["duplicate", "duplicate", "duplicate", "wrong-mode"] as const) }
        : { kind: "rewrite-description", description: REWRITTEN };
    case "rollApiKey":
      return { kind: random.pick(["duplicate", "wrong-mode"] as const) };
    case "listApiKeys":
      return random.chance(0.7)
        ? { kind: "omit", count: random.int(1, 3) }
        : { kind: "next-link", url: random.pick(["http://127.0.0.1:9/v1/api-keys", `${baseUrl}/api-keys`]) };
    default:
      return { kind: "duplicate" };
  }
}

/** The kinds of fault that some draw gives, for the test that none is missing. */
export function kindsDrawn(random: Random, draws: number): ReadonlySet<Fault["kind"]> {
  const drawn = Array.from({ length: draws }, () => drawVendorFault(random, "http://vendor.test/v1"));
  return new Set(drawn.map(({ fault }) => fault.kind));
}

function complete<K extends string>(weights: Readonly<Partial<Record<K, number>>>): Record<K, number> {
  // oxlint-disable-next-line no-unsafe-type-assertion -- what has no weight is never drawn
  return weights as Record<K, number>;
}
