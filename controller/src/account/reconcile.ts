import { isProblem, type Problem } from "@signatureapi-keys/lifecycle";
import { ManagementApiError, type ManagementToken, RateLimiter } from "@signatureapi-keys/management-api";
import { isKubeError } from "../kube/index.ts";
import {
  accountSpecSchema,
  clusterAccountSpecSchema,
  type AccountSpec,
  type ClusterAccountSpec,
} from "../resources/account.ts";
import { ACCOUNT_FINALIZER } from "../resources/names.ts";
import { ACCOUNTS, CLUSTER_ACCOUNTS, SECRETS, type CustomObject } from "../resources/types.ts";
import { readToken, type CredentialsRef } from "./credentials.ts";
import type { AccountEnvironment } from "./environment.ts";
import { probeProblem } from "./problems.ts";
import {
  accountKey,
  vendorAccountOf,
  type AccountRef,
  type AccountRuntime,
  type VerifiedAccount,
} from "./runtime.ts";
import { Sessions, type Session } from "./sessions.ts";
import { pinnedAccountId, recordedDistrust, specChanged, writeAccountStatus } from "./status.ts";

/** When the account is to be looked at again. */
export interface AccountOutcome {
  /** Milliseconds from now; undefined where only a change of the world calls for another look. */
  readonly requeueAfterMs?: number;
}

/** Reconciles Accounts and ClusterAccounts: who they are at the vendor's, and whether they can be used. */
export class AccountReconciler {
  readonly #env: AccountEnvironment;
  readonly #sessions = new Sessions();

  constructor(env: AccountEnvironment) {
    this.#env = env;
  }

  /** @throws KubeError where the status or the finalizer could not be written; the caller tries again. */
  async reconcile(ref: AccountRef): Promise<AccountOutcome> {
    const object = this.#env.findAccount(ref);
    if (object === undefined) return this.#forget(ref);
    if (object.metadata.deletionTimestamp !== undefined) return this.#release(ref, object);
    const runtime = this.#env.registry.ensure(ref);
    const before = runtime.distrust;
    rememberDistrust(runtime, object);
    const held = await this.#hold(ref, object);
    const judged = await this.#judge(ref, held, runtime);
    // What was cut short says nothing of the account.
    if (this.#env.stopping.aborted) return {};
    const changed = this.#apply(ref, runtime, judged, held);
    await writeAccountStatus(this.#env, ref, held, runtime.distrust ?? judged.state, runtime.inventory);
    if (changed || before !== runtime.distrust) this.#env.onChange(ref);
    return { requeueAfterMs: this.#pause(judged.state) };
  }

  /**
   * Says on the object what an inventory has found, without asking the vendor who the token is again.
   *
   * @throws KubeError where the status could not be written.
   */
  async reportInventory(runtime: AccountRuntime): Promise<void> {
    const { ref } = runtime;
    const object = this.#env.findAccount(ref);
    if (object === undefined) return;
    const state = runtime.distrust ?? runtime.usable();
    this.#env.journal.judged(ref, object, state);
    await writeAccountStatus(this.#env, ref, object, state, runtime.inventory);
  }

  #pause(state: VerifiedAccount | Problem): number {
    if (!isProblem(state)) return this.#env.resyncMs;
    return state.transient ? this.#env.retryMs.failure : this.#env.retryMs.refusal;
  }

  async #forget(ref: AccountRef): Promise<AccountOutcome> {
    this.#sessions.end(accountKey(ref));
    this.#env.limiters.release(accountKey(ref));
    this.#env.journal.forget(ref);
    await this.#env.registry.remove(ref);
    this.#env.onChange(ref);
    return {};
  }

  /** An account that is deleted stays usable, from memory, until its last ApiKey has been revoked. */
  async #release(ref: AccountRef, object: CustomObject): Promise<AccountOutcome> {
    const users = this.#env.countUsers(ref);
    const held = object.metadata.finalizers?.includes(ACCOUNT_FINALIZER) ?? false;
    if (users > 0) {
      const runtime = this.#env.registry.ensure(ref);
      if (isProblem(runtime.usable())) {
        const judged = await this.#judge(ref, object, runtime);
        if (this.#env.stopping.aborted) return {};
        if (this.#apply(ref, runtime, judged, object)) this.#env.onChange(ref);
      }
      return { requeueAfterMs: this.#env.retryMs.failure };
    }
    if (held && !this.#env.readOnly)
      await this.#patchFinalizers(ref, object, (name) => name !== ACCOUNT_FINALIZER);
    return {};
  }

  async #hold(ref: AccountRef, object: CustomObject): Promise<CustomObject> {
    if (this.#env.readOnly || object.metadata.finalizers?.includes(ACCOUNT_FINALIZER) === true) return object;
    return this.#patchFinalizers(ref, object, () => true, [ACCOUNT_FINALIZER]);
  }

  async #patchFinalizers(
    ref: AccountRef,
    object: CustomObject,
    keep: (name: string) => boolean,
    add: readonly string[] = [],
  ): Promise<CustomObject> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata;
    const patch = { metadata: { uid, resourceVersion, finalizers: [...finalizers.filter(keep), ...add] } };
    const type = ref.kind === "Account" ? ACCOUNTS : CLUSTER_ACCOUNTS;
    try {
      return await this.#env.kube.patch(type, ref, patch, { type: "merge" });
    } catch (error) {
      if (isKubeError(error, "not-found")) return object;
      throw error;
    }
  }

  async #judge(ref: AccountRef, object: CustomObject, runtime: AccountRuntime): Promise<Judged> {
    const schema = ref.kind === "Account" ? accountSpecSchema : clusterAccountSpecSchema;
    const parsed = schema.safeParse(object.spec);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const message = `${["spec", ...(issue?.path ?? [])].join(".")}: ${issue?.message ?? "invalid"}`;
      return {
        spec: undefined,
        state: { reason: "InvalidSpec", message, transient: false },
        session: undefined,
      };
    }
    const spec = parsed.data;
    const address = this.#env.baseUrls.judge(spec.baseUrl);
    if (isProblem(address)) return { spec, state: address, session: undefined };
    const token = await this.#token(ref, object, spec);
    if (isProblem(token)) return { spec, state: token, session: undefined };
    const session = { baseUrl: spec.baseUrl, token, allowPrivateAddresses: address.privateAddresses };
    const probed = await this.#probe(session, pinnedAccountId(object) ?? pinnedBefore(runtime));
    return { spec, state: probed, session };
  }

  async #token(ref: AccountRef, object: CustomObject, spec: AccountSpec): Promise<ManagementToken | Problem> {
    const namespace = ref.kind === "Account" ? ref.namespace : this.#env.clusterResourceNamespace;
    const where: CredentialsRef = { namespace, ...spec.credentials };
    const secret = await this.#env.kube.find(SECRETS, { namespace, name: where.name });
    const token = readToken(secret, where);
    // In a namespace that is torn down the credentials may go first: what is in memory still revokes.
    if (!isProblem(token) || object.metadata.deletionTimestamp === undefined) return token;
    return this.#sessions.tokenOf(accountKey(ref)) ?? token;
  }

