import { expect, test } from "vitest";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { applyResult } from "./apply-result.ts";
import { plan } from "./plan.ts";
import {
  PROBLEM,
  FINALIZED,
  ATTEMPT,
  OLD,
  live,
  pinned,
  table,
  said,
  abandoned,
  left,
  listing,
} from "./testing/plan-table.ts";
import { buildView, keyNamed, NOW, RECORD } from "./testing/view-builder.ts";

table("a failed mint", [
  [
    "that was rejected gives the lock back: nothing was made",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { ownAttempt: ATTEMPT.id, mint: { attempt: ATTEMPT.id, outcome: "rejected", problem: PROBLEM } },
    },
    "ClearAttempt",
    { status: { abandoned: [] } },
  ],
  [
    "with an unknown outcome stays on record as abandoned, whole",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { ownAttempt: ATTEMPT.id, mint: { attempt: ATTEMPT.id, outcome: "unknown", problem: PROBLEM } },
    },
    "Abandon",
    { status: { abandoned: [{ ...ATTEMPT, abandonedAt: NOW, listings: 0 }] } },
  ],
]);

const REFUSED = {
  ownAttempt: ATTEMPT.id,
  mint: {
    attempt: ATTEMPT.id,
    outcome: "rejected" as const,
    problem: { reason: "TestKeyExists" as const, message: "there is one", transient: false },
  },
};

table("a test key that is refused because there is one", [
  [
    "may have been made by the same request, repeated on its way: the keys are listed first",
    { objectFields: FINALIZED, status: { ...pinned, attempt: ATTEMPT }, pass: REFUSED },
    "list-keys",
  ],
  [
    "is a refusal where no key carries the attempt",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { ...REFUSED, listing: { startedAt: NOW, keys: [] } },
    },
    "ClearAttempt",
  ],
  [
    "is abandoned where one does, so that it is found and revoked",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: {
        ...REFUSED,
        listing: {
          startedAt: NOW,
          keys: [{ ...keyNamed("ak_9", ATTEMPT.id), createdAt: ATTEMPT.startedAt }],
        },
      },
    },
    "Abandon",
    { status: { abandoned: [{ id: ATTEMPT.id, listings: 0 }] } },
  ],
]);

test("a listing from before the request does not count as a look for what it has made", () => {
  const view = buildView({
    objectFields: FINALIZED,
    status: { ...pinned, attempt: ATTEMPT },
    pass: { ownAttempt: ATTEMPT.id, listing: { startedAt: ATTEMPT.startedAt, keys: [] } },
  });
  const refused = { outcome: "rejected", problem: REFUSED.mint.problem, conflict: false } as const;
  const step = { kind: "mint", attempt: ATTEMPT } as const;
  expect(plan(applyResult(view, step, refused, ATTEMPT.startedAt)).kind).toBe("list-keys");
});

/** A Secret that an abandoned attempt has written after all. */
const committed = {
  ...live,
  status: abandoned(),
  secretFields: { record: { ...RECORD, attempt: OLD.id, keyId: "ak_5" }, touchedFor: OLD.id },
  pass: { remote: { ak_5: left } },
};

table("a recovery", [
  [
    "takes an attempt over only when its writer can no longer act",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: { ...ATTEMPT, startedAt: NOW - TIMING.attemptLifetime } },
    },
    "Abandon",
  ],
  [
    "lists the keys once the Secret was looked at",
    { objectFields: FINALIZED, status: abandoned() },
    "list-keys",
  ],
  [
    "records its first listing before it revokes anything, so that nobody accepts the commit any more",
    { objectFields: FINALIZED, status: abandoned(), pass: { listing } },
    "Listed",
    { status: { abandoned: [{ listings: 1, listedAt: NOW }] } },
  ],
  [
    "revokes what a recorded listing has found, after a GET",
    {
      objectFields: FINALIZED,
      status: abandoned({ listings: 1, listedAt: NOW }),
      pass: { listing, remote: { ak_5: left } },
    },
    "revoke-key",
    { keyId: "ak_5", reason: "AttemptAbandoned" },
  ],
  [
    "does not revoke a key with the attempt's tag that was made at another time",
    said({
      objectFields: FINALIZED,
      status: abandoned({ listings: 1, listedAt: NOW }),
      pass: { listing: { startedAt: NOW, keys: [{ ...left, createdAt: 0 }] } },
    }),
    "rest: CreateOutcomeUnknown",
    { requeueAt: NOW + TIMING.settleTime },
  ],
  [
    "touches an existing Secret first, so that the writer's replacement fails",
    { ...live, statusFields: { abandoned: [OLD] } },
    "touch-secret",
    { attempt: OLD.id },
  ],
  [
    "accepts a commit that happened after all, once a GET shows key and value",
    committed,
    "Rebuilt",
    { status: { keyId: "ak_5", abandoned: [] } },
  ],
  [
    "accepts no commit around a value whose hint is not the key's: it may be forged",
    { ...committed, pass: { remote: { ak_5: { ...left, hint: "9999" } } } },
    "list-keys",
  ],
  [
    "accepts no commit of a key whose tag names another attempt",
    { ...committed, pass: { remote: { ak_5: keyNamed("ak_5", "attempt7") } } },
    "list-keys",
  ],
  [
    "accepts no commit any more of which a listing is recorded",
    { ...committed, status: abandoned({ listings: 1, listedAt: NOW - TIMING.settleTime }) },
    "list-keys",
  ],
]);
