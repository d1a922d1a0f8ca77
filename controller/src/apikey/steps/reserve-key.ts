import { isProblem, type Step, type StepResult } from "@signatureapi-keys/lifecycle";
import { accountKey } from "../../account/account-ref.ts";
import type { MintRequest } from "../../account/mint-policy.ts";
import type { AccountRuntime } from "../../account/runtime.ts";
import { vendorAccountOf, type VerifiedAccount } from "../../account/verified-account.ts";
import { holderOf } from "../../allowance/holder.ts";
import type { LimitLine } from "../../allowance/ledger.ts";
import type { ApiKeyDocument } from "../document.ts";
import type { ApiKeyEnvironment } from "../environment.ts";
import { mintRequestOf } from "../mint-request.ts";
import type { StepContext } from "./context.ts";
import { done } from "./results.ts";

/** Reserves the key that is about to be asked for, or says why it may not be. */
export function reserveKey(context: StepContext, step: Step & { kind: "reserve-key" }): StepResult {
  const { env, memory, account, view } = context;
  const state = account?.usable();
  if (state === undefined || isProblem(state))
    throw new TypeError("a key is reserved in an account that is verified");
  const { uid, namespace } = memory.object.metadata;
  const same = sameAccount(env, state);
  const users = same.flatMap(({ ref }) => env.apiKeys.byIndex("byAccount", accountKey(ref)));
  const accounts = new Set(same.map(({ ref }) => accountKey(ref)));
  const neighbours = users.filter((apiKey) => apiKey.metadata.namespace === namespace);
  // What is only declared adds nothing to a budget, but for the one that asks: else whoever declares the most could
  // mint the most.
  const counts = ({ metadata, record }: ApiKeyDocument): boolean =>
    record.keyId !== undefined || metadata.uid === uid;
  const { reason, op } = step;
  const refused = env.ledger.reserve(
    {
      reason,
      op,
      uid,
      generation: memory.object.metadata.generation ?? 0,
      abandoned: view.object.state === "gone" ? [] : view.object.status.abandoned,
      namespace,
      vendorAccount: vendorAccountOf(state),
      accountId: state.accountId,
      limits: limitsFor(env, same, mintRequestOf(env, memory.object)),
      holders: () => neighbours.map((apiKey) => holderOf(env, apiKey)),
      left: env.leftKeys.of(accounts).filter((left) => left.namespace === namespace),
      apiKeysOfNamespace: neighbours.filter(counts).length,
      apiKeysOfAccount: users.filter(counts).length,
    },
    env.now(),
  );
  if (refused === undefined) return done();
  return { outcome: "rejected", conflict: false, ...refused };
}

/** The objects here that stand for one account in the vendor: they share its budget, and the limits of each hold. */
function sameAccount(env: ApiKeyEnvironment, state: VerifiedAccount): readonly AccountRuntime[] {
  return env.accounts.list().filter((other) => {
    const usable = other.usable();
    return !isProblem(usable) && vendorAccountOf(usable) === vendorAccountOf(state);
  });
}

function limitsFor(
  env: ApiKeyEnvironment,
  accounts: readonly AccountRuntime[],
  request: MintRequest,
): readonly LimitLine[] {
  return accounts.flatMap((account) =>
    account
      .linesFor(request)
      .flatMap(({ modes, maxKeys }) =>
        maxKeys === undefined ? [] : [{ account: accountKey(account.ref), modes, maxKeys }],
      ),
  );
}
