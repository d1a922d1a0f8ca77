import { isProblem, type Problem, type Step, type StepResult } from "@signatureapi-keys/lifecycle";
import { accountKey } from "../../account/account-ref.ts";
import { domainOf } from "../../account/governance.ts";
import { dependsOnLabels, type MintRequest } from "../../account/mint-policy.ts";
import type { AccountRuntime } from "../../account/runtime.ts";
import { vendorAccountOf, type VerifiedAccount } from "../../account/verified-account.ts";
import { holderOf } from "../../allowance/holder.ts";
import type { LeftBehind } from "../../allowance/left-keys.ts";
import type { LimitLine, SeenApiKeys } from "../../allowance/ledger.ts";
import { keyOf } from "../../kube/index.ts";
import { accountView } from "../account-view.ts";
import { heldKeyIndex, type ApiKeyDocument } from "../document.ts";
import type { ApiKeyEnvironment } from "../environment.ts";
import { readNamespace } from "../live-namespace.ts";
import { mintRequestOf } from "../mint-request.ts";
import type { StepContext } from "./context.ts";
import { done, rejected } from "./results.ts";

/**
 * Reserves the key that is about to be asked for, or says why it may not be. What the account allows is judged again: its
 * objects may have been edited since the pass began. Where labels decide about a live key, its namespace is read for that.
 */
export async function reserveKey(
  context: StepContext,
  step: Step & { kind: "reserve-key" },
): Promise<StepResult> {
  const { env, memory, view } = context;
  const state = context.account?.usable();
  if (state === undefined || isProblem(state))
    throw new TypeError("a key is reserved in an account that is verified");
  const { uid, namespace } = memory.object.metadata;
  const known = mintRequestOf(env, memory.object);
  const refused = reserve(context, step, state, known) ?? waitForTurn(context, step);
  if (refused !== undefined) return refused;
  if (!needsLabels(env, state, known)) return done({ account: accountView(env, memory.object, known) });
  const live = await readNamespace(env, namespace);
  if (isProblem(live)) return rejected(live);
  if (live.terminating)
    return done(
      view.object.state === "gone" ? {} : { object: { ...view.object, namespaceTerminating: true } },
    );
  const request = { ...known, namespaceLabels: live.labels };
  // The lines that limit the namespace may be others now.
  env.ledger.end(uid);
  const now = reserve(context, step, state, request);
  return now ?? done({ account: accountView(env, memory.object, request) });
}

/** How much of the time between a record of an attempt and its request may be spent at the limiter. */
const SHARE_OF_WINDOW = 0.4;
/** A longer wait is worth a condition, in milliseconds. */
const QUIET_MS = 15_000;

/** An emergency waits for nobody. */
function waitForTurn(
  { env, memory, account }: StepContext,
  { reason }: Step & { kind: "reserve-key" },
): StepResult | undefined {
  if (reason === "RotationForced") return undefined;
  const now = env.now();
  const lead = env.timing.postWindow * SHARE_OF_WINDOW;
  const turn = account?.turns?.ask(memory.object.metadata.uid, now, lead);
  if (turn === undefined) {
    memory.turns = account?.turns;
    return undefined;
  }
  const message = `${accountKey(memory.object.account)} has more ApiKeys that need a key than spec.rateLimit lets ask for one; this one waits for its turn`;
  const problem: Problem = { reason: "RateLimited", message, transient: true };
  return { ...rejected(problem), retryAt: turn.at, isQuiet: turn.at - now <= QUIET_MS };
}

function needsLabels(env: ApiKeyEnvironment, state: VerifiedAccount, { mode }: MintRequest): boolean {
  // Without the right to see namespaces, only a line for all of them allows anything.
  if (mode !== "live" || env.namespaces === undefined) return false;
  const governors = env.accounts.governorsOf(vendorAccountOf(state));
  return governors.some(({ policy }) => dependsOnLabels(policy, mode));
}

function reserve(
  { env, memory, view }: StepContext,
  { reason, op }: Step & { kind: "reserve-key" },
  state: VerifiedAccount,
  request: MintRequest,
): StepResult | undefined {
  const { account, metadata } = memory.object;
  const { uid, namespace } = metadata;
  const vendorAccount = vendorAccountOf(state);
  const governors = env.accounts.governorsOf(vendorAccount);
  const refused = env.ledger.reserve(
    {
      reason,
      op,
      uid,
      key: keyOf({ metadata }),
      generation: metadata.generation ?? 0,
      abandoned: view.object.state === "gone" ? [] : view.object.status.abandoned,
      namespace,
      budget: `${vendorAccount}\n${domainOf(account)}`,
      domain: domainOf(account),
      accountId: state.accountId,
      limits: limitsFor(governors, request),
      holders: () => neighboursOf(env, namespace, vendorAccount).map((apiKey) => holderOf(env, apiKey)),
      seen: seenApiKeys(env, account, vendorAccount),
      left: leftIn(env, namespace, vendorAccount),
    },
    env.now(),
  );
  return refused && { outcome: "rejected", conflict: false, ...refused };
}

/** What shares a budget: the ClusterAccounts of a vendor account; or, of each namespace by itself, its Accounts. */
function seenApiKeys(
  env: ApiKeyEnvironment,
  { kind }: ApiKeyDocument["account"],
  vendorAccount: string,
): SeenApiKeys {
  const holding = (namespace: string): number => {
    const sharing =
      kind === "ClusterAccount"
        ? env.accounts.governorsOf(vendorAccount)
        : env.accounts
            .standingFor(vendorAccount)
            .filter(({ ref }) => ref.kind === "Account" && ref.namespace === namespace);
    return sharing.reduce(
      (sum, { ref }) => sum + env.apiKeys.countByIndex("byHeldKey", heldKeyIndex(ref, namespace)),
      0,
    );
  };
  const find = (key: string) => {
    const apiKey = env.apiKeys.get(key);
    return apiKey && holderOf(env, apiKey);
  };
  return { holding, find };
}

/** The ApiKeys of a namespace whose objects name a vendor account: the limits of its ClusterAccounts count all of them. */
function neighboursOf(
  env: ApiKeyEnvironment,
  namespace: string,
  vendorAccount: string,
): readonly ApiKeyDocument[] {
  const all = env.apiKeys.byIndex("byNamespace", namespace);
  return all.filter(({ account }) => env.accounts.find(account)?.vendorAccount === vendorAccount);
}

/** What ApiKeys of a namespace that are gone have left in a vendor account. */
function leftIn(env: ApiKeyEnvironment, namespace: string, vendorAccount: string): readonly LeftBehind[] {
  const same = env.accounts.standingFor(vendorAccount).map(({ ref }) => accountKey(ref));
  const left = env.leftKeys.of(new Set(same));
  return left.filter((one) => one.namespace === namespace);
}

function limitsFor(accounts: readonly AccountRuntime[], request: MintRequest): readonly LimitLine[] {
  return accounts.flatMap((account) =>
    account
      .linesFor(request)
      .flatMap(({ modes, maxKeys }) =>
        maxKeys === undefined ? [] : [{ account: accountKey(account.ref), modes, maxKeys }],
      ),
  );
}
