import { expect, test } from "vitest";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { applyResult } from "./apply-result.ts";
import { plan } from "./plan.ts";
import {
  PROBLEM,
  FINALIZED,
  ATTEMPT,
  FOREIGN,
  OLD,
  live,
  pinned,
  retiring,
  table,
  said,
  abandoned,
  left,
  listing,
  notSaying,
  saying,
  without,
} from "./testing/plan-table.ts";
import type { RemoteKey } from "../evidence.ts";
import {
  buildView,
  KEY,
  keyNamed,
  NOW,
  RECORD,
  SECRET,
  STATUS,
  type ViewChanges,
} from "./testing/view-builder.ts";

const FINALIZED_AND_REFUSED = {
  objectFields: FINALIZED,
  status: abandoned({ refused: true, undelivered: true }),
};

table("a failed mint", [
  [
    "that was rejected gives the lock back, and is remembered: its request may have been repeated on its way",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { ownAttempt: ATTEMPT.id, mint: { attempt: ATTEMPT.id, outcome: "rejected", problem: PROBLEM } },
    },
    "ClearAttempt",
    {
      status: {
        abandoned: [{ ...ATTEMPT, abandonedAt: NOW, listings: 0, undelivered: true, refused: true }],
      },
      verdict: { reason: PROBLEM.reason },
    },
  ],
  [
    "that was not sent gives the lock back: nothing was made",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: {
        ownAttempt: ATTEMPT.id,
        mint: { attempt: ATTEMPT.id, outcome: "rejected", unsent: true, problem: PROBLEM },
      },
    },
    "ClearAttempt",
    { status: { abandoned: [] } },
  ],
  [
    "that was rejected is no reason to wait for: the next one follows when its pause is over",
    { ...FINALIZED_AND_REFUSED, pass: { preflight: "passed" } },
    "WriteAhead",
    { status: { attempt: { revision: 1 } } },
  ],
  [
    "that was rejected has its key ended where one shows up, before any listing of its own",
    {
      ...live,
      statusFields: { abandoned: [{ ...OLD, refused: true }] },
      view: { findings: { doubts: [], leftovers: [left.id], orphans: [] } },
      pass: { remote: { [left.id]: left } },
    },
    "revoke-key",
    { keyId: left.id, reason: "AttemptAbandoned" },
  ],
  [
    "with an unknown outcome stays on record as abandoned, whole",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { ownAttempt: ATTEMPT.id, mint: { attempt: ATTEMPT.id, outcome: "unknown", problem: PROBLEM } },
    },
    "Abandon",
    {
      status: { abandoned: [{ ...ATTEMPT, abandonedAt: NOW, listings: 0, undelivered: true }] },
      verdict: { message: saying("\\(slower\\)"), progress: "reconciling" },
    },
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

const ownTestKey = { ...keyNamed("ak_7", "attempt7", 3), mode: "test" };