  /** Asks the API who the token is, through a client of its own: the working client keeps its old token until then. */
  async #probe(session: Session, pinned: string | undefined): Promise<VerifiedAccount | Problem> {
    const client = this.#env.makeClient({
      baseUrl: session.baseUrl,
      token: () => session.token,
      limiter: new RateLimiter({ requestsPerSecond: 1, burst: 1 }),
      allowPrivateAddresses: session.allowPrivateAddresses,
    });
    try {
      const account = await client.getAccount({ signal: this.#env.stopping });
      if (pinned !== undefined && account.id !== pinned) return anotherAccount(pinned, account.id);
      if (!account.permissions.includes("manage_api_keys")) return noPermission(account.id);
      return { accountId: account.id, liveMode: account.liveMode, origin: new URL(session.baseUrl).origin };
    } catch (error) {
      if (error instanceof ManagementApiError) return probeProblem(error);
      throw error;
    } finally {
      await client.close();
    }
  }

  /** Makes what was found the truth for ApiKeys. @returns whether it differs from before. */
  #apply(ref: AccountRef, runtime: AccountRuntime, judged: Judged, object: CustomObject): boolean {
    const key = accountKey(ref);
    const { spec, state, session } = judged;
    const before = JSON.stringify([runtime.usable(), this.#sessions.policyOf(key)]);
    const policy = {
      allow: ref.kind === "Account" ? undefined : spec !== undefined && "allow" in spec ? spec.allow : [],
      adoptKeyIds: spec !== undefined && "adoptKeyIds" in spec ? spec.adoptKeyIds : undefined,
      suspend: spec?.suspend ?? false,
      orphans: spec !== undefined && "orphans" in spec ? spec.orphans : undefined,
    };
    if (!isProblem(state) && session !== undefined && spec !== undefined) {
      const limiter = this.#env.limiters.of(vendorAccountOf(state), key, spec.rateLimit);
      const old = this.#sessions.begin(key, session, limiter, runtime, this.#env.makeClient);
      void old?.close();
    }
    runtime.update(state, policy);
    this.#sessions.notePolicy(key, policy);
    this.#env.journal.judged(ref, object, runtime.distrust ?? state);
    return before !== JSON.stringify([runtime.usable(), policy]);
  }
}

function rememberDistrust(runtime: AccountRuntime, object: CustomObject): void {
  runtime.recall(recordedDistrust(object));
  if (specChanged(object)) runtime.resumeMinting(true);
}

/** What a look at an account has found. */
interface Judged {
  readonly spec: AccountSpec | ClusterAccountSpec | undefined;
  readonly state: VerifiedAccount | Problem;
  readonly session: Session | undefined;
}

function pinnedBefore(runtime: AccountRuntime): string | undefined {
  const usable = runtime.usable();
  return isProblem(usable) ? undefined : usable.accountId;
}

function anotherAccount(pinned: string, found: string): Problem {
  const message = `the credentials now name account ${found}, but this object belongs to account ${pinned}; put the old credentials back, or declare another account`;
  return { reason: "AccountChanged", message, transient: false };
}

function noPermission(accountId: string): Problem {
  const message = `the token for account ${accountId} lacks the permission Manage API keys; give its user the role Integration or Owner`;
  return { reason: "PermissionDenied", message, transient: false };
}
