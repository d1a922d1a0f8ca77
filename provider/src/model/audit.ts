import { parseTag } from "@signatureapi-keys/lifecycle";
import { readOutputs, type Outputs } from "../dynamic/outputs.ts";
import type { Properties } from "../dynamic/wire.ts";
import { isHandingOver } from "./handover.ts";
import type { Course } from "./process.ts";
import type { Checkpoint, Resource } from "./checkpoint.ts";
import { Violation, type Process, type State, type VendorKey } from "./state.ts";
import { isUnconfirmed } from "./vendor.ts";

/** Longer than a create takes: an unconfirmed key of this age was delivered to nothing. */
const LEFT_OVER_AFTER_MS = 60_000;

/**
 * Holds the effect of a request against the invariant.
 * @throws Violation
 */
export function auditEffect(before: State, after: State, process: Process): void {
  const { next } = process;
  if (next.kind === "create" && after.keys !== before.keys) auditCreate(before, process);
  if (next.kind !== "revoke" && next.kind !== "roll" && next.kind !== "describe") return;
  const key = before.keys.find(({ id }) => id === next.keyId);
  if (key === undefined || key.revoked || after.keys === before.keys) return;
  auditOwner(before, key, process);
  if (next.kind === "revoke") auditRevocation(before, key, process);
  if (next.kind === "describe") auditConfirmation(key, next.description, process);
}

/** No key is requested while an earlier one of this resource, delivered to nothing, is neither revoked nor recorded. */
function auditCreate(state: State, process: Process): void {
  if (process.faulty) return;
  const listing = process.log.findLast(({ answer }) => answer.kind === "keys")?.answer;
  // A key that was made after the listing cannot be in it.
  const since = listing?.kind === "keys" ? listing.born : Number.POSITIVE_INFINITY;
  const forgotten = state.keys.find((key) => isLeftOver(state, key, process.stack) && key.born < since);
  if (forgotten === undefined) return;
  throw new Violation(
    `a key is minted although ${forgotten.id} of an earlier mint is neither revoked nor recorded`,
  );
}

/** Whether a key of a stack was minted, is not confirmed, has no process that could confirm it, and no record. */
export function isLeftOver(state: State, key: VendorKey, stack: number): boolean {
  return (
    !key.revoked &&
    key.madeBy?.stack === stack &&
    !key.confirmed &&
    hasTag(key) &&
    !state.processes.some(({ id, provider }) => provider && id === key.madeBy?.process) &&
    !recorded(state.stacks[stack]?.checkpoint).some(({ keyId }) => keyId === key.id)
  );
}

/** A key of something else is never touched; one of another stack with the same name only when it is left over. */
function auditOwner(state: State, key: VendorKey, process: Process): void {
  const { next } = process;
  if (key.madeBy === undefined) throw new Violation(`${next.kind}: ${key.id} belongs to another stack`);
  const maker = state.processes.find(({ id }) => id === key.madeBy?.process);
  if (maker !== undefined && maker.id !== process.id && isHandingOver(maker)) {
    throw new Violation(`${next.kind}: another process hands over ${key.id}`);
  }
  if (key.madeBy.stack === process.stack) return;
  const isOld = state.now - key.createdAt >= LEFT_OVER_AFTER_MS;
  if (next.kind === "revoke" && isUnconfirmed(key.description) && isOld) return;
  throw new Violation(`${next.kind}: ${key.id} belongs to another stack of the same name`);
}

/** No confirmed key is revoked that a checkpoint names, but by the end of its resource or of its overlap. */
function auditRevocation(state: State, key: VendorKey, process: Process): void {
  if (isUnconfirmed(key.description)) return;
  for (const [index, { checkpoint }] of state.stacks.entries()) {
    const { resource } = checkpoint;
    if (resource === undefined || resource.replacing) continue;
    const outputs = outputsOf(resource);
    const isDeleted = index === process.stack && operationOf(process) === `deleting ${resource.id}`;
    const isNamed =
      outputs.keyId === key.id ||
      outputs.previous.some(({ keyId, revokeAt }) => keyId === key.id && Date.parse(revokeAt) > state.now);
    if (isNamed && !isDeleted) throw new Violation(`revoke: ${key.id} is in use, a checkpoint names it`);
  }
}

