import { isProblem, type Problem } from "@signatureapi-keys/lifecycle";
import type {
  ManagementApiError,
  ManagementApiErrorKind,
  ManagementClient,
} from "@signatureapi-keys/management-api";
import { selects } from "../policy/selector.ts";
import type { AllowLine } from "../resources/account.ts";
import { SharedListing, type Listing } from "./shared-listing.ts";

/** Failures of a call that say something of the account, and not only of the call. */
const DOUBTFUL: ReadonlySet<ManagementApiErrorKind> = new Set([
  "invalid-token",
  "forbidden",
  "live-mode-disabled",
  "live-mode-paused",
]);

/** Which account: one of a namespace, or one of the cluster. */
export type AccountRef =
  | { readonly kind: "Account"; readonly namespace: string; readonly name: string }
  | { readonly kind: "ClusterAccount"; readonly name: string };

/** A text that names an account, for maps and logs. */
export function accountKey(ref: AccountRef): string {
  return ref.kind === "Account" ? `Account ${ref.namespace}/${ref.name}` : `ClusterAccount ${ref.name}`;
}

/** For whom a key is wanted. */
export interface MintRequest {
  readonly mode: "test" | "live";
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

/** What the account's object says about minting. */
export interface AccountPolicy {
  /** Undefined for an Account, which allows everything in its own namespace. */
  readonly allow: readonly AllowLine[] | undefined;
  readonly suspend: boolean;
}

/** An account whose credentials were accepted. */
export interface VerifiedAccount {
  readonly accountId: string;
  readonly liveMode: string;
}

/**
 * One account as it is used: its client, what is known of it, and what it allows. It outlives its object while
 * ApiKeys of it remain, so that they can still be revoked.
 */
export class AccountRuntime {
  readonly ref: AccountRef;
  readonly #now: () => number;
  readonly #onDoubt: () => void;
  #client: ManagementClient | undefined;
  #listing: SharedListing | undefined;
  #state: VerifiedAccount | Problem;
  #policy: AccountPolicy = { allow: [], suspend: false };
  #tagsVerified = false;
  #tagProblem: Problem | undefined;

  /** @param onDoubt is called when something puts the account itself in doubt, such as a token that is refused. */
  constructor(ref: AccountRef, options: { readonly now: () => number; readonly onDoubt: () => void }) {
    this.ref = ref;
    this.#now = options.now;
    this.#onDoubt = options.onDoubt;
    this.#state = {
      reason: "AccountNotReady",
      message: `${accountKey(ref)} has not been checked yet`,
      transient: true,
    };
  }

  /** The client, which exists once the account was verified. */
  get client(): ManagementClient {
    if (this.#client === undefined)
      throw new TypeError(`${accountKey(this.ref)} has no client before it is verified`);
    return this.#client;
  }

  /** Replaces the client; calls under way on the old one end by themselves. */
  replaceClient(client: ManagementClient | undefined): ManagementClient | undefined {
    const old = this.#client;
    this.#client = client;
    this.#listing = client === undefined ? undefined : new SharedListing(client, this.#now);
    return old;
  }

  /** The verified account, or why it cannot be used. */
  usable(): { readonly accountId: string } | Problem {
    return this.#state;
  }

  /** Why no key may be minted for somebody, or `undefined` where it may. */
  mintProblem(request: MintRequest): Problem | undefined {
    return this.#tagProblem ?? this.#suspended() ?? this.#notAllowed(request) ?? this.#modeProblem(request);
  }

  /** Whether it was seen that the API keeps tags, so that its keys can be traced. */
  get tagsVerified(): boolean {
    return this.#tagsVerified;
  }

  /** Replaces what is known of the account. */
  update(state: VerifiedAccount | Problem, policy: AccountPolicy): void {
    this.#state = state;
    this.#policy = policy;
  }

  /** Takes note of whether a key came back with its tag. Where it did not, no key could be traced: nothing more is minted. */
  noteTag(keyId: string, kept: boolean): void {
    this.#tagsVerified = true;
    if (kept) return;
    const message = `the management API did not give the tag of key ${keyId} back, so keys could not be traced; nothing more is minted for ${accountKey(this.ref)}`;
    this.distrustTags(message);
    this.#onDoubt();
  }

  /** Mints no more: keys could not be traced. Also after a restart, for what was found before. */
  distrustTags(message: string): void {
    this.#tagProblem = { reason: "TagNotPreserved", message, transient: false };
  }

  /** Trusts the API again, because somebody has looked at the account since. */
  trustTags(): void {
    this.#tagProblem = undefined;
  }

  /** Why the API cannot be trusted to keep tags, if that was seen. */
  get tagProblem(): Problem | undefined {
    return this.#tagProblem;
  }

  /** Takes note of a failed call: a refused token or permission puts the account in doubt. */
  noteFailure(error: ManagementApiError): void {
    if (DOUBTFUL.has(error.kind)) this.#onDoubt();
  }

  /** A complete listing of all keys that began after this call. */
  async listing(): Promise<Listing> {
    if (this.#listing === undefined)
      throw new TypeError(`${accountKey(this.ref)} has no client before it is verified`);
    return this.#listing.next();
  }

  #suspended(): Problem | undefined {
    if (!this.#policy.suspend) return undefined;
    return {
      reason: "AccountSuspended",
      message: `${accountKey(this.ref)} is suspended: no key is minted`,
      transient: false,
    };
  }

  #notAllowed({ mode, namespace, namespaceLabels }: MintRequest): Problem | undefined {
    const { allow } = this.#policy;
    if (allow === undefined) return undefined;
    const allowed = allow.some(
      (line) => line.modes.includes(mode) && selects(line.namespaceSelector, namespaceLabels),
    );
    if (allowed) return undefined;
    const message = `no line of spec.allow of ${accountKey(this.ref)} allows mode ${mode} in namespace ${namespace}; ask its administrator for one, or label the namespace as a line asks for`;
    return { reason: "NotAllowed", message, transient: false };
  }

  #modeProblem({ mode }: MintRequest): Problem | undefined {
    if (mode !== "live" || isProblem(this.#state)) return undefined;
    const { liveMode, accountId } = this.#state;
    if (liveMode === "disabled") {
      return {
        reason: "LiveModeDisabled",
        message: `account ${accountId} cannot have live keys: upgrade it and add a payment method, or use mode: test`,
        transient: false,
      };
    }
    if (liveMode === "paused") {
      return {
        reason: "LiveModePaused",
        message: `live mode of account ${accountId} is paused: resume it in the vendor's dashboard`,
        transient: false,
      };
    }
    return undefined;
  }
}
