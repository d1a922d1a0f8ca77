import { hash } from "node:crypto";
import { DEFAULT_TIMING as TIMING } from "../../index.ts";
import type { State, Worker } from "../state.ts";
import { shapeOf, shapeOfName, shapesOfFields, type Shape } from "./shape.ts";

/**
 * A digest that is equal for states that can do the same from now on. Names (UIDs, resource versions, attempts,
 * key IDs, values) are replaced by the order in which they appear, since the rules only ask whether two of them
 * are equal; times by their distance from now, since the rules only ask for distances. Left out is what nothing
 * can come across any more: revoked keys that nothing names, and ghosts of attempts that nothing names; and by how
 * much a worker that may go on at once is late. Nothing else is abstracted, so that states with equal keys are
 * bisimilar up to these names.
 *
 * 72 bits: among ten million states two different ones share a key with a probability of about 1e-8.
 */
export function keyOf(state: State, extra = ""): string {
  const text = new KeyText(state.now);
  write(text, state);
  return hash("sha1", text.text + extra, "base64").slice(0, 12);
}

/** The part of the key that says what may still go wrong. */
export function budgetKey({ budget, turn, workers }: State): string {
  const isFree = workers.length === 1 || workers[turn]?.pass === undefined;
  const turnKey = Number.isFinite(budget.switches) ? `,${budget.switches}${isFree ? "" : `,${turn}`}` : "";
  const { disturbances: left } = budget;
  const spent = [budget.crashes, budget.faults, budget.interferences].map((each) => Math.min(each, left));
  return `${spent.join()},${budget.sweeps},${budget.ticks},${left}${turnKey}`;
}

// Names by their numbers: in which key each was met last, and under which number.
let keys = 0;
const metIn: number[] = [];
const metAs: number[] = [];

/** A key as it is written. */
class KeyText {
  text = "";
  readonly #now: number;
  readonly #key: number;
  #names = 0;

  constructor(now: number) {
    keys += 1;
    this.#key = keys;
    this.#now = now;
  }

  add({ skeleton, names, times }: Shape): void {
    this.text += `;${skeleton}`;
    for (const name of names) this.text += `,${this.#rename(name)}`;
    for (const time of times) this.text += `@${time - this.#now}`;
  }

  /** A time from which on something may happen: that it is over is all that there is to know. */
  addDue(time: number | undefined): void {
    this.text += time === undefined ? ";" : `;${Math.max(0, time - this.#now)}`;
  }

  addText(text: string): void {
    this.text += `;${text}`;
  }

  /** Those of these names that have been met: what nothing can come across any more is left out. */
  addMet(names: readonly string[]): void {
    for (const name of names) {
      const shape = shapeOfName(name);
      if (this.hasMet(shape)) this.add(shape);
    }
  }

  /** Whether all names of a shape have been met. */
  hasMet({ names }: Shape): boolean {
    return names.every((name) => metIn[name] === this.#key);
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

function write(text: KeyText, state: State): void {
  const { cluster, workloads, workers, late, snapshots, findings, sweptAt, budget } = state;
  for (const { now, before } of [...cluster.apiKeys, ...cluster.secrets]) {
    text.add(shapeOf(now));
    text.add(shapeOf(before));
  }
  for (const workload of workloads) text.add(shapeOf(workload));
  for (const worker of workers) writeWorker(text, worker);
  for (const each of late) text.add(shapeOf(each));
  for (const each of findings) text.add(shapeOf(each));
  text.add(shapeOfName(String(sweptAt)));
  // Only an interference can look back.
  if (Math.min(budget.interferences, budget.disturbances) > 0) {
    const mid = snapshots[1];
    for (const { now } of [...(mid?.apiKeys ?? []), ...(mid?.secrets ?? [])]) text.add(shapeOf(now));
  }
  // How long ago it was makes no difference later.
  const { describedAt } = state;
  if (describedAt !== undefined) text.addDue(describedAt + TIMING.settleTime);
  writeKeys(text, state);
}

function writeKeys(text: KeyText, { keys: all, ghost }: State): void {
  const known = all.filter(({ id, status }) => status === "active" || text.hasMet(shapeOfName(id)));
  for (const key of known) text.add(shapeOf(key));
  for (const names of Object.values(ghost) as readonly (readonly string[])[]) {
    text.addText("|");
    text.addMet(names);
  }
}

function writeWorker(text: KeyText, { pass, wakeAt, tagsVerified, rested }: Worker): void {
  // Of what a pass rested with, only this is acted upon.
  text.addText(`${tagsVerified},${ADVISED.has(rested ?? "") ? rested : ""}`);
  text.addDue(wakeAt);
  if (pass === undefined) return;
  const { view, uid, epoch, received } = pass;
  text.add(shapeOfName(uid));
  text.add(shapeOfName(String(view.now)));
  text.addText(`${epoch},${view.account.tagsVerified}`);
  const { object, secret, findings, account, dependents, users } = view;
  for (const part of [object, secret, findings, account.sweeps, dependents, users]) text.add(shapeOf(part));
  for (const shape of shapesOfFields(view.pass)) text.add(shape);
  text.addMet(received);
}

/** The reasons that the user follows the advice of. */
const ADVISED: ReadonlySet<string> = new Set([
  "SecretConflict",
  "AdoptionRefused",
  "RolloutStuck",
  "SecretInUse",
]);
