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

/** The ApiKeys as the cache shows them now. What is asked of them costs the same however many there are. */
export interface SeenApiKeys {
  /** How many of a namespace hold a key by their status, of those that share the budget. */
  readonly holding: (namespace: string) => number;
  /** @param key the name of its object in the cache. */
  readonly find: (key: string) => Holder | undefined;
}

/** Which ApiKey wants a key, and what that key is counted against. */
export interface ReservationRequest extends Wanted {
  readonly uid: string;
  /** The name of its object in the cache. */
  readonly key: string;
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
  readonly seen: SeenApiKeys;
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

/** What a budget is computed from: a few fields, for it is kept as long as the reservation, and longer. */
type Asked = Pick<ReservationRequest, "budget" | "namespace" | "domain" | "accountId" | "seen" | "key">;

interface Reservation {
  readonly request: Asked;
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
  readonly #madeIn = new Map<string, Map<string, number[]>>();
  /** By budget, what a key of it was last asked for with. */
  readonly #lastAsked = new Map<string, Asked>();
  /** The keys whose number is bounded for each ApiKey: those that heal, and those of emergencies. */
  readonly #madeFor = new Map<string, readonly MadeKey[]>();
  readonly #refused = new Map<string, RefusedKey>();

  constructor(budgets: HourlyBudgets, timing: Timing) {
    this.#budgets = budgets;
    this.#timing = timing;
  }

  /** Reserves a key, or says why not. @param now milliseconds since the epoch. */
  reserve(request: ReservationRequest, now: number): Refusal | undefined {
    const { uid, op, key, budget, namespace, domain, accountId, seen } = request;
    const facts = this.#factsFor(request, now);
    const asked = { key, budget, namespace, domain, accountId, seen };
    this.#lastAsked.set(budget, asked);
    const refused = judgeAllowance(request, facts, now, this.#timing);
    if (refused !== undefined) return refused;
    const total = facts.held + (op === "create" ? 1 : 0);
    this.#reservations.set(uid, { request: asked, total, asked: false, ended: false });
    return undefined;
  }

  /** The reserved key was asked for, and may have been made. */
  noteAsked(uid: string, now: number): void {
    const reservation = this.#reservations.get(uid);
    if (reservation === undefined || reservation.asked) return;
    this.#reservations.set(uid, { ...reservation, asked: true });
    const { budget, namespace } = reservation.request;
    const made = this.#madeIn.get(budget) ?? new Map<string, number[]>();
    this.#madeIn.set(budget, made);
    const times = made.get(namespace) ?? [];
    const [oldest] = times;
    // Not copied for each key: a fleet makes thousands of them within an hour.
    if (oldest === undefined || withinHour([oldest], now).length === 0)
      made.set(namespace, [...withinHour(times, now), now]);
    else times.push(now);
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
      const { namespaces, account } = budgetUse(this.#budgetsFor(last, undefined), now);
      const used = namespaces.filter((use) => use.used > 0);
      if (used.length === 0) return [];
      return [
        ...used.map((use) => ({ accountId, scope: "namespace", ...use }) as const),
        { accountId, scope: "account", namespace: domain, ...account } as const,
      ];
    });
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
      budgets: this.#budgetsFor(request, uid),
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

  /** @param asking the ApiKey that asks: what is only declared adds nothing to a budget, but for the one that asks. */
  #budgetsFor(of: Asked, asking: string | undefined): MintBudgets {
    const { budget, namespace, accountId, seen, key } = of;
    const made = this.#madeIn.get(budget) ?? new Map<string, number[]>();
    const { underWay, unseen } = this.#inFlight(of, asking);
    if (asking !== undefined && !holds(seen.find(key), asking)) add(unseen, namespace);
    const mintsOf = (name: string): NamespaceMints => ({
      namespace: name,
      apiKeys: seen.holding(name) + (unseen.get(name) ?? 0),
      made: made.get(name) ?? [],
      underWay: underWay.get(name) ?? 0,
    });
    const all = new Set([...made.keys(), ...underWay.keys()]);
    return {
      accountId,
      namespaceBudget: this.#budgets.namespace,
      accountBudget: this.#budgets.account,
      own: mintsOf(namespace),
      others: [...all].filter((name) => name !== namespace).map(mintsOf),
    };
  }

  /**
   * By namespace, how many keys others are about to ask for, and how many ApiKeys hold one that no status shows yet. Several
   * that get their first key at the same time add to their budget as they would one after the other.
   */
  #inFlight(
    { budget, seen: { find } }: Asked,
    asking: string | undefined,
  ): Record<"underWay" | "unseen", Map<string, number>> {
    const underWay = new Map<string, number>();
    const unseen = new Map<string, number>();
    for (const [uid, { request, asked, ended }] of this.#reservations) {
      const holder = find(request.key);
      const seen = holder?.uid === uid ? holder : undefined;
      if (ended && seen?.isBehind !== true) {
        // All of these are looked at for each key: what the cache shows by now is not remembered.
        if (seen !== undefined) this.#reservations.delete(uid);
      } else if (uid !== asking && request.budget === budget) {
        if (!asked) add(underWay, request.namespace);
        if (!holds(seen, uid)) add(unseen, request.namespace);
      }
    }
    return { underWay, unseen };
  }
}

function holds(seen: Holder | undefined, uid: string): boolean {
  return seen?.uid === uid && seen.status.keyId !== undefined;
}

function add(counts: Map<string, number>, namespace: string): void {
  counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
}

/** A later time is none: it waits for something that cannot be dated. */
const LAST_TIME = Date.UTC(9999, 0, 1);
