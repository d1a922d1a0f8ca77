import { hash } from "node:crypto";
import type { State, Worker } from "./state.ts";

/**
 * A digest that is equal for states that can do the same from now on. Names (UIDs, resource versions, attempts,
 * key IDs, values) are replaced by the order in which they appear, since the rules only ask whether two of them
 * are equal; times by their distance from now, since the rules only ask for distances. Left out is what nobody
 * can come across any more: revoked keys that nothing names, and ghosts of attempts that nothing names.
 * Nothing else is abstracted, so that states with equal keys are bisimilar up to these names.
 *
 * 72 bits: among ten million states two different ones share a key with a probability of about 1e-8.
 */
export function keyOf(state: State, extra = ""): string {
  return hash("sha1", canonical(textOf(state) + extra, state.now), "base64").slice(0, 12);
}

/** The part of the key that says what may still go wrong. */
export function budgetKey({ budget }: State): string {
  const { disturbances: left } = budget;
  const spent = [budget.crashes, budget.faults, budget.interferences].map((each) => Math.min(each, left));
  return `${spent.join()},${budget.sweeps},${budget.ticks},${left}`;
}

const NAMES = /uid-\d+|rv-\d+|at[a-p]{6}|ak_\d+|\bx\d{3,}|1[78]\d{11}|20\d\d-\d\d-\d\dT[\d:.]+Z/g;

function canonical(whole: string, now: number): string {
  const names = new Map<string, string>();
  return whole.replaceAll(NAMES, (name) => {
    const first = name.charCodeAt(0);
    if (first === 49) return `T${Number(name) - now}`;
    if (first === 50) return `T${Date.parse(name) - now}`;
    let known = names.get(name);
    if (known === undefined) {
      known = `#${names.size}`;
      names.set(name, known);
    }
    return known;
  });
}

function textOf(state: State): string {
  const { cluster, keys, workers, late, snapshots, findings, sweptAt, ghost, budget } = state;
  const parts = [...cluster.apiKeys, ...cluster.secrets].flatMap(({ now, before }) => [
    text(now),
    text(before),
  ]);
  parts.push(...workers.map(workerText), ...late.map(({ request, due }) => `${text(request)}@${due}`));
  parts.push(...findings.map(text), String(sweptAt));
  // Only an interference can look back.
  if (Math.min(budget.interferences, budget.disturbances) > 0) {
    const mid = snapshots[1];
    for (const { now } of [...(mid?.apiKeys ?? []), ...(mid?.secrets ?? [])]) parts.push(text(now));
  }
  const told = parts.join("\n");
  const known = keys.filter(({ id, status }) => status === "active" || told.includes(`"${id}"`));
  const body = `${told}\n${known.map(text).join("\n")}`;
  const ghosts = Object.values(ghost).map((names: readonly string[]) =>
    names.filter((name) => body.includes(name)),
  );
  return `${body}\n${JSON.stringify(ghosts)}`;
}

function workerText({ pass, wakeAt, tagsVerified, rested }: Worker): string {
  const head = `${tagsVerified},${rested ?? ""},${wakeAt ?? ""}`;
  if (pass === undefined) return head;
  const { view, uid, epoch } = pass;
  return `${head},${uid},${epoch},${view.now},${text(view.object)},${text(view.secret)},${text(view.pass)},${view.account.tagsVerified},${text(view.findings)},${String(view.account.sweeps)}`;
}

const texts = new WeakMap<object, string>();

function text(value: object | undefined): string {
  if (value === undefined) return "-";
  let known = texts.get(value);
  if (known === undefined) {
    known = JSON.stringify(value);
    texts.set(value, known);
  }
  return known;
}
