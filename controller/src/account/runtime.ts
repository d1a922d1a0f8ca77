import { isProblem, type KeyKind, type Problem, type RemoteKey } from "@signatureapi-keys/lifecycle";
import type {
  ManagementApiError,
  ManagementApiErrorKind,
  ManagementClient,
} from "@signatureapi-keys/management-api";
import type { LeftBehind } from "../allowance/left-keys.ts";
import type { AllowLine } from "../resources/account.ts";
import { accountKey, type AccountRef } from "./account-ref.ts";
import {
  adoptableKeyIds,
  ALLOWS_NOTHING,
  linesFor,
  mayRetain,
  modeProblem,
  policyProblem,
  type AccountPolicy,
  type MintRequest,
} from "./mint-policy.ts";
import { SharedListing, type Listing } from "./shared-listing.ts";
import { Trust } from "./trust.ts";
import type { Turns } from "./turns.ts";
import { vendorAccountOf, type VerifiedAccount } from "./verified-account.ts";

/** Failures of a call that concern the account, and not only the call. */
const DOUBTFUL: ReadonlySet<ManagementApiErrorKind> = new Set([
  "invalid-token",
  "forbidden",
  "live-mode-disabled",
  "live-mode-paused",
  // The CA may have changed, and what the account trusts with it.
  "untrusted-certificate",
]);

/** What the last complete inventory of an account has found. */
export interface InventoryReport {
  /** When its listing began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly counts: Readonly<Record<KeyKind, number>>;
  /** Keys with our tag that no record names. */
  readonly unaccounted: readonly RemoteKey[];
  /** What ApiKeys of this object that are gone have left. */
  readonly left: readonly LeftBehind[];
}

/** What an account's object says, without a look at the vendor account. */
export interface RecordedAccount {
  readonly policy: AccountPolicy;
  readonly vendorAccount: string | undefined;
  readonly distrust: Problem | undefined;
}

/** How many complete sweeps are remembered: as many as an abandoned attempt has to outlive. */
const SWEEPS_REMEMBERED = 3;

/** What an account's runtime is made with. */
export interface RuntimeOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called when the account itself is in doubt, for example because its token is refused. */
  readonly onDoubt: () => void;
  /** Aborts when the process stops working. */
  readonly stopping?: AbortSignal | undefined;
}

/**
 * One account as it is used: its client, what is known of it, and what it allows. It outlives its object while
 * ApiKeys of it remain, so that they can still be revoked.
 */
export class AccountRuntime {
  readonly ref: AccountRef;
  /** Why it mints nothing although its credentials are accepted, and until when. */
  readonly trust = new Trust();
  readonly #options: RuntimeOptions;
  #client: ManagementClient | undefined;
  #listing: SharedListing | undefined;
  #state: VerifiedAccount | Problem;
  #vendorAccount: string | undefined;
  #uncheckedSince: number | undefined;
  #policy = ALLOWS_NOTHING;
  #tagsVerified = false;
  #turns: Turns | undefined;
  #inventory: InventoryReport | undefined;
  #sweeps: readonly number[] = [];

  constructor(ref: AccountRef, options: RuntimeOptions) {
    this.ref = ref;
    this.#options = options;
    this.#uncheckedSince = options.now();
    const message = `${accountKey(ref)} has not been checked yet`;
    this.#state = { reason: "AccountNotReady", message, transient: true };
  }

  /**
   * The client, which exists once the account was verified.
   *
   * @throws TypeError before that.
   */
  get client(): ManagementClient {
    return this.#verified(this.#client);
  }

  /** Replaces the client; calls under way on the old one end by themselves. */
  replaceClient(client: ManagementClient | undefined): ManagementClient | undefined {
    const { now, stopping } = this.#options;
    const old = this.#client;
    this.#client = client;
    this.#listing = client === undefined ? undefined : new SharedListing(client, now, stopping);
    return old;
  }

  /** Whose turn it is to ask for a key; undefined before the account was verified. */
  get turns(): Turns | undefined {
    return this.#turns;
  }

  /** Takes note of the line at the limiter that the account works with. */
  queueIn(turns: Turns | undefined): void {
    this.#turns = turns;
  }

