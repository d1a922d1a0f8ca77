import { isProblem, type KeyKind, type Problem } from "@signatureapi-keys/lifecycle";
import type {
  ManagementApiError,
  ManagementApiErrorKind,
  ManagementClient,
} from "@signatureapi-keys/management-api";
import { selects } from "../validation/selector.ts";
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

/** How an account is named in metrics and logs. */
export function accountLabels(ref: AccountRef): {
  kind: AccountRef["kind"];
  namespace: string;
  name: string;
} {
  return { kind: ref.kind, namespace: ref.kind === "Account" ? ref.namespace : "", name: ref.name };
}

/** For whom a key is wanted. */
export interface MintRequest {
  readonly mode: "test" | "live";
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

/** What the account's object says about minting, and about keys that no record knows. */
export interface AccountPolicy {
  /** Undefined for an Account, which allows everything in its own namespace. */
  readonly allow: readonly AllowLine[] | undefined;
  /** What an Account lists for its namespace; a ClusterAccount lists it in the lines of `allow`. */
  readonly adoptKeyIds?: readonly string[] | undefined;
  readonly suspend: boolean;
  /** Undefined for an Account, which has no say in it. */
  readonly orphans: "Report" | "Revoke" | undefined;
}

/** An account whose credentials were accepted. */
export interface VerifiedAccount {
  readonly accountId: string;
  readonly liveMode: string;
  /** The origin of the API: together with the ID it names the account at the vendor's. */
  readonly origin: string;
}

/** A text that names an account at the vendor's: several objects here may stand for one of them. */
export function vendorAccountOf({ origin, accountId }: VerifiedAccount): string {
  return `${origin} ${accountId}`;
}

/** What the last complete inventory of an account has found. */
export interface InventoryReport {
  /** When its listing began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly counts: Readonly<Record<KeyKind, number>>;
  /** IDs of keys with our tag that no record knows. */
  readonly unaccounted: readonly string[];
}

/** How many complete sweeps are remembered: as many as an abandoned attempt has to outlive. */
const SWEEPS_REMEMBERED = 3;

/**
 * One account as it is used: its client, what is known of it, and what it allows. It outlives its object while
 * ApiKeys of it remain, so that they can still be revoked.
 */
export class AccountRuntime {
  readonly ref: AccountRef;
  readonly #now: () => number;
  readonly #onDoubt: () => void;
  readonly #stopping: AbortSignal | undefined;
  #client: ManagementClient | undefined;
  #listing: SharedListing | undefined;
  #state: VerifiedAccount | Problem;
  #uncheckedSince: number | undefined;
  #policy: AccountPolicy = { allow: [], suspend: false, orphans: undefined };
  #tagsVerified = false;
  #distrust: Problem | undefined;
  #inventory: InventoryReport | undefined;
  #sweeps: readonly number[] = [];
  #recalled = false;
  #pardon = false;

  /** @param onDoubt is called when something puts the account itself in doubt, such as a token that is refused. */
  constructor(
    ref: AccountRef,
    options: {
      readonly now: () => number;
      readonly onDoubt: () => void;
      readonly stopping?: AbortSignal | undefined;
    },
  ) {
    this.ref = ref;
    this.#stopping = options.stopping;
    this.#now = options.now;
    this.#uncheckedSince = options.now();
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
    this.#listing = client === undefined ? undefined : new SharedListing(client, this.#now, this.#stopping);
    return old;
  }

  /** The verified account, or why it cannot be used. */
  usable(): VerifiedAccount | Problem {
    return this.#state;
  }

  /** Since when it waits for the first look at it, in milliseconds since the epoch; `undefined` after that. */
  get uncheckedSince(): number | undefined {
    return this.#uncheckedSince;
  }

  /** What the account's object says. */
  get policy(): AccountPolicy {
    return this.#policy;
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

  /** Why no key may be minted for somebody, or `undefined` where it may. */
  mintProblem(request: MintRequest): Problem | undefined {
    return this.#distrust ?? this.#suspended() ?? this.#notAllowed(request) ?? this.#modeProblem(request);
  }

  /** The keys that may be adopted by somebody, by their IDs: those of every line that allows him this mode. */
  adoptKeyIds(request: MintRequest): readonly string[] {
    const { allow, adoptKeyIds = [] } = this.#policy;
    if (allow === undefined) return adoptKeyIds;
    return allow
      .filter((line) => line.adoptKeyIds !== undefined && allows(line, request))
      .flatMap((line) => line.adoptKeyIds ?? []);
  }

  /** The lines that allow somebody a key, and may limit how many there are. */
  linesFor(request: MintRequest): readonly AllowLine[] {
    return (this.#policy.allow ?? []).filter((line) => allows(line, request));
  }

  /** Whether it was seen that the API keeps tags, so that its keys can be traced. */
  get tagsVerified(): boolean {
    return this.#tagsVerified;
  }

  /** Replaces what is known of the account. */
  update(state: VerifiedAccount | Problem, policy: AccountPolicy): void {
    this.#state = state;
    this.#uncheckedSince = undefined;
    this.#policy = policy;
  }

  /** Takes note of whether a key came back with its tag. Where it did not, no key could be traced: nothing more is minted. */
  noteTag(keyId: string, kept: boolean): void {
    this.#tagsVerified = true;
    if (kept) return;
    const message = `the management API did not give the tag of key ${keyId} back, so keys could not be traced; nothing more is minted for ${accountKey(this.ref)}`;
    this.stopMinting({ reason: "TagNotPreserved", message, transient: false });
  }

  /** Mints no more until somebody has looked at the account, and edited its spec. */
  stopMinting(problem: Problem): void {
    this.#distrust = problem;
    this.#onDoubt();
  }

  /** Takes over, at the first look at the account, what its status says of an earlier process's findings. */
  recall(problem: Problem | undefined): void {
    if (!this.#recalled) this.#distrust ??= problem;
    this.#recalled = true;
  }

  /**
   * Mints again, because somebody has looked at the account since, or because what was in the way has gone.
   *
   * @param pardon the next inventory takes the losses that it finds for known ones.
   */
  resumeMinting(pardon: boolean): void {
    this.#pardon ||= pardon && this.#distrust?.reason === "KeysVanished";
    this.#distrust = undefined;
  }

  /** Whether the next inventory shall take what is lost for known; asking uses it up. */
  takePardon(): boolean {
    const pardon = this.#pardon;
    this.#pardon = false;
    return pardon;
  }

  /** Why nothing is minted although the credentials are fine, if so. */
  get distrust(): Problem | undefined {
    return this.#distrust;
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

  #notAllowed(request: MintRequest): Problem | undefined {
    const { allow } = this.#policy;
    if (allow === undefined) return undefined;
    if (allow.some((line) => allows(line, request))) return undefined;
    const { mode, namespace } = request;
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

function allows(line: AllowLine, { mode, namespaceLabels }: MintRequest): boolean {
  return line.modes.includes(mode) && selects(line.namespaceSelector, namespaceLabels);
}
