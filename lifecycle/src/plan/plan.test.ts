import { describe, expect, it } from "vitest";
import { declare } from "../model/declare.ts";
import { nameOf, pass } from "../model/script.ts";
import { Walk } from "../model/walk.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { applyResult } from "./apply-result.ts";
import {
  PROBLEM,
  UNWRITTEN,
  WRITTEN,
  FINALIZED,
  DELETING,
  ATTEMPT,
  OLD,
  live,
  retiring,
  pinned,
  table,
  said,
  without,
} from "./testing/plan-table.ts";
import {
  buildView,
  FRESH,
  pendingCommitOf,
  keyNamed,
  NOW,
  RECORD,
  SECRET,
  STATUS,
  type ViewChanges,
} from "./testing/view-builder.ts";

const SETTLED = { ...OLD, listings: 2, listedAt: NOW };

function newWorld(): Walk {
  return new Walk((state) => declare(state, { workload: {} }));
}

/** The steps of a whole pass, until it rests. */
function stepsOf(world: Walk): string[] {
  return pass(world, world.worker()).map(nameOf);
}

table("a fresh ApiKey", [
  ["decided on a cache is looked at itself first", { objectFields: { read: "cached" } }, "read-object"],
  ["whose Secret was not looked at has it read", { secret: { state: "unread" } }, "read-secret"],
  ["gets its finalizer before anything else", {}, "add-finalizer"],
  ["then has the Secret's write tried dry", { objectFields: FINALIZED }, "preflight-secret"],
  [
    "then records its attempt, the installation and the account",
    { objectFields: FINALIZED, pass: { preflight: "passed" } },
    "WriteAhead",
    {
      status: {
        installation: "0123456789",
        accountId: "acc_1",
        attempt: { id: FRESH, op: "create", startedAt: NOW },
      },
      verdict: { ready: false, reason: "Minting", progress: "reconciling" },
    },
  ],
  [
    "then asks for the key under the attempt that this pass has recorded",
    {
      objectFields: FINALIZED,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { preflight: "passed", ownAttempt: ATTEMPT.id },
    },
    "mint",
    { attempt: ATTEMPT },
  ],
  [
    "counts its revision on from every attempt that was abandoned",
    {
      objectFields: FINALIZED,
      status: { ...pinned, abandoned: [1, 4, 2].map((revision) => ({ ...SETTLED, revision })) },
      pass: { preflight: "passed" },
    },
    "WriteAhead",
    { status: { attempt: { revision: 5 } } },
  ],
  [
    "does not ask under an attempt that another pass has recorded",
    said({ objectFields: FINALIZED, status: { ...pinned, attempt: ATTEMPT }, pass: { preflight: "passed" } }),
    "rest: AttemptPending",
    { requeueAt: ATTEMPT.startedAt + TIMING.attemptLifetime },
  ],
  [
    "looks itself at a Secret that a cache shows in its place",
    { secret: { ...SECRET, read: "cached", owner: "none", record: undefined } },
    "read-secret",
  ],
  [
    "does not ask twice within one pass",
    { objectFields: FINALIZED, status: pinned, pass: { preflight: "passed", ownAttempt: FRESH } },
    "rest: silent",
    { requeueAt: NOW },
  ],
]);

describe("the write order", () => {
  it("of a fresh key commits under a lock that was looked at before, and records it over that version", () => {
    const world = newWorld();
    expect(stepsOf(world)).toEqual([
      "read-object",
      "reserve-key",
      "add-finalizer",
      "preflight-secret",
      "WriteAhead",
      "mint",
      "read-object",
      "commit-secret",
      "get-key",
      "Committed",
    ]);
  });

  it("of a replaced key looks at the lock before its guarded write", () => {
    const world = newWorld();
    stepsOf(world);
    world.interfere("the Secret's value is edited");
    const steps = stepsOf(world);
    expect(steps.slice(steps.indexOf("mint"), steps.indexOf("commit-secret") + 1)).toEqual([
      "mint",
      "read-object",
      "commit-secret",
    ]);
  });
});

