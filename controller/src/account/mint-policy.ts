import type { Problem } from "@signatureapi-keys/lifecycle";
import type { AllowLine } from "../resources/account.ts";
import { selects } from "../validation/selector.ts";
import { accountKey, type AccountRef } from "./account-ref.ts";
import type { VerifiedAccount } from "./verified-account.ts";

/** The ApiKey that a key is wanted for. */
export interface MintRequest {
  readonly mode: "test" | "live";
  readonly namespace: string;
  /** Undefined where they are not known: then only a line for all namespaces allows anything. */
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
}

/** What the account's object says about minting, and about keys that no record names. */
export interface AccountPolicy {
  /** Undefined for an Account, which allows everything in its own namespace. */
  readonly allow: readonly AllowLine[] | undefined;
  /** What an Account lists for its namespace; a ClusterAccount lists it in the lines of `allow`. */
  readonly adoptKeyIds?: readonly string[] | undefined;
  readonly suspend: boolean;
  /** Undefined for an Account, which has no say in it. */
  readonly orphans: "Report" | "Revoke" | undefined;
}

/** The policy of an account that has not been looked at, or whose spec is invalid: it allows nothing. */
export const ALLOWS_NOTHING: AccountPolicy = { allow: [], suspend: false, orphans: undefined };

/** The lines that allow an ApiKey its key, and can limit how many there are. */
export function linesFor({ allow = [] }: AccountPolicy, request: MintRequest): readonly AllowLine[] {
  return allow.filter(
    ({ modes, namespaceSelector }) =>
      modes.includes(request.mode) && selects(namespaceSelector, request.namespaceLabels),
  );
}

/** Whether the labels of a namespace decide what a policy says of keys of this mode: a line for all namespaces asks for none. */
export function dependsOnLabels({ allow = [] }: AccountPolicy, mode: MintRequest["mode"]): boolean {
  return allow.some(
    ({ modes, namespaceSelector }) => modes.includes(mode) && !selects(namespaceSelector, undefined),
  );
}

/** The IDs of the keys that an ApiKey may adopt: those of every line that allows it this mode. */
export function adoptableKeyIds(policy: AccountPolicy, request: MintRequest): readonly string[] {
  if (policy.allow === undefined) return policy.adoptKeyIds ?? [];
  return linesFor(policy, request).flatMap(({ adoptKeyIds = [] }) => adoptKeyIds);
}

/** Whether an ApiKey may leave its key active when it is deleted: nothing limits how many are left. */
export function mayRetain(policy: AccountPolicy, request: MintRequest): boolean {
  return policy.allow === undefined || linesFor(policy, request).some(({ retain }) => retain === true);
}

/** Why the account's object allows an ApiKey no key, or `undefined` where it does. */
export function policyProblem(
  ref: AccountRef,
  policy: AccountPolicy,
  request: MintRequest,
): Problem | undefined {
  if (policy.suspend) return refuse("AccountSuspended", `${accountKey(ref)} is suspended: no key is minted`);
  if (policy.allow === undefined || linesFor(policy, request).length > 0) return undefined;
  const { mode, namespace, namespaceLabels } = request;
  if (namespaceLabels === undefined) {
    const message = `the labels of namespace ${namespace} are not known, so no line of spec.allow of ${accountKey(ref)} can allow it a key; the controller needs the right to list and watch namespaces`;
    return { reason: "NotAllowed", message, transient: true };
  }
  return refuse(
    "NotAllowed",
    `no line of spec.allow of ${accountKey(ref)} allows mode ${mode} in namespace ${namespace}; ask its administrator for one, or label the namespace as a line asks for`,
  );
}

/** Why the vendor gives the account no key of this mode, or `undefined` where it does. */
export function modeProblem(
  { liveMode, accountId }: VerifiedAccount,
  mode: MintRequest["mode"],
): Problem | undefined {
  if (mode !== "live") return undefined;
  if (liveMode === "disabled") {
    return refuse(
      "LiveModeDisabled",
      `account ${accountId} cannot have live keys: upgrade it and add a payment method, or use mode: test`,
    );
  }
  if (liveMode === "paused") {
    return refuse(
      "LiveModePaused",
      `live mode of account ${accountId} is paused: resume it in the vendor's dashboard`,
    );
  }
  return undefined;
}

function refuse(reason: Problem["reason"], message: string): Problem {
  return { reason, message, transient: false };
}
