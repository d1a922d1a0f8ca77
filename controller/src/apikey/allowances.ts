import {
  countKeys,
  needsRoom,
  refuseBeyondBudget,
  refuseBeyondLimit,
  withinHour,
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

/** Who wants a key, and what it is counted against. */
export interface AllowanceRequest extends Wanted {
  readonly uid: string;
  readonly mode: string;
  readonly namespace: string;
  /** Names the account at the vendor's: several objects here may stand for one. */
  readonly vendorAccount: string;
  readonly accountId: string;
  /** The lines that limit this namespace, of every object that stands for the account: each must have room. */
  readonly limits: readonly LimitLine[];
  /** The ApiKeys of the namespace in the account; asked for only where there are limits. */
  readonly holders: () => readonly Holder[];
  readonly apiKeysOfNamespace: number;
  readonly apiKeysOfAccount: number;
}

interface Reservation {
  readonly request: AllowanceRequest;
  /** How many keys the ApiKey may hold once this one is made. */
  readonly total: number;
  readonly spent: boolean;
  readonly ended: boolean;
}

/** Keys an hour, besides those that each ApiKey adds. */
export interface MintBudgets {
  readonly namespace: number;
  readonly account: number;
}

/**
 * Who may have how many keys, and how often. A key is reserved before it is asked for, without a pause between the
 * count and the reservation: two ApiKeys that mint at the same time cannot both have the last place.
 *
 * What is counted over time is lost with the process; how many keys there are stands in the statuses.
 */
export class Allowances {
  readonly #budgets: MintBudgets;
  readonly #timing: Timing;
  readonly #reservations = new Map<string, Reservation>();
  readonly #made = new Map<string, readonly number[]>();

  constructor(budgets: MintBudgets, timing: Timing) {
    this.#budgets = budgets;
    this.#timing = timing;
  }

  /** Reserves a key, or says why not. @param now milliseconds since the epoch. */
  reserve(request: AllowanceRequest, now: number): Refusal | undefined {
    const holders = request.limits.length === 0 ? [] : request.holders();
    const held = this.#held(holders, request.uid, now);
    const refused = this.#beyondLimit(request, holders, held, now) ?? this.#beyondBudget(request, now);
    if (refused !== undefined) return refused;
    const total = held + (request.op === "create" ? 1 : 0);
    this.#reservations.set(request.uid, { request, total, spent: false, ended: false });
    return undefined;
  }

  /** The reserved key was asked for, and may have been made. */
  spend(uid: string, now: number): void {
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined || reservation.spent) return;
    this.#reservations.set(uid, { ...reservation, spent: true });
    for (const scope of scopesOf(reservation.request))
      this.#made.set(scope, [...withinHour(this.#made.get(scope) ?? [], now), now]);
  }

  /** The pass is over: what it reserved is what its status says, as soon as that is seen. */
  end(uid: string): void {
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined) return;
    if (reservation.spent) this.#reservations.set(uid, { ...reservation, ended: true });
    else this.#reservations.delete(uid);
  }

  forget(uid: string): void {
    this.#reservations.delete(uid);
  }

  #beyondLimit(
    request: AllowanceRequest,
    holders: readonly Holder[],
    held: number,
    now: number,
  ): Refusal | undefined {
    if (!needsRoom(request, held)) return undefined;
    for (const { account, modes, maxKeys } of request.limits) {
      const counted = holders.filter(({ mode }) => modes.includes(mode));
      const used = counted.reduce((sum, { uid }) => sum + this.#held(holders, uid, now), 0);
      const times = counted.flatMap(({ status }) => status.previous.map(({ revokeAt }) => revokeAt));
      const next = Math.min(...times.filter((time) => time > now));
      const nextRevocation = times.length === 0 || next > LAST_TIME ? undefined : next;
      const { namespace } = request;
      const refused = refuseBeyondLimit({ namespace, account, maxKeys, used, nextRevocation });
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  #held(holders: readonly Holder[], uid: string, now: number): number {
    const holder = holders.find((candidate) => candidate.uid === uid);
    if (holder === undefined) return 0;
    const counted = countKeys(holder.status, now, this.#timing);
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined) return counted;
    if (!reservation.ended || holder.isBehind) return Math.max(counted, reservation.total);
    this.#reservations.delete(uid);
    return counted;
  }

  #beyondBudget(request: AllowanceRequest, now: number): Refusal | undefined {
    const { namespace, accountId, apiKeysOfNamespace, apiKeysOfAccount } = request;
    const [ofNamespace, ofAccount] = scopesOf(request).map((scope) => ({
      made: this.#made.get(scope) ?? [],
      underWay: this.#underWay(scope, request.uid),
    }));
    const budgets = [
      {
        ...(ofNamespace ?? NONE),
        of: `namespace ${namespace}`,
        flag: "namespace-mint-budget",
        budget: this.#budgets.namespace,
        apiKeys: apiKeysOfNamespace,
      },
      {
        ...(ofAccount ?? NONE),
        of: `account ${accountId}`,
        flag: "account-mint-budget",
        budget: this.#budgets.account,
        apiKeys: apiKeysOfAccount,
      },
    ];
    for (const budget of budgets) {
      const refused = refuseBeyondBudget(budget, request, now);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  #underWay(scope: string, uid: string): number {
    const others = [...this.#reservations].filter(
      ([other, { request, spent }]) => other !== uid && !spent && scopesOf(request).includes(scope),
    );
    return others.length;
  }
}

const NONE = { made: [], underWay: 0 };
/** A later time is none: it waits for something that nobody can date. */
const LAST_TIME = Date.UTC(9999, 0, 1);

function scopesOf({ vendorAccount, namespace }: AllowanceRequest): readonly string[] {
  return [`${vendorAccount}\n${namespace}`, vendorAccount];
}
