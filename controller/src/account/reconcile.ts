import { isProblem, type Problem } from "@signatureapi-keys/lifecycle";
import type { ManagementToken } from "@signatureapi-keys/management-api";
import {
  addFinalizerPatch,
  hasFinalizer,
  isKubeError,
  removeFinalizerPatch,
  type Aside,
  type FinalizersPatch,
} from "../kube/index.ts";
import { ACCOUNT_FINALIZER } from "../resources/names.ts";
import { SECRETS } from "../resources/types.ts";
import { accountKey, type AccountRef } from "./account-ref.ts";
import { readToken, type CredentialsRef } from "./credentials.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";
import type { AccountEnvironment } from "./environment.ts";
import { probeAccount } from "./probe.ts";
import type { AccountRuntime } from "./runtime.ts";
import { Sessions, type Session } from "./sessions.ts";
import { recordedLeft } from "./recorded-left.ts";
import { recordedAccount, specChanged, writeAccountStatus } from "./status.ts";
import { trustedCa, type CaDeclaration } from "./trusted-ca.ts";
import { vendorAccountOf, type VerifiedAccount } from "./verified-account.ts";

/** When the account is to be looked at again. */
export interface AccountOutcome {
  /** Milliseconds from now; undefined where only a change of the world calls for another look. */
  readonly requeueAfterMs?: number;
}

const FIRST_RETRY_MS = 1_000;

/** Reconciles Accounts and ClusterAccounts: which vendor account each one is, and whether it can be used. */
export class AccountReconciler {
  readonly #env: AccountEnvironment;
  readonly #sessions = new Sessions();
  /** How often in a row the last look at an account failed in a way that can pass. */
  readonly #failures = new Map<string, number>();

  constructor(env: AccountEnvironment) {
    this.#env = env;
  }