  /** A complete listing of all keys that began after this call. */
  async listing(): Promise<Listing> {
    return this.#verified(this.#listing).next();
  }

  /** The verified account, or why it cannot be used. */
  usable(): VerifiedAccount | Problem {
    return this.#state;
  }

  /** Since when it waits for the first look at it, in milliseconds since the epoch; `undefined` after that. */
  get uncheckedSince(): number | undefined {
    return this.#uncheckedSince;
  }

  /**
   * The vendor account that the object names: the one that was verified last, or that its status records. It is known
   * also while the account cannot be used, so that whoever breaks a token does not end what the object decides.
   */
  get vendorAccount(): string | undefined {
    return this.#vendorAccount;
  }

  /** Takes over what the object says before it was looked at for the first time. */
  recall({ policy, vendorAccount, distrust }: RecordedAccount): void {
    this.#policy = policy;
    this.#vendorAccount ??= vendorAccount;
    this.trust.recall(distrust);
  }

  /** Replaces what is known of the account. */
  update(state: VerifiedAccount | Problem, policy: AccountPolicy): void {
    if (!isProblem(state)) this.#vendorAccount = vendorAccountOf(state);
    this.#state = state;
    this.#uncheckedSince = undefined;
    this.#policy = policy;
  }

  /** What the account's object says. */
  get policy(): AccountPolicy {
    return this.#policy;
  }

  /** Why no key may be minted for an ApiKey, or `undefined` where it may. */
  mintProblem(request: MintRequest): Problem | undefined {
    const refused = this.trust.distrust ?? policyProblem(this.ref, this.#policy, request);
    return refused ?? (isProblem(this.#state) ? undefined : modeProblem(this.#state, request.mode));
  }

  /** The IDs of the keys that an ApiKey may adopt. */
  adoptKeyIds(request: MintRequest): readonly string[] {
    return adoptableKeyIds(this.#policy, request);
  }

  /** Whether an ApiKey may leave its key active; undefined while the account cannot be used. */
  mayRetain(request: MintRequest): boolean | undefined {
    return isProblem(this.#state) ? undefined : mayRetain(this.#policy, request);
  }

  /** The lines that allow an ApiKey its key, and can limit how many there are. */
  linesFor(request: MintRequest): readonly AllowLine[] {
    return linesFor(this.#policy, request);
  }

  /** What the last complete inventory has found, if there was one. */
  get inventory(): InventoryReport | undefined {
    return this.#inventory;
  }

  /** When the last complete sweeps of this process began, oldest first, in milliseconds since the epoch. */
  get sweeps(): readonly number[] {
    return this.#sweeps;
  }

  /** Takes note of a complete inventory. */
  noteInventory(report: InventoryReport): void {
    this.#inventory = report;
    this.#sweeps = [...this.#sweeps, report.startedAt].slice(-SWEEPS_REMEMBERED);
  }

  /** Whether it was seen that the API keeps tags, so that its keys can be traced. */
  get tagsVerified(): boolean {
    return this.#tagsVerified;
  }

  /** Takes note of whether a key came back with its tag. Where it did not, no key could be traced: nothing more is minted. */
  noteTag(keyId: string, kept: boolean): void {
    this.#tagsVerified = true;
    if (kept) return;
    const message = `the management API did not give the tag of key ${keyId} back, so keys could not be traced; nothing more is minted for ${accountKey(this.ref)}`;
    this.stopMinting({ reason: "TagNotPreserved", message, transient: false });
  }

  /** Mints no more until an administrator edits the account's spec. */
  stopMinting(problem: Problem): void {
    this.trust.stop(problem);
    this.#options.onDoubt();
  }

  /** Takes note of a failed call: a refused token or permission puts the account in doubt. */
  noteFailure(error: ManagementApiError): void {
    if (DOUBTFUL.has(error.kind)) this.#options.onDoubt();
  }

  #verified<T>(part: T | undefined): T {
    if (part === undefined)
      throw new TypeError(`${accountKey(this.ref)} has no client before it is verified`);
    return part;
  }
}
