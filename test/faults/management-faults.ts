import type { FaultRuleInput, RequestMatch } from "@signatureapi-keys/management-api/emulator";
import { violationsDelivered, violationsRetained } from "../crash/invariant.ts";
import { IsolatedKey } from "../crash/isolated-key.ts";
import type { World } from "../e2e/world.ts";
import type { Manifest } from "../e2e/manifests.ts";
import { declares, deletes, rotates, type Drive } from "./drives.ts";

/** An operation that management tokens are for. */
export type ManagementOperation = Exclude<NonNullable<RequestMatch["operation"]>, "listEnvelopes">;

/** All of them. */
export const OPERATIONS: readonly ManagementOperation[] = [
  "getAccount",
  "listApiKeys",
  "createApiKey",
  "getApiKey",
  "updateApiKey",
  "rollApiKey",
  "revokeApiKey",
];

/** What goes wrong with one request. */
export type Failure = Pick<FaultRuleInput, "when" | "fault">;

/** More than any answer may have. */
const HUGE_BYTES = 50 * 1024 * 1024;

/** Every fault of the management API, by name. @param elsewhere the origin of another host */
export function failures(elsewhere: string): Readonly<Record<string, Failure>> {
  return {
    "a time-out before the effect": { when: "before", fault: { kind: "hang" } },
    "a time-out after the effect": { when: "after", fault: { kind: "hang" } },
    "a reset before the effect": { when: "before", fault: { kind: "reset" } },
    "a reset after the effect": { when: "after", fault: { kind: "reset" } },
    "429 without Retry-After": { when: "before", fault: { kind: "status", status: 429 } },
    "500 before the effect": { when: "before", fault: { kind: "status", status: 500 } },
    "500 after the effect": { when: "after", fault: { kind: "status", status: 500 } },
    "503 before the effect": { when: "before", fault: { kind: "status", status: 503 } },
    "503 after the effect": { when: "after", fault: { kind: "status", status: 503 } },
    "a truncated 2xx": { when: "after", fault: { kind: "truncate" } },
    "a malformed 2xx": { when: "after", fault: { kind: "malformed" } },
    "a page instead of JSON": { when: "after", fault: { kind: "html", status: 200 } },
    "an answer of 50 MB": { when: "after", fault: { kind: "huge", bytes: HUGE_BYTES } },
    "a key of the other mode": { when: "after", fault: { kind: "wrong-mode" } },
    "a redirect to another host": {
      when: "after",
      fault: { kind: "redirect", location: `${elsewhere}/v1/api-keys` },
    },
    "a slow drip": { when: "after", fault: { kind: "slow", msPerByte: 100 } },
  };
}

const WITHOUT_VALUE = "its answer holds no value, whose mode could be wrong";

/** Pairs of operation and fault that cannot be, each with the reason. */
export const EXCUSED: Readonly<Partial<Record<ManagementOperation, Readonly<Record<string, string>>>>> = {
  getAccount: { "a key of the other mode": WITHOUT_VALUE },
  listApiKeys: { "a key of the other mode": WITHOUT_VALUE },
  getApiKey: { "a key of the other mode": WITHOUT_VALUE },
  updateApiKey: { "a key of the other mode": WITHOUT_VALUE },
  revokeApiKey: {
    "a key of the other mode": WITHOUT_VALUE,
    "a slow drip": "a 204 has no body that could come slowly",
    "a truncated 2xx": "a 204 has no body that could be cut off",
  },
};

/** How the controller is brought to use an operation, with a fault in its way. */
interface Route {
  readonly spec: Manifest;
  readonly outcome: "delivered" | "retained";
  /** Whether the fault stands before anything is declared, the account included. */
  readonly early?: boolean;
  readonly run: Drive;
}

const LIVE = { mode: "live" };

const ROUTES: Readonly<Record<ManagementOperation, Route>> = {
  getAccount: {
    spec: LIVE,
    outcome: "delivered",
    early: true,
    run: async (key) => declares(key, () => undefined),
  },
  createApiKey: { spec: LIVE, outcome: "delivered", run: declares },
  // Asked for the first key of an account: whether the API keeps tags.
  getApiKey: { spec: LIVE, outcome: "delivered", run: declares },
  listApiKeys: {
    spec: LIVE,
    outcome: "delivered",
    run: async (key, strike) => {
      const match = { operation: "createApiKey", account: key.accountId } as const;
      key.world.emulator.admin.addFault({ match, when: "after", fault: { kind: "reset" } });
      await key.declare();
      await key.world.emulator.admin.waitForRequests(match);
      strike();
      await key.untilSettled(1);
    },
  },
  rollApiKey: {
    spec: { mode: "test" },
    outcome: "delivered",
    run: async (key, strike) => {
      await declares(key, () => undefined);
      strike();
      await key.deleteSecret();
      await key.untilSettled(2);
    },
  },
  revokeApiKey: {
    spec: LIVE,
    outcome: "delivered",
    run: rotates,
  },
  updateApiKey: {
    spec: { ...LIVE, deletionPolicy: "Retain" },
    outcome: "retained",
    run: deletes,
  },
};

/** An operation that fails once in one way. */
export interface Pair {
  readonly operation: ManagementOperation;
  readonly failure: string;
}

/** Every pair that can be. */
export function pairs(failureNames: readonly string[]): readonly Pair[] {
  return OPERATIONS.flatMap((operation) =>
    failureNames
      .filter((failure) => EXCUSED[operation]?.[failure] === undefined)
      .map((failure) => ({ operation, failure })),
  );
}

/**
 * Lets the fault happen once, and the controller bring everything in order by itself.
 *
 * @returns what is wrong afterwards.
 * @throws Error where it does not come to rest, or never met the fault.
 */
export async function runPair(
  world: World,
  name: string,
  { operation }: Pair,
  failure: Failure,
): Promise<readonly string[]> {
  const route = ROUTES[operation];
  const { admin } = world.emulator;
  const match = { operation, account: `acc_${name}` };
  const rule: FaultRuleInput = { match, ...failure };
  if (route.early === true) admin.addFault(rule);
  await using key = await IsolatedKey.open(world, "", name, { spec: route.spec });
  await route.run(key, () => admin.addFault(rule));
  const requests = admin.requests(match);
  if (!requests.some(({ fault }) => fault === failure.fault.kind))
    throw new Error(`${operation} never met the fault`);
  const facts = await key.facts();
  return route.outcome === "retained"
    ? await violationsRetained(key, facts)
    : await violationsDelivered(key, facts);
}
