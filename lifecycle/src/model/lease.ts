import { type Step, type View } from "../index.ts";
import type { Pass, State, Worker } from "./state.ts";

const WITHOUT_LEASE: ReadonlySet<Step["kind"]> = new Set([
  "read-object",
  "read-secret",
  "commit-secret",
  "take-back-secret",
]);

/** Whether a step is one that a replica still takes after it has lost its lease. */
export function passesFence({ pass: { pendingCommit } }: View, { kind }: Step): boolean {
  return pendingCommit !== undefined && WITHOUT_LEASE.has(kind);
}

/** Whether the loss of its lease would end a controller otherwise than a crash does. */
export function canLoseLease({ workers }: State, controller: number): boolean {
  return workers.some((worker) => worker.controller === controller && goesOn(worker.pass));
}

function goesOn(pass: Pass | undefined): boolean {
  return pass !== undefined && passesFence(pass.view, pass.step);
}

/** What becomes of a worker whose process ends: another one begins, and knows nothing. */
export function ended(worker: Worker, now: number): Worker {
  return {
    ...worker,
    pass: undefined,
    wakeAt: now,
    tagsVerified: false,
    refused: undefined,
    rested: undefined,
    fenced: false,
  };
}

/** Only what a pending commit needs goes on; then the process ends. */
export function fenced(worker: Worker, now: number): Worker {
  return goesOn(worker.pass) ? { ...worker, fenced: true } : ended(worker, now);
}
