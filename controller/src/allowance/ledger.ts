import {
  budgetUse,
  countKeys,
  isEmergency,
  isHeal,
  judgeAllowance,
  withinHour,
  type AllowanceFacts,
  type BudgetUse,
  type KeyLimit,
  type MadeKey,
  type MintBudgets,
  type MintReason,
  type NamespaceMints,
  type Pause,
  type Refusal,
  type StatusRecord,
  type Timing,
  type Wanted,
} from "@signatureapi-keys/lifecycle";

import { countLeft, type LeftBehind } from "./left-keys.ts";

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
  /** Names what shares one budget of an account. */
  readonly budget: string;
  /** The namespace whose Accounts share the budget; empty for that of ClusterAccounts. */
  readonly domain: string;
  readonly accountId: string;
  /** The lines that limit this namespace, of every object that stands for the account: each must allow the key. */
  readonly limits: readonly LimitLine[];
  /** The ApiKeys of the namespace in the account; asked for only where there are limits. */
  readonly holders: () => readonly Holder[];
  /** How many ApiKeys that share the budget hold a key, by namespace. */
  readonly apiKeys: ReadonlyMap<string, number>;
  /** What ApiKeys of the namespace that are gone have left in the account. */
  readonly left: readonly Pick<LeftBehind, "mode" | "keyIds" | "unknown">[];
}

/** Until when a refused key is not asked for again. */
export interface RefusedKey extends Pause {
  readonly generation: number;
  /** The object that refused it, as `accountKey` names it. */
  readonly account: string;
}

/** How much of a budget is used. */
export interface BudgetInUse extends BudgetUse {
  readonly accountId: string;
  /** `account`: what all namespaces share. */
  readonly scope: "namespace" | "account";
  /** With the scope `account`, the namespace whose Accounts share the budget; empty for ClusterAccounts. */
  readonly namespace: string;
}

interface Reservation {
  readonly request: ReservationRequest;
  /** How many keys the ApiKey may hold once this one is made. */
  readonly total: number;
  readonly asked: boolean;
  readonly ended: boolean;
}

/** Keys an hour, besides those that each ApiKey adds: in a namespace, and for all namespaces of an account together. */
export interface HourlyBudgets {
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
  readonly #budgets: HourlyBudgets;
  readonly #timing: Timing;
  readonly #reservations = new Map<string, Reservation>();
  /** When keys were made, by the budget that they are counted against, and the namespace. */
  readonly #madeIn = new Map<string, Map<string, readonly number[]>>();
  /** By budget, what a key of it was last asked for with. */
  readonly #lastAsked = new Map<string, ReservationRequest>();
  /** The keys whose number is bounded for each ApiKey: those that heal, and those of emergencies. */
  readonly #madeFor = new Map<string, readonly MadeKey[]>();
  readonly #refused = new Map<string, RefusedKey>();

  constructor(budgets: HourlyBudgets, timing: Timing) {
    this.#budgets = budgets;
    this.#timing = timing;
  }

  /** Reserves a key, or says why not. @param now milliseconds since the epoch. */
  reserve(request: ReservationRequest, now: number): Refusal | undefined {
    const { uid, op } = request;
    const facts = this.#factsFor(request, now);
    this.#lastAsked.set(request.budget, request);
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
    const { budget, namespace } = reservation.request;
    const made = this.#madeIn.get(budget) ?? new Map<string, readonly number[]>();
    this.#madeIn.set(budget, made);
    made.set(namespace, [...withinHour(made.get(namespace) ?? [], now), now]);
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

  /** The budgets of which keys were made within the last hour. @param now milliseconds since the epoch. */
  budgetsInUse(now: number): readonly BudgetInUse[] {
    return [...this.#lastAsked.values()].flatMap((last) => {
      const { accountId, domain } = last;
      const { namespaces, account } = budgetUse(this.#budgetsFor({ ...last, uid: "" }), now);
      const used = namespaces.filter((use) => use.used > 0);
      if (used.length === 0) return [];
      return [
        ...used.map((use) => ({ accountId, scope: "namespace", ...use }) as const),
        { accountId, scope: "account", namespace: domain, ...account } as const,
      ];
    });
  }

  /**
   * Whether an ApiKey holds a key, or may: also one that is being asked for, or that its status does not show yet. Several
   * that get their first key at the same time add to their budget as they would one after the other.
   */
  mayHold({ uid, status, isBehind }: Pick<Holder, "uid" | "status" | "isBehind">): boolean {
    const reservation = this.#reservations.get(uid);
    return status.keyId !== undefined || (reservation !== undefined && (!reservation.ended || isBehind));
  }

  /** How many keys an ApiKey holds, or may hold: the ones that its status does not show yet included. */
  countHeld(holder: Holder, now: number): number {
    return this.#held(holder, now);
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
      limits: limits.map((line) => this.#limitOf(line, request, holders, now)),
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
    { namespace, left: gone }: Pick<ReservationRequest, "namespace" | "left">,
    holders: readonly Holder[],
    now: number,
  ): KeyLimit {
    const counted = holders.filter(({ mode }) => modes.includes(mode));
    const held = counted.reduce((sum, holder) => sum + this.#held(holder, now), 0);
    const left = gone
      .filter(({ mode }) => modes.includes(mode))
      .reduce((sum, behind) => sum + countLeft(behind), 0);
    const times = counted.flatMap(({ status }) => status.previous.map(({ revokeAt }) => revokeAt));
    const next = Math.min(...times.filter((time) => time > now));
    const nextRevocation = next > LAST_TIME ? undefined : next;
    return { namespace, account, maxKeys, used: held + left, left, nextRevocation };
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

  #budgetsFor({ uid, budget, namespace, accountId, apiKeys }: ReservationRequest): MintBudgets {
    const made = this.#madeIn.get(budget) ?? new Map<string, readonly number[]>();
    const underWay = this.#underWay(budget, uid);
    const mintsOf = (of: string): NamespaceMints => ({
      namespace: of,
      apiKeys: apiKeys.get(of) ?? 0,
      made: made.get(of) ?? [],
      underWay: underWay.get(of) ?? 0,
    });
    const all = new Set([...made.keys(), ...underWay.keys()]);
    return {
      accountId,
      namespaceBudget: this.#budgets.namespace,
      accountBudget: this.#budgets.account,
      own: mintsOf(namespace),
      others: [...all].filter((of) => of !== namespace).map(mintsOf),
    };
  }

  /** How many keys others are about to ask for, by namespace. */
  #underWay(budget: string, uid: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [other, { request, asked }] of this.#reservations) {
      if (other === uid || asked || request.budget !== budget) continue;
      counts.set(request.namespace, (counts.get(request.namespace) ?? 0) + 1);
    }
    return counts;
  }
}

/** A later time is none: it waits for something that cannot be dated. */
const LAST_TIME = Date.UTC(9999, 0, 1);
