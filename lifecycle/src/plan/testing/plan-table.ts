import { describe, expect, it } from "vitest";
import type { AbandonedAttempt } from "../../attempt.ts";
import { plan } from "../plan.ts";
import type { Problem } from "../view/problem.ts";
import type { SecretView } from "../view/secret.ts";
import type { StatusRecord } from "../view/status.ts";
import { nameOf } from "../../model/script.ts";
import {
  buildView,
  delivered,
  pendingCommitOf,
  KEY,
  keyNamed,
  NOW,
  type ViewChanges,
} from "./view-builder.ts";

/** What a test says of its view; a function is asked when the test runs, not when the table is read. */
type Changes = ViewChanges | (() => ViewChanges);

type Row = readonly [name: string, view: Changes, next: string, step?: object];

export const PROBLEM: Problem = { reason: "RateLimited", message: "slower", transient: true };
export const ABSENT: SecretView = { state: "absent", read: "live" };
export const FINALIZED = { finalizer: true } as const;
export const DELETING = { finalizer: true, deleting: true } as const;
export const ATTEMPT = pendingCommitOf().attempt;
export const OLD: AbandonedAttempt = {
  ...ATTEMPT,
  id: "attempt4",
  startedAt: NOW - 300_000,
  abandonedAt: NOW - 100_000,
  listings: 0,
};
export const FOREIGN = { ...KEY, description: KEY.description.replace("0123456789", "ffffffffff") };
export const UNTAGGED = { ...KEY, id: "ak_9", description: "made by hand" };
export const live = delivered();
export const retiring = { keyId: "ak_0", revokeAt: NOW - 1, reason: "RotationDue" };
export const pinned: StatusRecord = {
  revision: 0,
  abandoned: [],
  previous: [],
  accountId: "acc_1",
  installation: "0123456789",
};

export function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [name, changes, next, step] of rows) {
      it(name, () => {
        const planned = plan(buildView(typeof changes === "function" ? changes() : changes));
        const seen =
          planned.kind === "rest" ? `rest: ${planned.verdict?.reason ?? "silent"}` : nameOf(planned);
        expect(seen).toBe(next);
        if (step !== undefined) expect(planned).toMatchObject(step);
      });
    }
  });
}

/** A view whose conditions already say what its rest would: what is left to see is the rest itself. */
export function said(changes: ViewChanges): () => ViewChanges {
  return () => {
    const step = plan(buildView(changes));
    if (step.kind !== "write-status" || step.why !== "Report") return changes;
    const objectFields = { ...changes.objectFields, verdict: step.verdict, observedGeneration: 1 };
    return { ...changes, objectFields, status: step.status };
  };
}

export const abandoned = (changes: Partial<AbandonedAttempt> = {}): StatusRecord => ({
  ...pinned,
  abandoned: [{ ...OLD, ...changes }],
});
export const left = { ...keyNamed("ak_5", OLD.id), createdAt: OLD.startedAt + 1_000 };
export const listing = { startedAt: NOW, keys: [left] };

export const wiped: StatusRecord = { revision: 0, abandoned: [], previous: [] };

/** A value that was minted, and whose commit goes on from here. */
export const UNWRITTEN = { phase: "unwritten", lock: "unchecked" } as const;
export const WRITTEN = { phase: "written", lock: "held", created: false } as const;

export const ownAttempt = { preflight: "passed" as const };

/** A key whose time is over; the account was swept since it was on record. */
export const due = { ...live, statusFields: { previous: [retiring] }, account: { sweeps: [NOW] } };
export const zero = keyNamed("ak_0", "attempt6");

/** Deleted, and swept after its key was committed. */
export const gone = { ...live, objectFields: DELETING, account: { sweeps: [NOW - 60_000] } };
export const revoked = { ...KEY, status: "revoked" };

/** Matches a message with this text in it. */
export function saying(text: string | RegExp): unknown {
  return expect.stringMatching(text);
}

/** Matches a message without this text. */
export function notSaying(text: string): unknown {
  return expect.not.stringContaining(text);
}

/** Matches an object that has none of this field. */
export function without(field: string): object {
  return { asymmetricMatch: (other: object) => !Object.hasOwn(other, field) };
}