  /**
   * @param aside in it the vendor is waited for.
   * @throws KubeError where the status or the finalizer could not be written; the caller tries again.
   */
  async reconcile(ref: AccountRef, aside: Aside): Promise<AccountOutcome> {
    const account = this.#env.findAccount(ref);
    if (account === undefined) return this.#forget(ref);
    if (account.metadata.deletionTimestamp !== undefined) return this.#release(account, aside);
    const runtime = this.#env.registry.ensure(ref);
    const { trust } = runtime;
    const before = trust.distrust;
    let changed = false;
    try {
      runtime.recall(recordedAccount(account));
      if (specChanged(account)) trust.resume(true);
      // What an earlier process has found is known before this one mints.
      if (runtime.uncheckedSince !== undefined) this.#env.leftKeys.recall(recordedLeft(account));
      const held = await this.#hold(account);
      const judged = await this.#judge(held, runtime, aside);
      // What was cut short says nothing of the account.
      if (this.#env.stopping.aborted) return {};
      changed = this.#apply(held, runtime, judged);
      await writeAccountStatus(this.#env, held, trust.distrust ?? judged.state, runtime.inventory);
      return { requeueAfterMs: this.#pause(ref, judged.state) };
    } finally {
      // Also where the status could not be written: the next pass finds nothing new, and would tell nobody.
      if (!this.#env.stopping.aborted && (changed || before !== trust.distrust)) this.#changed(ref);
    }
  }

  /**
   * Says on the object what an inventory has found, without asking the vendor again whose token it is.
   *
   * @throws KubeError where the status could not be written.
   */
  async reportInventory(runtime: AccountRuntime): Promise<void> {
    const account = this.#env.findAccount(runtime.ref);
    if (account === undefined) return;
    const state = runtime.trust.distrust ?? runtime.usable();
    this.#env.journal.judged(account, state);
    await writeAccountStatus(this.#env, account, state, runtime.inventory);
  }

  /** What can pass is looked at again soon, and later each time. */
  #pause(ref: AccountRef, state: VerifiedAccount | Problem): number {
    const key = accountKey(ref);
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.delete(key);
    if (!isProblem(state)) return this.#env.resyncMs;
    if (!state.transient) return this.#env.retryMs.refusal;
    this.#failures.set(key, failures + 1);
    return Math.min(FIRST_RETRY_MS * 2 ** failures, this.#env.retryMs.failure);
  }

  async #forget(ref: AccountRef): Promise<AccountOutcome> {
    this.#sessions.end(accountKey(ref));
    this.#failures.delete(accountKey(ref));
    this.#env.limiters.release(ref);
    this.#env.journal.forget(ref);
    const governed = this.#env.registry.governedBy(ref);
    try {
      await this.#env.registry.remove(ref);
    } finally {
      for (const each of [ref, ...governed]) this.#env.onChange(each);
    }
    return {};
  }

  /** What a ClusterAccount allows concerns the Accounts beside it, too. */
  #changed(ref: AccountRef): void {
    for (const each of [ref, ...this.#env.registry.governedBy(ref)]) this.#env.onChange(each);
  }

  /** An account that is deleted stays usable, from memory, until its last ApiKey has been revoked. */
  async #release(account: AccountDocument, aside: Aside): Promise<AccountOutcome> {
    const { ref, metadata } = account;
    if (this.#env.countUsers(ref) > 0) {
      const runtime = this.#env.registry.ensure(ref);
      if (isProblem(runtime.usable())) {
        const judged = await this.#judge(account, runtime, aside);
        if (this.#env.stopping.aborted) return {};
        if (this.#apply(account, runtime, judged)) this.#changed(ref);
      }
      return { requeueAfterMs: this.#env.retryMs.failure };
    }
    if (!this.#env.readOnly && hasFinalizer(metadata, ACCOUNT_FINALIZER))
      await this.#patch(account, removeFinalizerPatch(metadata, ACCOUNT_FINALIZER));
    return {};
  }

  async #hold(account: AccountDocument): Promise<AccountDocument> {
    if (this.#env.readOnly) return account;
    return this.#patch(account, addFinalizerPatch(account.metadata, ACCOUNT_FINALIZER));
  }

  async #patch(account: AccountDocument, patch: FinalizersPatch | undefined): Promise<AccountDocument> {
    if (patch === undefined) return account;
    const { ref } = account;
    try {
      return await this.#env.kube.patch(ACCOUNT_DOCUMENTS[ref.kind], ref, patch, { type: "merge" });
    } catch (error) {
      if (isKubeError(error, "not-found")) return account;
      throw error;
    }
  }

  async #judge(account: AccountDocument, runtime: AccountRuntime, aside: Aside): Promise<Judged> {
    const { declaration, record } = account;
    if (isProblem(declaration)) return { state: declaration, session: undefined };
    const { baseUrl, credentials } = declaration;
    const address = this.#env.baseUrls.judge(baseUrl);
    if (isProblem(address)) return { state: address, session: undefined };
    const token = await this.#token(account, credentials);
    if (isProblem(token)) return { state: token, session: undefined };
    const ca = await this.#ca(account, declaration);
    if (isProblem(ca)) return { state: ca, session: undefined };
    const session = { baseUrl, token, allowPrivateAddresses: address.privateAddresses, ca };
    const known = runtime.usable();
    const look = { isKnown: !isProblem(known), pinned: record.accountId ?? accountIdIn(known) };
    const state = await aside(async () => probeAccount(this.#env, session, look));
    return { state, session };
  }

  async #token(
    { ref, metadata }: AccountDocument,
    credentials: Omit<CredentialsRef, "namespace">,
  ): Promise<ManagementToken | Problem> {
    const namespace = this.#namespaceOf(ref);
    const where: CredentialsRef = { namespace, ...credentials };
    const secret = await this.#env.kube.find(SECRETS, { namespace, name: where.name });
    const token = readToken(secret, where);
    // In a namespace that is torn down the credentials may go first: what is in memory still revokes.
    if (!isProblem(token) || metadata.deletionTimestamp === undefined) return token;
    return this.#sessions.heldBy(accountKey(ref))?.token ?? token;
  }

  async #ca(
    { ref, metadata }: AccountDocument,
    declaration: CaDeclaration,
  ): Promise<readonly string[] | Problem> {
    const ca = await trustedCa(this.#env.kube, declaration, this.#namespaceOf(ref));
    // As with the token: a ConfigMap may go first too.
    if (!isProblem(ca) || metadata.deletionTimestamp === undefined) return ca;
    return this.#sessions.heldBy(accountKey(ref))?.ca ?? ca;
  }

  /** Where the Secret with the token is, and the ConfigMap with CAs. */
  #namespaceOf(ref: AccountRef): string {
    return ref.kind === "Account" ? ref.namespace : this.#env.clusterResourceNamespace;
  }

  /** Makes what was found the truth for ApiKeys. @returns whether it differs from before. */
  #apply(account: AccountDocument, runtime: AccountRuntime, { state, session }: Judged): boolean {
    const { ref, declaration, policy } = account;
    const key = accountKey(ref);
    const before = JSON.stringify([runtime.usable(), this.#sessions.policyOf(key)]);
    if (!isProblem(state) && session !== undefined && !isProblem(declaration)) {
      const limiter = this.#env.limiters.of(vendorAccountOf(state), ref, declaration.rateLimit);
      runtime.queueIn(this.#env.limiters.turnsOf(vendorAccountOf(state), ref));
      const old = this.#sessions.begin(key, session, limiter, runtime, this.#env.makeClient);
      void old?.close();
    }
    runtime.update(state, policy);
    this.#sessions.notePolicy(key, policy);
    this.#env.journal.judged(account, runtime.trust.distrust ?? state);
    return before !== JSON.stringify([runtime.usable(), policy]);
  }
}

/** What a look at an account has found. */
interface Judged {
  readonly state: VerifiedAccount | Problem;
  readonly session: Session | undefined;
}

function accountIdIn(state: VerifiedAccount | Problem): string | undefined {
  return isProblem(state) ? undefined : state.accountId;
}
