import type { Problem } from "@signatureapi-keys/lifecycle";
import { accountKey, type AccountRef } from "./account-ref.ts";
import { linesFor, type AccountPolicy, type MintRequest } from "./mint-policy.ts";

/** A ClusterAccount, as far as it decides for the Accounts that name the same vendor account. */
export interface Governor {
  readonly ref: AccountRef;
  readonly policy: AccountPolicy;
  readonly trust: { readonly distrust: Problem | undefined };
}

/**
 * Which objects of a vendor account decide together: its ClusterAccounts; or, apart from them and from one another, the
 * Accounts of one namespace. What a namespace does to its own Accounts has no effect beyond it.
 */
export function domainOf(ref: AccountRef): string {
  return ref.kind === "ClusterAccount" ? "" : ref.namespace;
}

/** Why the ClusterAccounts of its vendor account let an Account mint nothing, if so. */
export function governedProblem(governors: readonly Governor[]): Problem | undefined {
  for (const { ref, policy, trust } of governors) {
    if (trust.distrust !== undefined) return trust.distrust;
    if (!policy.suspend) continue;
    const message = `${accountKey(ref)}, which names the same vendor account, is suspended: no key is minted`;
    return { reason: "AccountSuspended", message, transient: false };
  }
  return undefined;
}

/** Whether an ApiKey of an Account may leave its key active: each ClusterAccount with lines for it must allow that. */
export function governedRetain(governors: readonly Governor[], request: MintRequest): boolean {
  return governors.every(({ policy }) => {
    const lines = linesFor(policy, request);
    return lines.length === 0 || lines.some(({ retain }) => retain === true);
  });
}
