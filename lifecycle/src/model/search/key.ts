import { DEFAULT_TIMING as TIMING } from "../../index.ts";
import type { Late, Refused, State, Worker } from "../state.ts";
import { LAGS_FOR, mayLag } from "../vendor.ts";
import { MixedWords, type Word64 } from "./mixed-words.ts";
import { shapeOf, shapeOfName, shapeOfFields, type Shape } from "./shape.ts";

/** What tells states apart. */
export interface StateKey extends Word64 {
  /** Of the snapshots too, which only an interference can look back to. */
  readonly past: Word64;
  /** The place, in the order of the key, of the worker that moved last; -1 where that one is not in a pass. */
  readonly turn: number;
}

/**
 * A digest that is equal for states that can do the same from now on. Names (UIDs, resource versions, attempts,
 * key IDs, values) are replaced by the order in which they appear, since the rules only ask whether two of them
 * are equal; times by their distance from now, since the rules only ask for distances. Left out is what nothing
 * can come across any more: revoked keys that nothing names, and ghosts of attempts that nothing names; and by how
 * much a worker that may go on at once is late. Controllers are interchangeable. Nothing else is abstracted, so that
 * states with equal keys are bisimilar up to these names. What may still go wrong is no part of it.
 *
 * 64 bits: among ten million states, two different ones share a key with a probability of about 3e-6.
 */
export function keyOf(state: State): StateKey {
  const orders = ordersOf(state);
  const [first, second] = orders.map((order) => keyInOrder(state, order));
  if (first === undefined) throw new TypeError("a state has an order of its workers");
  if (second === undefined) return first;
  return first.low < second.low || (first.low === second.low && first.high <= second.high) ? first : second;
}

type Order = readonly number[];
const orders = new Map<string, readonly Order[]>();

/** The orders in which the workers can be looked at: those of two controllers can be exchanged. */
function ordersOf({ workers, cluster }: State): readonly Order[] {
  const name = `${workers.length} ${cluster.apiKeys.length}`;
  const known = orders.get(name);
  if (known !== undefined) return known;
  const as = [...workers.keys()];
  const each = cluster.apiKeys.length;
  const found = workers.length === 2 * each ? [as, [...as.slice(each), ...as.slice(0, each)]] : [as];
  orders.set(name, found);
  return found;
}

function keyInOrder(state: State, order: Order): StateKey {
  const text = new KeyText(state.now);
  writePresent(text, state, order);
  const present = text.end();
  const { turn, workers } = state;
  const place = workers[turn]?.pass === undefined ? -1 : order.indexOf(turn);
  return { ...present, past: writePast(text, state), turn: place };
}

// Names by their numbers: in which key each was met last, and under which number.
let keys = 0;
const metIn: number[] = [];
const metAs: number[] = [];

/** A key as it is written. */
class KeyText {
  readonly #mixed = new MixedWords();
  readonly #now: number;
  readonly #key: number;
  #names = 0;

  constructor(now: number) {
    keys += 1;
    this.#key = keys;
    this.#now = now;
  }

  add({ low, high, names, times }: Shape): void {
    const mixed = this.#mixed;
    mixed.add(low);
    mixed.add(high);
    for (const name of names) mixed.add(this.#rename(name));
    for (const time of times) this.#addSpan(time - this.#now);
  }

  /** A time from which on something may happen: that it is over is all that there is to know. */
  addDue(time: number | undefined): void {
    if (time === undefined) this.addNumber(-1);
    else this.#addSpan(Math.max(0, time - this.#now));
  }

  addNumber(number: number): void {
    this.#mixed.add(number);
  }

  /** Those of these names that have been met, in the order of that: what nothing can come across any more is left out. */
  addMet(names: readonly string[]): void {
    const met: number[] = [];
    for (const name of names) {
      const shape = shapeOfName(name);
      if (!this.hasMet(shape)) continue;
      for (const each of shape.names) met.push(metAs[each] ?? 0);
    }
    met.sort((left, right) => left - right);
    for (const each of met) this.#mixed.add(each);
    this.#mixed.add(-1);
  }

  /** Whether all names of a shape have been met. */
  hasMet({ names }: Shape): boolean {
    return names.every((name) => metIn[name] === this.#key);
  }

  end(): Word64 {
    return this.#mixed.end();
  }

  #addSpan(span: number): void {
    this.#mixed.add(span | 0);
    this.#mixed.add(Math.floor(span / 2 ** 32));
  }

  #rename(name: number): number {
    if (metIn[name] !== this.#key) {
      metIn[name] = this.#key;
      metAs[name] = this.#names;
      this.#names += 1;
    }
    return metAs[name] ?? 0;
  }
}