/** A key whose value cannot be written anywhere. */
const homeless: ViewChanges = {
  status: { ...pinned, attempt: ATTEMPT },
  pass: {
    pendingCommit: pendingCommitOf({
      state: { phase: "abandoning", before: UNWRITTEN, problem: PROBLEM, undelivered: true },
    }),
  },
};

table("a pending commit", [
  [
    "has its lock looked at before it is committed",
    { pass: { pendingCommit: pendingCommitOf({ state: UNWRITTEN }) } },
    "read-object",
  ],
  [
    "has an unread Secret looked at before the lock",
    {
      secret: { state: "unread" },
      pass: { pendingCommit: pendingCommitOf({ state: UNWRITTEN }) },
    },
    "read-secret",
  ],
  [
    "is committed under its lock, by a create where nothing stands",
    { pass: { pendingCommit: pendingCommitOf() } },
    "commit-secret",
    { replaces: undefined },
  ],
  [
    "is committed by a guarded replacement where our Secret stands, and the old key retires",
    { ...live, pass: { pendingCommit: pendingCommitOf() } },
    "commit-secret",
    {
      replaces: { uid: "secret-1", resourceVersion: "20" },
      record: { keyId: "ak_2", previous: [{ keyId: "ak_1" }] },
    },
  ],
  [
    "has the Secret looked at after a commit without a clear answer, before it is lost or given up",
    {
      pass: {
        pendingCommit: pendingCommitOf({ state: { phase: "uncertain", created: true, problem: PROBLEM } }),
      },
    },
    "read-secret",
  ],
  [
    "has the kept tag verified once",
    {
      ...live,
      account: { tagsVerified: false },
      pass: { pendingCommit: pendingCommitOf({ state: WRITTEN }) },
    },
    "get-key",
    { keyId: "ak_2" },
  ],
  [
    "is recorded from our own answers, whatever the annotations say by now",
    {
      ...live,
      secretFields: {
        record: { ...RECORD, keyId: "ak_8", accountId: "acc_8", previous: [{ ...retiring, keyId: "ak_9" }] },
      },
      pass: { pendingCommit: pendingCommitOf({ state: WRITTEN }) },
    },
    "Committed",
    { status: { keyId: "ak_2", accountId: "acc_1", previous: [{ keyId: "ak_1" }] } },
  ],
  [
    "that found no place has its attempt recorded as abandoned before anything is revoked",
    homeless,
    "Abandon",
    { status: { abandoned: [{ id: ATTEMPT.id, listings: 0, undelivered: true }] } },
  ],
  ["that found no place gives its lock back with that", homeless, "Abandon", { status: without("attempt") }],
  [
    "that found no place leaves the lock of another attempt",
    { ...homeless, status: { ...pinned, attempt: { ...ATTEMPT, id: "attempt7" } } },
    "Abandon",
    { status: { attempt: { id: "attempt7" }, abandoned: [{ id: ATTEMPT.id }] } },
  ],
  [
    "that found no place has the Secret looked at before that is said",
    { ...homeless, secret: { state: "unread" } },
    "read-secret",
  ],
  [
    "whose record was removed is given up without another look at the Secret",
    {
      secret: { state: "unread" },
      status: pinned,
      pass: {
        pendingCommit: pendingCommitOf({
          state: { phase: "abandoning", before: WRITTEN, problem: PROBLEM, undelivered: false },
        }),
      },
    },
    "Abandon",
  ],
  [
    "that is written is recorded without another look at the Secret",
    {
      secret: { state: "unread" },
      status: { ...pinned, attempt: ATTEMPT },
      pass: { pendingCommit: pendingCommitOf({ state: WRITTEN }) },
    },
    "Committed",
  ],
  [
    "is not written over a Secret that only a cache shows",
    { ...live, secretFields: { read: "cached" }, pass: { pendingCommit: pendingCommitOf() } },
    "read-secret",
  ],
  [
    "waits for another pass after a failure that ended this one",
    said({ pass: { pendingCommit: pendingCommitOf(), failure: PROBLEM } }),
    "rest: RateLimited",
    { requeueAt: NOW + TIMING.retryAfterFailure },
  ],
  [
    "whose record was removed may be delivered may be delivered: its writer does not say that it is not",
    {
      status: pinned,
      pass: {
        pendingCommit: pendingCommitOf({
          state: { phase: "abandoning", before: WRITTEN, problem: PROBLEM, undelivered: false },
        }),
      },
    },
    "Abandon",
    { status: { abandoned: [without("undelivered")] } },
  ],
  [
    "that lost its lock to a deletion is looked at and revoked",
    {
      objectFields: DELETING,
      status: { ...pinned, attempt: ATTEMPT },
      pass: { pendingCommit: pendingCommitOf({ state: { phase: "revoking", before: UNWRITTEN } }) },
    },
    "get-key",
    { keyId: "ak_2" },
  ],
  [
    "that lost its lock takes back the Secret that it created",
    {
      ...live,
      secretFields: { record: { ...RECORD, attempt: ATTEMPT.id } },
      pass: {
        pendingCommit: pendingCommitOf({
          state: { phase: "taking-back", before: { phase: "written", lock: "unchecked", created: true } },
        }),
      },
    },
    "take-back-secret",
    { guard: { uid: SECRET.uid, resourceVersion: SECRET.resourceVersion }, keep: [] },
  ],
  [
    "that lost its lock looks at the Secret before it takes it back",
    {
      secret: { state: "unread" },
      pass: {
        pendingCommit: pendingCommitOf({
          state: { phase: "taking-back", before: { phase: "written", lock: "unchecked", created: true } },
        }),
      },
    },
    "read-secret",
  ],
  [
    "whose object is gone has the Secret looked at, and not taken back, before its end",
    {
      secret: SECRET,
      view: { object: { state: "gone" } },
      pass: { pendingCommit: pendingCommitOf({ state: UNWRITTEN }) },
    },
    "read-secret",
  ],
  [
    "whose object is gone is left after a failure that ended the pass",
    {
      view: { object: { state: "gone" } },
      pass: { pendingCommit: pendingCommitOf({ state: UNWRITTEN }), failure: PROBLEM },
    },
    "rest: silent",
  ],
  [
    "whose object is gone is revoked",
    {
      view: { object: { state: "gone" } },
      pass: {
        pendingCommit: pendingCommitOf({ state: { phase: "revoking", before: UNWRITTEN } }),
        remote: { ak_2: keyNamed("ak_2", ATTEMPT.id) },
      },
    },
    "revoke-key",
    { keyId: "ak_2", reason: "CommitLost" },
  ],
]);

