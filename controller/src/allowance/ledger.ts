import {
  countKeys,
  isEmergency,
  isHeal,
  judgeAllowance,
  mostWithinHour,
  withinHour,
  type AllowanceFacts,
  type KeyLimit,
  type MadeKey,
  type MintBudget,
  type MintReason,
  type Pause,
  type Refusal,
  type StatusRecord,
  type Timing,
  type Wanted,
} from "@signatureapi-keys/lifecycle";

/** Keys that an account allows a namespace, in certain modes. */
export interface LimitLine {
  /** The object that says so. */
  readonly account: string;
  readonly modes: readonly string[];
  readonly maxKeys: number;
}

/** An ApiKey, as far as it counts. */
export interface Holder {
  readonly uid: string;
  readonly mode: string;
  readonly status: StatusRecord;
  /** Whether this process has written a newer status than this one. */
  readonly isBehind: boolean;
}

/** Which ApiKey wants a key, and what that key is counted against. */
export interface ReservationRequest extends Wanted {
  readonly uid: string;
  /** Of the spec that is followed: a changed one is not kept back by what was refused before. */
  readonly generation: number;
  readonly abandoned: StatusRecord["abandoned"];
  readonly namespace: string;
  /** Names the vendor account: several objects here may stand for one. */
  readonly vendorAccount: string;
  readonly accountId: string;
  /** The lines that limit this namespace, of every object that stands for the account: each must allow the key. */
  readonly limits: readonly LimitLine[];
  /** The ApiKeys of the namespace in the account; asked for only where there are limits. */
  readonly holders: () => readonly Holder[];
  /** ApiKeys that hold a key. */
  readonly apiKeysOfNamespace: number;
  readonly apiKeysOfAccount: number;
}

/** Until when a refused key is not asked for again. */
export interface RefusedKey extends Pause {
  readonly generation: number;
  /** The object that refused it, as `accountKey` names it. */
  readonly account: string;
}

/** How much of a budget is used. */
export interface BudgetUse {
  readonly accountId: string;
  /** Undefined for the budget of the whole account. */
  readonly namespace: string | undefined;
  /** Keys that were made within the last hour. */
  readonly used: number;
  /** Keys that are allowed within an hour, as of the last key that was asked for. */
  readonly most: number;
}

interface Reservation {
  readonly request: ReservationRequest;
  /** How many keys the ApiKey may hold once this one is made. */
  readonly total: number;
  readonly asked: boolean;
  readonly ended: boolean;
}

/** Keys an hour, besides those that each ApiKey adds. */
export interface MintBudgets {
  readonly namespace: number;
  readonly account: number;
}

/**
 * What this process knows of the keys that it asked for: what is reserved, what was made within the last hour, and what
 * was refused. `judgeAllowance` decides on it. A key is reserved before it is asked for, without a pause between the
 * count and the reservation: two ApiKeys that mint at the same time cannot both have the last key of a limit.
 *
 * All of it is lost with the process, and nothing depends on it being kept: the statuses record which keys exist.
 */
export class MintLedger {
  readonly #budgets: MintBudgets;
  readonly #timing: Timing;
  readonly #reservations = new Map<string, Reservation>();
  /** When keys were made, by what they are counted against: a namespace within an account, and the account. */
  readonly #madeIn = new Map<string, readonly number[]>();
  /** Whose budgets these are, and how much they allowed when a key was last asked for. */
  readonly #budgetOf = new Map<string, Omit<BudgetUse, "used">>();
  /** The keys whose number is bounded for each ApiKey: those that heal, and those of emergencies. */
  readonly #madeFor = new Map<string, readonly MadeKey[]>();
  readonly #refused = new Map<string, RefusedKey>();

  constructor(budgets: MintBudgets, timing: Timing) {
    this.#budgets = budgets;
    this.#timing = timing;
  }

  /** Reserves a key, or says why not. @param now milliseconds since the epoch. */
  reserve(request: ReservationRequest, now: number): Refusal | undefined {
    const { uid, op } = request;
    const facts = this.#factsFor(request, now);
    this.#noteBudgets(request);
    const refused = judgeAllowance(request, facts, now, this.#timing);
    if (refused !== undefined) return refused;
    const total = facts.held + (op === "create" ? 1 : 0);
    this.#reservations.set(uid, { request, total, asked: false, ended: false });
    return undefined;
  }

  /** The reserved key was asked for, and may have been made. */
  noteAsked(uid: string, now: number): void {
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined || reservation.asked) return;
    this.#reservations.set(uid, { ...reservation, asked: true });
    for (const scope of scopesOf(reservation.request))
      this.#madeIn.set(scope, [...withinHour(this.#madeIn.get(scope) ?? [], now), now]);
  }

  /** The reserved key was made. */
  noteMade(uid: string, reason: MintReason, now: number): void {
    this.noteAsked(uid, now);
    if (isHeal(reason) || isEmergency(reason))
      this.#madeFor.set(uid, [...this.#madeWithinHour(uid, now), { reason, at: now }]);
  }

  /**
   * The key was refused: the status writes around the request, which wake the reconciliation again, must not turn that
   * into a stream of requests.
   */
  noteRefused(uid: string, refused: RefusedKey): void {
    this.#refused.set(uid, refused);
  }