function refusedBeside(key: RemoteKey, remote: Readonly<Record<string, RemoteKey>> = {}): ViewChanges {
  return {
    objectFields: FINALIZED,
    status: { ...pinned, attempt: ATTEMPT },
    pass: { ...REFUSED, listing: { startedAt: NOW, keys: [key] }, remote },
  };
}

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
    "is a refusal where the only active key is another attempt's, and its own is revoked",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: {
        ...REFUSED,
        listing: {
          startedAt: NOW,
          keys: [
            keyNamed("ak_8", "attempt7"),
            { ...keyNamed("ak_9", ATTEMPT.id), createdAt: ATTEMPT.startedAt, status: "revoked" },
          ],
        },
      },
    },
    "ClearAttempt",
  ],
  [
    "is a refusal of a roll, which makes no key that could be in its way",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: { ...ATTEMPT, op: "roll", keyId: "ak_1" } },
      pass: REFUSED,
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
  [
    "is looked at where it carries the tag of this very ApiKey, and no record knows it",
    refusedBeside(ownTestKey),
    "get-key",
    { keyId: "ak_7" },
  ],
  [
    "is recorded where a GET shows it too, to be rolled: nothing else could be done with it",
    refusedBeside(ownTestKey, { ak_7: ownTestKey }),
    "Rebuilt",
    {
      status: {
        keyId: "ak_7",
        keyAttempt: "attempt7",
        mode: "test",
        hint: ownTestKey.hint,
        revision: 3,
        recordedAt: NOW,
      },
    },
  ],
  [
    "is remembered once, however often it is refused: the listing has shown that the attempts before left nothing",
    {
      ...refusedBeside({ ...keyNamed("ak_8", "attempt8", 0), mode: "test" }),
      status: {
        ...pinned,
        attempt: ATTEMPT,
        abandoned: [
          { ...OLD, refused: true, abandonedAt: NOW - TIMING.settleTime },
          { ...OLD, id: "attempt5", refused: true, abandonedAt: NOW - TIMING.settleTime + 1 },
          { ...OLD, id: "attempt6", listings: 2, abandonedAt: NOW - TIMING.settleTime },
        ],
      },
    },
    "ClearAttempt",
    { status: { abandoned: [{ id: "attempt5" }, { id: "attempt6" }, { id: ATTEMPT.id, refused: true }] } },
  ],
  [
    "is revoked where an attempt that was refused before has made it all the same",
    {
      objectFields: FINALIZED,
      status: abandoned({ refused: true }),
      pass: {
        listing: { startedAt: NOW, keys: [{ ...left, mode: "test" }] },
        remote: { [left.id]: { ...left, mode: "test" } },
      },
    },
    "revoke-key",
    { keyId: left.id, reason: "AttemptAbandoned" },
  ],
  [
    "is a refusal where the GET shows another owner's tag",
    refusedBeside(ownTestKey, { ak_7: { ...FOREIGN, id: "ak_7" } }),
    "ClearAttempt",
  ],
  [
    "is a refusal where it was adopted: an adoption takes it over again",
    refusedBeside({ ...keyNamed("ak_7", "attempt7", 0), mode: "test" }),
    "ClearAttempt",
  ],
  [
    "is a refusal where an abandoned attempt has left it: its recovery ends it",
    {
      ...refusedBeside({ ...left, mode: "test" }),
      status: { ...abandoned({ listings: 2 }), attempt: ATTEMPT },
    },
    "ClearAttempt",
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

const [KNOWN] = abandoned({ listings: 1, listedAt: NOW - TIMING.settleTime }).abandoned;
const OTHER = { ...OLD, id: "attempt7", listings: 2 };
const LISTED = { objectFields: FINALIZED, status: abandoned({ listings: 1, listedAt: NOW }) };
const ROLL = { ...OLD, op: "roll", keyId: "ak_1", revision: 2, abandonedAt: NOW - 1_000 } as const;
/** A Secret that a roll has written after all. */
const rolled = {
  ...live,
  statusFields: { fingerprint: "fp:value-0000", abandoned: [ROLL] },
  secretFields: { record: { ...RECORD, attempt: OLD.id }, touchedFor: OLD.id },
  pass: { remote: { ak_1: KEY } },
};

/** A Secret that an abandoned attempt has written after all. */
const committed = {
  ...live,
  status: abandoned(),
  secretFields: { record: { ...RECORD, attempt: OLD.id, keyId: "ak_5" }, touchedFor: OLD.id },
  pass: { remote: { ak_5: left } },
};

table("a recovery", [
  [
    "waits until the account can be used",
    said({ objectFields: FINALIZED, status: abandoned(), account: { usable: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "looks at the Secret itself before it touches it",
    { ...live, statusFields: { abandoned: [OLD] }, secretFields: { read: "cached" } },
    "read-secret",
  ],
  [
    "looks itself whether there is no Secret",
    { objectFields: FINALIZED, status: abandoned(), secret: { state: "absent", read: "cached" } },
    "read-secret",
  ],
  [
    "does not touch the Secret of another ApiKey",
    { objectFields: FINALIZED, status: abandoned(), secret: { ...SECRET, owner: "other" } },
    "list-keys",
  ],
  [
    "of a roll waits until it can have no late effect",
    said({ ...live, statusFields: { abandoned: [ROLL] }, secretFields: { touchedFor: OLD.id } }),
    "rest: CreateOutcomeUnknown",
    { requeueAt: ROLL.abandonedAt + TIMING.settleTime, verdict: { progress: "reconciling" } },
  ],
  [
    "accepts a roll that was committed after all, although the key's tag names the attempt that made it",
    rolled,
    "Rebuilt",
    {
      status: {
        keyId: "ak_1",
        revision: 2,
        fingerprint: RECORD.fingerprint,
        abandoned: [],
        // Nobody knows how long its write took.
        lastRotatedAt: NOW,
      },
    },
  ],
  [
    "accepts a roll also where the key's description was edited: the status names it",
    { ...rolled, pass: { remote: { ak_1: { ...KEY, description: "edited" } } } },
    "Rebuilt",
    { status: { keyId: "ak_1" } },
  ],
  ["looks at the key before it accepts a commit", { ...committed, pass: {} }, "get-key", { keyId: "ak_5" }],
  [
    "looks at each key that the commit replaced",
    {
      ...committed,
      secretFields: {
        ...committed.secretFields,
        record: { ...committed.secretFields.record, previous: [retiring] },
      },
    },
    "get-key",
    { keyId: "ak_0" },
  ],
  [
    "looks at each key that the commit replaced, also where the status knows another one",
    {
      ...committed,
      status: { ...STATUS, fingerprint: "fp:value-0000", abandoned: [OLD] },
      secretFields: {
        ...committed.secretFields,
        record: { ...committed.secretFields.record, previous: [retiring] },
      },
    },
    "get-key",
    { keyId: "ak_0" },
  ],
  [
    "accepts no commit of a key that is gone",
    { ...committed, pass: { remote: { ak_5: "absent" } } },
    "list-keys",
  ],
  [
    "accepts no commit of a key without a tag, although the status names it",
    {
      ...committed,
      statusFields: { previous: [{ ...retiring, keyId: "ak_5", revokeAt: NOW + 1 }] },
      pass: { remote: { ak_5: { ...left, description: "edited" } } },
    },
    "list-keys",
  ],
  [
    "accepts no commit whose value was edited since",
    { ...committed, secretFields: { ...committed.secretFields, fingerprint: "fp:edited" } },
    "list-keys",
  ],
  [
    "accepts no commit from a Secret without annotations",
    { ...committed, secretFields: { record: undefined, touchedFor: OLD.id } },
    "list-keys",
  ],
  [
    "that accepts a commit leaves other attempts on record",
    { ...committed, status: { ...pinned, abandoned: [OTHER, OLD] } },
    "Rebuilt",
    { status: { abandoned: [OTHER] } },
  ],
  ["looks at a key before it revokes it", { ...LISTED, pass: { listing } }, "get-key", { keyId: "ak_5" }],
  [
    "revokes no key that the status names, whatever else the records say",
    said({
      ...LISTED,
      statusFields: { previous: [{ ...retiring, keyId: "ak_5", revokeAt: NOW + 1 }] },
      pass: { listing, remote: { ak_5: left } },
    }),
    "rest: CreateOutcomeUnknown",
    { verdict: { message: notSaying("("), progress: "reconciling" } },
  ],
  [
    "goes past a key that is gone already to the next one",
    {
      ...LISTED,
      pass: {
        listing: { startedAt: NOW, keys: [{ ...left, id: "ak_4" }, left] },
        remote: { ak_4: "absent", ak_5: left },
      },
    },
    "revoke-key",
    { keyId: "ak_5" },
  ],
  [
    "does not count a listing twice",
    {
      objectFields: FINALIZED,
      status: { ...pinned, abandoned: [KNOWN ?? OLD] },
      pass: { listing: { startedAt: NOW - 1, keys: [] } },
    },
    "list-keys",
  ],
  [
    "counts a listing that began when the settle time was over",
    {
      objectFields: FINALIZED,
      status: { ...pinned, abandoned: [OTHER, KNOWN ?? OLD] },
      pass: { listing: { startedAt: NOW, keys: [] } },
    },
    "Listed",
    { status: { abandoned: [OTHER, { id: OLD.id, listings: 2, listedAt: NOW }] } },
  ],
  [
    "remembers the hints of what it has found, each once",
    {
      objectFields: FINALIZED,
      status: abandoned({ listings: 1, listedAt: NOW - TIMING.settleTime, hints: ["0001", "0007"] }),
      pass: {
        listing: {
          startedAt: NOW,
          keys: [left, { ...left, hint: "0008" }, { ...keyNamed("ak_9", "attempt7"), hint: "0009" }],
        },
        remote: { ak_5: "absent" },
      },
    },
    "Listed",
    { status: { abandoned: [{ hints: ["0001", "0007", "0008"] }] } },
  ],
  [
    "remembers no hints where it has found nothing",
    { objectFields: FINALIZED, status: abandoned(), pass: { listing: { startedAt: NOW, keys: [] } } },
    "Listed",
    { status: { abandoned: [without("hints")] } },
  ],
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
    { attempt: OLD.id, guard: { uid: SECRET.uid, resourceVersion: SECRET.resourceVersion } },
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