describe("looking before losing", () => {
  const uncertain = pendingCommitOf({ state: { phase: "uncertain", created: true } });
  const ours = { ...RECORD, attempt: ATTEMPT.id, keyId: "ak_2" };
  it.each([
    [
      "our attempt with our value is committed",
      { record: ours, fingerprint: "fp:value-0002" },
      "written",
      false,
    ],
    [
      "our attempt with another value is a forgery",
      { record: ours, fingerprint: "fp:junk" },
      "unwritten",
      true,
    ],
    [
      "our attempt with another key is a forgery",
      { record: { ...ours, keyId: "ak_8" }, fingerprint: "fp:value-0002" },
      "unwritten",
      true,
    ],
    ["a Secret of somebody else is never written", { owner: "other", record: undefined }, "unwritten", true],
    ["a Secret of nobody is never written", { owner: "none", record: undefined }, "unwritten", true],
    ["an earlier commit of ours may be replaced", {}, "unwritten", false],
  ] as const)("%s", (_name, secretFields, phase, isGivenUp) => {
    const view = buildView({
      ...live,
      status: { ...STATUS, attempt: ATTEMPT },
      pass: { pendingCommit: uncertain },
    });
    const observed = { secret: { ...SECRET, ...secretFields } };
    const next = applyResult(view, { kind: "read-secret" }, { outcome: "done", observed }, NOW);
    const created = phase === "written" ? { created: true } : {};
    expect(next.pass.pendingCommit?.state).toMatchObject({ phase, lock: "unchecked", ...created });
    const state = next.pass.pendingCommit?.state;
    const problem = state?.phase === "unwritten" ? state.problem?.reason : undefined;
    expect(problem).toBe(isGivenUp ? "SecretConflict" : undefined);
  });
});