/** The operation that the engine has begun last. */
function operationOf({ log }: Process): string | undefined {
  const last = log.findLast(({ request }) => request.kind === "save")?.request;
  return last?.kind === "save" ? last.what : undefined;
}

/** A provider that was told that its engine is gone, or could have been, hands over no key. */
function auditConfirmation(key: VendorKey, description: string, process: Process): void {
  if (!isUnconfirmed(key.description) || isUnconfirmed(description)) return;
  if (key.madeBy?.process !== process.id) return;
  const asked = process.log.findLast(
    ({ request }) => request.kind === "listens" || request.kind === "create",
  );
  const knows = asked?.answer.kind === "listens" && asked.answer.listens;
  if (!knows) throw new Violation(`${key.id} is confirmed for an engine that was not asked for, or is gone`);
}

/**
 * Holds what a process has said, and what it wants to save, against the rule that values are in secret outputs only.
 * @throws Violation
 */
export function auditSaid(state: State, course: Course): void {
  const texts = [...course.said, ...state.keys.map(({ description }) => description)];
  if (course.kind === "ended") texts.push(course.failure ?? "");
  else if (course.request.kind === "save") texts.push(JSON.stringify(publicPart(course.request.checkpoint)));
  else texts.push(JSON.stringify(course.request));
  const text = texts.join("\n");
  const shown = state.keys.find(({ value }) => text.includes(value));
  if (shown !== undefined)
    throw new Violation(`the value of ${shown.id} is in a message or in a public output`);
}

/** A checkpoint without what the engine keeps encrypted. */
function publicPart({ resource, condemned }: Checkpoint): unknown {
  return [...(resource === undefined ? [] : [resource]), ...condemned].map(withoutSecret);
}

function withoutSecret(given: Resource): unknown {
  const { key, ...outputs } = given.outputs;
  return { ...given, outputs: isSecret(key) ? outputs : given.outputs };
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value;
}

/**
 * Holds the world after a command against the invariant.
 * @throws Violation
 */
export function auditEnd(state: State, process: Process, failure: string | undefined): void {
  if (!process.engine || !process.provider) return;
  auditMinted(state, process, failure);
  if (failure === undefined && !process.faulty) auditLeft(state, process);
}

/** A key that was confirmed is in the checkpoint of the engine that took it; and what is said of a mint is true. */
function auditMinted(state: State, process: Process, failure: string | undefined): void {
  const minted = state.keys.filter(
    (key) => !key.revoked && key.madeBy?.process === process.id && hasTag(key),
  );
  const names = recorded(state.stacks[process.stack]?.checkpoint).map(({ keyId }) => keyId);
  const lost = minted.find((key) => key.confirmed && !names.includes(key.id));
  if (lost !== undefined) throw new Violation(`the value of ${lost.id} is lost, although nothing was killed`);
  const [denied] = failure?.includes("No key was minted") === true ? minted : [];
  if (denied !== undefined)
    throw new Violation(`the message says that no key was minted, and there is ${denied.id}`);
}

/** No unconfirmed key that is older than a command outlives it, where it succeeds and has met no fault. */
function auditLeft(state: State, process: Process): void {
  if (process.command.kind === "refresh") return;
  // Where nothing is declared and nothing recorded, no provider is called.
  if (!process.log.some(({ request }) => request.kind === "list")) return;
  const left = state.keys.find(
    (key) => isLeftOver(state, key, process.stack) && key.born < process.begun.born,
  );
  if (left === undefined) return;
  throw new Violation(
    `${left.id} is unconfirmed, and has outlived a later ${process.command.kind} that succeeded`,
  );
}

/** Whether a key is managed: one that was retained has no tag any more. */
export function hasTag({ description }: VendorKey): boolean {
  return parseTag(description) !== undefined;
}

/** What a checkpoint records of its keys, those of replaced resources included. */
export function recorded(checkpoint: Checkpoint | undefined): readonly { readonly keyId: string }[] {
  if (checkpoint === undefined) return [];
  const { resource, condemned } = checkpoint;
  return [...(resource === undefined || resource.replacing ? [] : [resource]), ...condemned].flatMap(
    (given) => {
      const outputs = outputsOf(given);
      return [{ keyId: outputs.keyId }, ...outputs.previous, ...outputs.unrecordedKeys];
    },
  );
}

/** The outputs of a resource. */
export function outputsOf({ outputs }: Resource): Outputs {
  const properties: Properties = outputs;
  return readOutputs(properties);
}