function writePresent(text: KeyText, state: State, order: Order): void {
  const { cluster, workloads, workers, late, findings, sweptAt, listing, unaccounted, describedAt, epoch } =
    state;
  for (const { now, before } of cluster.apiKeys) {
    text.add(shapeOf(now));
    text.add(shapeOf(before));
  }
  for (const { now, before } of cluster.secrets) {
    text.add(shapeOf(now));
    text.add(shapeOf(before));
  }
  for (const workload of workloads) text.add(shapeOf(workload));
  for (const index of order) {
    const worker = workers[index];
    if (worker !== undefined) writeWorker(text, worker, epoch);
  }
  for (const each of late) writeLate(text, each, epoch);
  for (const each of findings) text.add(shapeOf(each));
  text.add(shapeOfName(String(sweptAt)));
  text.add(shapeOf(listing));
  text.add(shapeOf(unaccounted));
  // How long ago it was makes no difference later.
  text.addDue(describedAt === undefined ? undefined : describedAt + TIMING.settleTime);
  writeLastChange(text, state);
  writeKeys(text, state);
}

/** What only an interference can bring back, and what it would bring with it. */
function writePast(text: KeyText, state: State): Word64 {
  const mid = state.snapshots[1];
  if (mid === undefined) return text.end();
  for (const { now } of [...mid.apiKeys, ...mid.secrets]) text.add(shapeOf(now));
  writeKeys(text, state);
  return text.end();
}

function writeRefused(text: KeyText, refused: Refused | undefined): void {
  text.addDue(refused?.until);
  text.addNumber(refused?.generation ?? -1);
}

function writeLastChange(text: KeyText, state: State): void {
  const { lastChange } = state;
  if (lastChange === undefined || !mayLag(state)) return;
  text.addDue(lastChange.at + LAGS_FOR);
  text.add(shapeOfName(lastChange.id));
  text.add(shapeOf(lastChange.before));
}

function writeKeys(text: KeyText, { keys: all, ghost }: State): void {
  for (const key of all)
    if (key.status === "active" || text.hasMet(shapeOfName(key.id))) text.add(shapeOf(key));
  for (const names of Object.values(ghost) as readonly (readonly string[])[]) text.addMet(names);
}

const FLAGS = { none: 0, tagsVerified: 1, fresh: 2, viewVerified: 4, fenced: 8 } as const;

function writeWorker(text: KeyText, worker: Worker, epoch: number): void {
  const { pass, wakeAt, tagsVerified, rested } = worker;
  text.addNumber((tagsVerified ? FLAGS.tagsVerified : 0) | (worker.fenced ? FLAGS.fenced : 0));
  // Of what a pass rested with, only this is acted upon.
  text.add(shapeOfName(pass === undefined && ADVISED.has(rested ?? "") ? (rested ?? "") : ""));
  text.addDue(wakeAt);
  writeRefused(text, worker.refused);
  if (pass === undefined) return;
  const { view, uid, received } = pass;
  text.add(shapeOfName(uid));
  text.add(shapeOfName(String(view.now)));
  text.addNumber(
    (pass.epoch === epoch ? FLAGS.fresh : 0) | (view.account.tagsVerified ? FLAGS.viewVerified : 0),
  );
  text.add(shapeOfName(view.secretClaimedBy ?? ""));
  const { object, secret, findings, account, dependents, users } = view;
  text.add(shapeOf(object));
  text.add(shapeOf(secret));
  text.add(shapeOf(findings));
  text.add(shapeOf(account.sweeps));
  text.add(shapeOf(dependents));
  text.add(shapeOf(users));
  text.add(shapeOf(view.pass));
  text.addMet(received);
}

function writeLate(text: KeyText, { request, due, isBeyond }: Late, epoch: number): void {
  text.addNumber(request.epoch === epoch ? FLAGS.fresh : FLAGS.none);
  text.addDue(due);
  text.addNumber(isBeyond ? 1 : 0);
  const { epoch: _relative, ...rest } = request;
  text.add(shapeOfFields(rest));
}

/** The reasons that the user follows the advice of. */
const ADVISED: ReadonlySet<string> = new Set([
  "SecretConflict",
  "SecretEntryConflict",
  "AdoptionRefused",
  "RolloutStuck",
  "SecretInUse",
]);
