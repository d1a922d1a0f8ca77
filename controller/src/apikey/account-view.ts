import type { AccountView } from "@signatureapi-keys/lifecycle";
import { governedProblem, governedRetain } from "../account/governance.ts";
import type { MintRequest } from "../account/mint-policy.ts";
import type { ApiKeyDocument } from "./document.ts";
import type { ApiKeyEnvironment } from "./environment.ts";

/** How the rules see the account of an ApiKey. @param request as the account's policy judges it. */
export function accountView(
  env: Pick<ApiKeyEnvironment, "accounts">,
  { account: ref }: Pick<ApiKeyDocument, "account">,
  request: MintRequest,
): AccountView {
  const account = env.accounts.find(ref);
  if (account === undefined) {
    const name = ref.kind === "Account" ? `${ref.namespace}/${ref.name}` : ref.name;
    const message = `${ref.kind} ${name} does not exist; create it, or name another one in spec.accountRef of a new ApiKey`;
    return {
      usable: { reason: "AccountNotFound", message, transient: false },
      mintProblem: undefined,
      tagsVerified: true,
    };
  }
  const governors = ref.kind === "Account" ? env.accounts.governorsOf(account.vendorAccount) : [];
  const mayRetain = account.mayRetain(request);
  return {
    usable: account.usable(),
    uncheckedSince: account.uncheckedSince,
    mintProblem: account.mintProblem(request) ?? governedProblem(governors),
    adoptKeyIds: account.adoptKeyIds(request),
    mayRetain: mayRetain && governedRetain(governors, request),
    tagsVerified: account.tagsVerified,
    sweeps: account.sweeps,
  };
}