  /** The pass is over: what it reserved is what its status says, as soon as that is seen. */
  end(uid: string): void {
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined) return;
    if (reservation.asked) this.#reservations.set(uid, { ...reservation, ended: true });
    else this.#reservations.delete(uid);
  }

  /** The budgets of which a key was asked for within the last hour. @param now milliseconds since the epoch. */
  budgetsInUse(now: number): readonly BudgetUse[] {
    return [...this.#budgetOf].flatMap(([scope, budget]) => {
      const used = withinHour(this.#madeIn.get(scope) ?? [], now).length;
      return used === 0 ? [] : [{ ...budget, used }];
    });
  }

  /** The ApiKey is gone. */
  forget(uid: string): void {
    this.#reservations.delete(uid);
    this.#madeFor.delete(uid);
    this.#refused.delete(uid);
  }

  /** An account can do something else than before: what it refused is asked for again. */
  lift(account: string): void {
    for (const [uid, refused] of this.#refused) if (refused.account === account) this.#refused.delete(uid);
  }

  #factsFor(request: ReservationRequest, now: number): AllowanceFacts {
    const { uid, generation, abandoned, limits } = request;
    const holders = limits.length === 0 ? [] : request.holders();
    const refused = this.#refused.get(uid);
    return {
      refused: refused?.generation === generation ? refused : undefined,
      abandoned,
      made: this.#madeWithinHour(uid, now),
      held: this.#held(
        holders.find((holder) => holder.uid === uid),
        now,
      ),
      limits: limits.map((line) => this.#limitOf(line, request.namespace, holders, now)),
      budgets: this.#budgetsFor(request),
    };
  }

  #madeWithinHour(uid: string, now: number): readonly MadeKey[] {
    const made = this.#madeFor.get(uid) ?? [];
    const times = withinHour(
      made.map(({ at }) => at),
      now,
    );
    return made.slice(made.length - times.length);
  }

  #limitOf(
    { account, modes, maxKeys }: LimitLine,
    namespace: string,
    holders: readonly Holder[],
    now: number,
  ): KeyLimit {
    const counted = holders.filter(({ mode }) => modes.includes(mode));
    const used = counted.reduce((sum, holder) => sum + this.#held(holder, now), 0);
    const times = counted.flatMap(({ status }) => status.previous.map(({ revokeAt }) => revokeAt));
    const next = Math.min(...times.filter((time) => time > now));
    const nextRevocation = next > LAST_TIME ? undefined : next;
    return { namespace, account, maxKeys, used, nextRevocation };
  }

  #held(holder: Holder | undefined, now: number): number {
    if (holder === undefined) return 0;
    const { uid } = holder;
    const counted = countKeys(holder.status, now, this.#timing);
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined) return counted;
    if (!reservation.ended || holder.isBehind) return Math.max(counted, reservation.total);
    this.#reservations.delete(uid);
    return counted;
  }

  #budgetsFor(request: ReservationRequest): readonly MintBudget[] {
    const { uid, namespace, accountId, apiKeysOfNamespace, apiKeysOfAccount } = request;
    const budget = (scope: string, rest: Omit<MintBudget, "made" | "underWay">): MintBudget => ({
      ...rest,
      made: this.#madeIn.get(scope) ?? [],
      underWay: this.#underWay(scope, uid),
    });
    const [ofNamespace, ofAccount] = scopesOf(request);
    return [
      budget(ofNamespace, {
        of: `namespace ${namespace}`,
        flag: "namespace-mint-budget",
        budget: this.#budgets.namespace,
        apiKeys: apiKeysOfNamespace,
      }),
      budget(ofAccount, {
        of: `account ${accountId}`,
        flag: "account-mint-budget",
        budget: this.#budgets.account,
        apiKeys: apiKeysOfAccount,
      }),
    ];
  }

  #noteBudgets(request: ReservationRequest): void {
    const { accountId, namespace, apiKeysOfNamespace, apiKeysOfAccount } = request;
    const [ofNamespace, ofAccount] = scopesOf(request);
    const { namespace: budgetOfNamespace, account: budgetOfAccount } = this.#budgets;
    this.#budgetOf.set(ofNamespace, {
      accountId,
      namespace,
      most: mostWithinHour({ budget: budgetOfNamespace, apiKeys: apiKeysOfNamespace }),
    });
    this.#budgetOf.set(ofAccount, {
      accountId,
      namespace: undefined,
      most: mostWithinHour({ budget: budgetOfAccount, apiKeys: apiKeysOfAccount }),
    });
  }

  #underWay(scope: string, uid: string): number {
    const others = [...this.#reservations].filter(
      ([other, { request, asked }]) => other !== uid && !asked && scopesOf(request).includes(scope),
    );
    return others.length;
  }
}

/** A later time is none: it waits for something that cannot be dated. */
const LAST_TIME = Date.UTC(9999, 0, 1);

function scopesOf({ vendorAccount, namespace }: ReservationRequest): readonly [string, string] {
  return [`${vendorAccount}\n${namespace}`, vendorAccount];
}
