import { describe, expect, it } from "vitest";
import { isSettled, takeoverTime, type AbandonedAttempt, type Attempt } from "../attempt.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import { withTag } from "../tag.ts";
import { applyResult } from "./apply-result.ts";
import { plan } from "./plan.ts";
import {
  ABSENT,
  DELETING,
  FINALIZED,
  OLD,
  PROBLEM,
  notSaying,
  pinned,
  said,
  saying,
  table,
} from "./testing/plan-table.ts";
import {
  buildView,
  FRESH,
  keyNamed,
  NOW,
  OWNER,
  RECORD,
  SECRET,
  STATUS,
  type ViewChanges,
} from "./testing/view-builder.ts";
import type { Claims } from "./view/pass.ts";
import type { SecretView } from "./view/secret.ts";

const HAND = "ak_hand";
const TEXT = "Checkout, by Ada";
const GONE = "f".repeat(16);
const { settleTime, attemptLifetime, retryAfterFailure } = DEFAULT_TIMING;

const key = { ...keyNamed(HAND, "unused22"), description: TEXT };
const tagOf = (owner: string, revision = 0, installation = "0123456789"): string =>
  withTag(TEXT, { installation, owner, revision, attempt: "adopting" });
const tagged = { ...key, description: tagOf(OWNER) };
const inherited = { ...key, description: tagOf(GONE, 3) };
const free: Claims = { keyId: HAND, asked: [], living: [], complete: true, recorded: false };

/** A Secret that somebody wrote by hand, with the key's value. */
const byHand: SecretView = {
  ...SECRET,
  owner: "none",
  record: undefined,
  mode: "live",
  shape: "different",
};
/** What a backup has put back: the Secret of an ApiKey that is gone. */
const restored: SecretView = {
  ...byHand,
  owner: "other",
  ownedBy: GONE,
  record: { ...RECORD, keyId: HAND },
};

const wants: ViewChanges = {
  desired: { adopt: HAND },
  account: { adoptKeyIds: [HAND] },
  objectFields: FINALIZED,
};
const looked = (remote = key, claims: Claims = free): NonNullable<ViewChanges["pass"]> => ({
  remote: { [HAND]: remote },
  claims,
});

const attempt: Attempt = {
  id: "adopting",
  op: "adopt",
  keyId: HAND,
  revision: 1,
  startedAt: NOW - 1_000,
  reason: "Adopted",
  description: TEXT,
};
const begun: ViewChanges = { ...wants, status: { ...pinned, attempt } };
const settling: ViewChanges = {
  ...wants,
  status: { ...pinned, attempt: { ...attempt, taggedAt: NOW - settleTime } },
};
const settled = { remote: { [HAND]: tagged }, preflight: "passed" as const };

table("a key that spec.adopt names", [
  ["is looked at after the Secret", { ...wants, secret: { state: "unread" } }, "read-secret"],
  ["is asked for by its ID", wants, "get-key", { keyId: HAND }],
  [
    "is looked for in the records of others",
    { ...wants, pass: { remote: { [HAND]: key } } },
    "find-claims",
    { keyId: HAND, owners: [] },
  ],
  [
    "has the owner in its tag looked for, and the Secret's",
    { ...wants, secret: restored, pass: { remote: { [HAND]: inherited } } },
    "find-claims",
    { owners: [GONE, GONE] },
  ],
  [
    "has a place reserved, as one that is made",
    { ...wants, pass: { ...looked(), allowance: undefined } },
    "reserve-key",
    { reason: "Adopted", op: "create" },
  ],
  [
    "is looked at after a Secret that only a cache shows",
    { ...wants, secret: { ...byHand, read: "cached" } },
    "read-secret",
  ],
  [
    "is looked at after a Secret that is missing only in a cache",
    { ...wants, secret: { state: "absent", read: "cached" } },
    "read-secret",
  ],
  [
    "is not adopted where another key is delivered, and only its Secret is lost",
    {
      ...wants,
      status: STATUS,
      secret: ABSENT,
      pass: { ...looked(), preflight: "passed" },
    },
    "WriteAhead",
    { status: { attempt: { op: "create", reason: "SecretLost" } } },
  ],
  [
    "is adopted although the Secret holds the commit of an attempt that was given up",
    {
      ...wants,
      status: { ...pinned, abandoned: [{ ...OLD, listings: 2 }] },
      secret: { ...SECRET, record: { ...RECORD, attempt: OLD.id }, mode: "live", hint: "9999" },
      pass: { ...looked(), preflight: "passed" },
    },
    "WriteAhead",
    { status: { attempt: { op: "adopt", keyId: HAND } } },
  ],
  [
    "is not adopted where the Secret holds the commit of another attempt than that",
    {
      ...wants,
      status: { ...pinned, abandoned: [{ ...OLD, listings: 2 }] },
      secret: { ...SECRET, hint: "9999" },
      pass: { remote: { ak_1: "absent" } },
    },
    "preflight-secret",
  ],
  ["waits for the finalizer", { ...wants, objectFields: {}, pass: looked() }, "add-finalizer"],
  ["waits for a dry run of the Secret", { ...wants, pass: looked() }, "preflight-secret"],
  [
    "is not taken where a policy would alter the Secret",
    { ...wants, pass: { ...looked(), preflight: "passed", shapeProblem: PROBLEM } },
    "Report",
  ],
  ["is not taken where the dry run fails", { ...wants, pass: { ...looked(), preflight: PROBLEM } }, "Report"],
  [
    "is written ahead, with its description",
    { ...wants, pass: { ...looked(), preflight: "passed" } },
    "WriteAhead",
    {
      status: { attempt: { id: FRESH, op: "adopt", keyId: HAND, description: TEXT, reason: "Adopted" } },
      verdict: { message: saying(`to adopt key ${HAND}`), progress: "reconciling" },
    },
  ],
  [
    "begins another pass where this one has used up its attempt",
    { ...wants, pass: { ...looked(), preflight: "passed", ownAttempt: FRESH } },
    "rest: silent",
    { requeueAt: NOW },
  ],
  [
    "is written ahead without a tag of our own that a lost record has left",
    { ...wants, pass: { ...looked(tagged), preflight: "passed" } },
    "WriteAhead",
    { status: { attempt: { description: TEXT } } },
  ],
  [
    "is no other's where it carries our own tag, whatever namespaces can be seen",
    { ...wants, pass: { ...looked(tagged, { ...free, complete: false }), preflight: "passed" } },
    "WriteAhead",
  ],
]);

const report = (changes: ViewChanges): string => {
  const step = plan(buildView(said(changes)()));
  return step.kind === "rest" ? `${step.verdict?.reason}: ${step.verdict?.message}` : step.kind;
};

describe("an adoption is refused", () => {
  const refusals: readonly (readonly [name: string, changes: ViewChanges, said: RegExp])[] = [
    [
      "without a look at the key where no adoptKeyIds lists it",
      { ...wants, account: { adoptKeyIds: ["ak_1"] } },
      /^AdoptionNotAllowed: .*ak_hand/,
    ],
    ["where the account lists no keys at all", { ...wants, account: {} }, /^AdoptionNotAllowed/],
    [
      "of a key whose owner is gone, where the Secret has no record",
      {
        ...wants,
        secret: { ...restored, record: undefined },
        pass: looked(inherited, { ...free, asked: [GONE] }),
      },
      /does not hold its value with its record/,
    ],
    [
      "where the Secret is another ApiKey's, and does not say which",
      { ...wants, secret: { ...restored, ownedBy: undefined }, pass: looked() },
      /^SecretConflict: .*another ApiKey's/,
    ],
    ["while the ApiKey is suspended", { ...wants, desired: { adopt: HAND, suspend: true } }, /^Suspended/],
    [
      "while the account mints nothing",
      { ...wants, account: { adoptKeyIds: [HAND], mintProblem: PROBLEM } },
      /^RateLimited/,
    ],
    [
      "where there is no room for another key",
      {
        ...wants,
        pass: {
          ...looked(),
          allowance: { until: NOW + 1, problem: { ...PROBLEM, reason: "KeyLimitReached" } },
        },
      },
      /^KeyLimitReached/,
    ],
    ["of a key that is not there", { ...wants, pass: { remote: { [HAND]: "absent" } } }, /no such key/],
    [
      "of a key whose description no status could keep",
      { ...wants, pass: looked({ ...key, description: "x".repeat(1_025) }) },
      /its description is longer than 1024 characters: shorten it/,
    ],
    ["of a revoked key", { ...wants, pass: looked({ ...key, status: "revoked" }) }, /it is revoked/],
    [
      "of a key of the other mode",
      { ...wants, pass: looked({ ...key, mode: "test" }) },
      /spec\.mode is live/,
    ],
    [
      "of a key that another ApiKey records",
      { ...wants, pass: looked(key, { ...free, recorded: true }) },
      /another ApiKey records it/,
    ],
    [
      "of a key of another installation",
      { ...wants, pass: looked({ ...key, description: tagOf(GONE, 1, "ffffffffff") }) },
      /--previous-installations ffffffffff/,
    ],
    [
      "of a key whose owner lives",
      { ...wants, secret: restored, pass: looked(inherited, { ...free, asked: [GONE], living: [GONE] }) },
      /it is another ApiKey's/,
    ],
    [
      "of a key whose owner cannot be looked for everywhere",
      { ...wants, secret: restored, pass: looked(inherited, { ...free, asked: [GONE], complete: false }) },
      /does not see all namespaces/,
    ],
    [
      "of a key whose owner is gone, without its Secret",
      { ...wants, pass: looked(inherited, { ...free, asked: [GONE] }) },
      /does not hold its value with its record/,
    ],
    [
      "of a key whose owner is gone, where the Secret's record names another key",
      {
        ...wants,
        secret: { ...restored, record: RECORD },
        pass: looked(inherited, { ...free, asked: [GONE] }),
      },
      /does not hold its value with its record/,
    ],
    [
      "of a key whose owner is gone, where the value is another than was recorded",
      {
        ...wants,
        secret: { ...restored, fingerprint: "fp:value-9001" },
        pass: looked(inherited, { ...free, asked: [GONE] }),
      },
      /does not hold its value with its record/,
    ],
    [
      "where the Secret's value ends otherwise",
      { ...wants, secret: { ...byHand, hint: "9999" }, pass: looked() },
      /^SecretConflict: .*does not hold the value of key ak_hand/,
    ],
    [
      "where the Secret's value is of the other mode",
      { ...wants, secret: { ...byHand, mode: "test" }, pass: looked() },
      /^SecretConflict/,
    ],
    [
      "where the Secret is another ApiKey's",
      { ...wants, secret: restored, pass: looked(key, { ...free, asked: [GONE], living: [GONE] }) },
      /^SecretConflict: .*another ApiKey's/,
    ],
    [
      "where an entry of others has the name of one that would be written",
      { ...wants, secret: { ...byHand, foreign: [".env"], taken: ".env" }, pass: looked() },
      /^SecretEntryConflict: entry \.env/,
    ],
    [
      "where the Secret is immutable",
      { ...wants, secret: { ...byHand, immutable: true }, pass: looked() },
      /^SecretConflict: .*immutable/,
    ],
  ];
  it.each(refusals)("%s", (_name, changes, message) => {
    expect(report(changes)).toMatch(message);
  });

  it.each([
    ["the account lists it", { ...wants, account: {} }],
    ["another key is named", { ...wants, pass: { remote: { [HAND]: "absent" } } }],
    ["the Secret is replaced", { ...wants, secret: { ...byHand, immutable: true }, pass: looked() }],
  ] satisfies (readonly [string, ViewChanges])[])("until %s: waiting does not help", (_what, changes) => {
    expect(plan(buildView(said(changes)()))).toMatchObject({ verdict: { progress: "stalled" } });
  });
});

table("an adoption that is written ahead", [
  ["looks at the key again", { ...begun, pass: { ownAttempt: attempt.id } }, "get-key"],
  [
    "tags the very description that is on record",
    { ...begun, pass: { ownAttempt: attempt.id, remote: { [HAND]: key } } },
    "tag-key",
    { keyId: HAND, description: tagged.description },
  ],
  [
    "starts over where somebody has changed it meanwhile",
    { ...begun, pass: { ownAttempt: attempt.id, remote: { [HAND]: { ...key, description: "other" } } } },
    "ClearAttempt",
  ],
  [
    "starts over where the key is gone",
    { ...begun, pass: { ownAttempt: attempt.id, remote: { [HAND]: "absent" } } },
    "ClearAttempt",
  ],
  [
    "puts on record when the tag was put on",
    { ...begun, pass: { ownAttempt: attempt.id, tagged: attempt.id, remote: { [HAND]: tagged } } },
    "Tagged",
    { status: { attempt: { taggedAt: NOW } } },
  ],
  [
    "says under --read-only what it is for only before it begins",
    {
      ...begun,
      view: { readOnly: true },
      pass: { ownAttempt: attempt.id, tagged: attempt.id, remote: { [HAND]: tagged } },
    },
    "rest: ReadOnly",
    { verdict: { message: saying("would be write-status$") } },
  ],
  [
    "is given up where the key did not keep the tag",
    { ...begun, pass: { ownAttempt: attempt.id, tagged: attempt.id, remote: { [HAND]: key } } },
    "Abandon",
  ],
  [
    "is given up where the tag was refused: something on the way may have repeated a request that took effect",
    {
      ...begun,
      pass: { ownAttempt: attempt.id, mint: { attempt: attempt.id, outcome: "rejected", problem: PROBLEM } },
    },
    "Abandon",
  ],
  [
    "is cleared where the tag was not sent",
    {
      ...begun,
      pass: {
        ownAttempt: attempt.id,
        mint: { attempt: attempt.id, outcome: "rejected", unsent: true, problem: PROBLEM },
      },
    },
    "ClearAttempt",
  ],
  [
    "is given up where nobody knows whether the tag was put on",
    {
      ...begun,
      pass: { ownAttempt: attempt.id, mint: { attempt: attempt.id, outcome: "unknown", problem: PROBLEM } },
    },
    "Abandon",
    {
      status: { abandoned: [{ ...attempt, listings: 0 }] },
      verdict: { reason: "AdoptionUndone", message: saying("\\(slower\\)"), progress: "reconciling" },
    },
  ],
  [
    "is left to its writer by another pass",
    said({ ...begun, pass: { remote: { [HAND]: tagged } } }),
    "rest: AttemptPending",
  ],
]);

table("an adoption whose tag is on", [
  [
    "waits for the settle time",
    said({ ...settling, status: { ...pinned, attempt: { ...attempt, taggedAt: NOW - settleTime + 1 } } }),
    "rest: Adopting",
    { requeueAt: NOW + 1 },
  ],
  ["asks then whether it still stands", settling, "get-key"],
  [
    "is given up where it does not",
    { ...settling, pass: { ...settled, remote: { [HAND]: { ...key, description: tagOf(GONE) } } } },
    "Abandon",
  ],
  [
    "keeps the value that the Secret holds",
    { ...settling, secret: byHand, pass: settled },
    "rewrite-secret",
    {
      why: "Adopted",
      guard: { uid: SECRET.uid, resourceVersion: SECRET.resourceVersion },
      record: {
        keyId: HAND,
        attempt: attempt.id,
        fingerprint: SECRET.fingerprint,
        revision: 1,
        obeyedAdopt: HAND,
        committedAt: NOW,
      },
    },
  ],
  [
    "needs no allowance for a value that is kept",
    { ...settling, secret: byHand, pass: { ...settled, allowance: undefined } },
    "rewrite-secret",
  ],
  [
    "looks at the Secret itself before it keeps the value",
    { ...settling, secret: { ...byHand, read: "cached" }, pass: settled },
    "read-secret",
  ],
  [
    "has the Secret's write tried dry first",
    { ...settling, secret: byHand, pass: { remote: settled.remote } },
    "preflight-secret",
  ],
  [
    "waits where the dry run fails",
    said({ ...settling, secret: byHand, pass: { ...settled, preflight: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "waits where no key may be rolled now",
    said({ ...settling, pass: { ...settled, allowance: { until: NOW + 1, problem: PROBLEM } } }),
    "rest: RateLimited",
    { requeueAt: NOW + retryAfterFailure },
  ],
  [
    "asks who has a claim on a Secret that is another's by now",
    { ...settling, secret: restored, pass: settled },
    "find-claims",
    { keyId: HAND, owners: [GONE] },
  ],
  [
    "is given up where the key is revoked by now",
    { ...settling, pass: { ...settled, remote: { [HAND]: { ...tagged, status: "revoked" } } } },
    "Abandon",
  ],
  [
    "looks at the lock again after the Secret",
    { ...settling, secret: byHand, objectFields: { ...FINALIZED, read: "cached" }, pass: settled },
    "read-object",
  ],
  [
    "has a place reserved before a roll",
    { ...settling, pass: { ...settled, allowance: undefined } },
    "reserve-key",
    { reason: "Adopted", op: "roll" },
  ],
  [
    "is written ahead once more before a roll",
    { ...settling, pass: settled },
    "WriteAhead",
    {
      status: { attempt: { id: attempt.id, op: "roll", startedAt: NOW, description: TEXT } },
      verdict: { message: saying(`to roll key ${HAND}`) },
    },
  ],
  [
    "is rolled into a Secret of its own that holds the commit of an attempt which was given up",
    {
      ...settling,
      status: {
        ...pinned,
        attempt: { ...attempt, taggedAt: NOW - settleTime },
        abandoned: [{ ...OLD, listings: 2 }],
      },
      secret: { ...SECRET, record: { ...RECORD, attempt: OLD.id }, mode: "live", hint: "9999" },
      pass: settled,
    },
    "WriteAhead",
    { status: { attempt: { op: "roll", keyId: HAND } } },
  ],
  [
    "is given up where the Secret holds another value by now",
    { ...settling, secret: { ...byHand, hint: "9999" }, pass: settled },
    "Abandon",
  ],
  ["is given up where spec.adopt is taken back", { ...settling, desired: {}, pass: settled }, "Abandon"],
  [
    "waits while the account mints nothing",
    said({ ...settling, account: { adoptKeyIds: [HAND], mintProblem: PROBLEM }, pass: settled }),
    "rest: RateLimited",
    { requeueAt: NOW + retryAfterFailure },
  ],
  [
    "waits no longer than its time",
    said({
      ...settling,
      status: {
        ...pinned,
        attempt: { ...attempt, taggedAt: NOW - settleTime - attemptLifetime + 1 },
      },
      account: { adoptKeyIds: [HAND], mintProblem: PROBLEM },
      pass: settled,
    }),
    "rest: RateLimited",
    { requeueAt: NOW + 1 },
  ],
  [
    "is given up when it has waited for too long",
    {
      ...settling,
      status: {
        ...pinned,
        attempt: { ...attempt, taggedAt: NOW - settleTime - attemptLifetime },
      },
    },
    "Abandon",
  ],
  ["is given up at once where the ApiKey is deleted", { ...settling, objectFields: DELETING }, "Abandon"],
]);

const rolling: ViewChanges = {
  ...wants,
  status: { ...pinned, attempt: { ...attempt, op: "roll" } },
};

table("the roll with which an adoption ends", [
  ["looks at the key before", { ...rolling, pass: { ownAttempt: attempt.id } }, "get-key"],
  ["is asked for", { ...rolling, pass: { ownAttempt: attempt.id, ...settled } }, "roll", { keyId: HAND }],
  [
    "looks at the Secret before, if it was not seen since",
    { ...rolling, secret: { state: "unread" }, pass: { ownAttempt: attempt.id, ...settled } },
    "read-secret",
  ],
  [
    "is given up where somebody else's Secret stands there by now: its value would be overwritten",
    {
      ...rolling,
      secret: { ...byHand, fingerprint: "fp:other", hint: "zzzz" },
      pass: { ownAttempt: attempt.id, ...settled },
    },
    "Abandon",
    { verdict: { message: saying("does not hold the value of key") } },
  ],
  [
    "is given up where the Secret holds the key's value by now: it is kept",
    { ...rolling, secret: byHand, pass: { ownAttempt: attempt.id, ...settled } },
    "Abandon",
    { verdict: { message: saying("is not rolled") } },
  ],
  [
    "is not asked for where the tag is gone",
    { ...rolling, pass: { ownAttempt: attempt.id, remote: { [HAND]: key } } },
    "Abandon",
  ],
  [
    "leaves its tag, so that it is given up also where it was refused",
    {
      ...rolling,
      pass: { ownAttempt: attempt.id, mint: { attempt: attempt.id, outcome: "rejected", problem: PROBLEM } },
    },
    "Abandon",
  ],
]);

const abandonedAttempt: AbandonedAttempt = { ...attempt, abandonedAt: NOW - settleTime, listings: 0 };
const givenUp = (changes: Partial<AbandonedAttempt> = {}): ViewChanges => ({
  ...wants,
  status: { ...pinned, abandoned: [{ ...abandonedAttempt, ...changes }] },
});

table("an adoption that was given up", [
  [
    "fences its writer off from a Secret that is not ours yet",
    { ...givenUp(), secret: byHand },
    "touch-secret",
  ],
  [
    "is accepted where it was committed after all",
    {
      ...givenUp(),
      secret: {
        ...byHand,
        owner: "this",
        record: { ...RECORD, keyId: HAND, attempt: attempt.id },
        touchedFor: attempt.id,
      },
      pass: { remote: { [HAND]: tagged } },
    },
    "Rebuilt",
    { status: { keyId: HAND, abandoned: [] } },
  ],
  [
    "is not accepted from a Secret that is not ours: its annotations may be forged",
    {
      ...givenUp(),
      secret: {
        ...byHand,
        record: { ...RECORD, keyId: HAND, attempt: attempt.id },
        touchedFor: attempt.id,
      },
      pass: { remote: { [HAND]: tagged } },
    },
    "describe-key",
    { why: "Undone" },
  ],
  [
    "is not undone before its tag can no longer be put on",
    said({ ...givenUp({ abandonedAt: NOW - settleTime + 1 }) }),
    "rest: AdoptionUndone",
    { requeueAt: NOW + 1, verdict: { message: notSaying("(") } },
  ],
  [
    "has the key's description put back",
    { ...givenUp(), pass: { remote: { [HAND]: tagged } } },
    "describe-key",
    { why: "Undone", keyId: HAND, description: TEXT },
  ],
  [
    "leaves the tag of somebody else alone",
    { ...givenUp(), pass: { remote: { [HAND]: { ...key, description: tagOf(GONE) } } } },
    "Undone",
    { status: { abandoned: [{ listings: 1 }] } },
  ],
  ["has the key looked at before it is undone", givenUp(), "get-key", { keyId: HAND }],
  [
    "leaves other attempts on record as they are",
    {
      ...givenUp(),
      status: { ...pinned, abandoned: [{ ...OLD, listings: 2 }, abandonedAttempt] },
      pass: { remote: { [HAND]: key } },
    },
    "Undone",
    {
      status: {
        abandoned: [
          { id: OLD.id, listings: 2 },
          { id: attempt.id, listings: 1 },
        ],
      },
    },
  ],
  [
    "has its own key's tag taken off, and no other adoption's",
    {
      ...wants,
      desired: {},
      status: {
        ...pinned,
        abandoned: [
          { ...abandonedAttempt, id: "another2", keyId: "ak_8", listings: 1 },
          { ...abandonedAttempt, listings: 1 },
        ],
      },
      view: { findings: { doubts: [], leftovers: [HAND], orphans: [] } },
      pass: { remote: { [HAND]: tagged } },
    },
    "describe-key",
    { why: "Undone", keyId: HAND },
  ],
  [
    "leaves the tag on a key that a status names by now: it is in use",
    said({
      desired: { adopt: HAND },
      objectFields: FINALIZED,
      status: { ...STATUS, keyId: HAND, abandoned: [{ ...abandonedAttempt, listings: 1 }] },
      secret: { ...SECRET, record: { ...RECORD, keyId: HAND } },
      view: { findings: { doubts: [], leftovers: [HAND], orphans: [] } },
      pass: { remote: { [HAND]: tagged } },
    }),
    "rest: KeyDelivered",
  ],
  [
    "has its tag taken off before its ApiKey is given up by annotation",
    {
      ...givenUp(),
      objectFields: { ...DELETING, abandon: true },
      pass: { remote: { [HAND]: tagged } },
    },
    "describe-key",
    { why: "Undone" },
  ],
  [
    "has a tag taken off that came later than anybody looked",
    {
      ...givenUp({ listings: 1 }),
      desired: {},
      view: { findings: { doubts: [], leftovers: [HAND], orphans: [HAND] } },
      pass: { remote: { [HAND]: tagged } },
    },
    "describe-key",
    { why: "Undone" },
  ],
]);

table("a key that was adopted", [
  [
    "is rebuilt into a status from its Secret",
    {
      ...wants,
      secret: { ...byHand, owner: "this", record: { ...RECORD, keyId: HAND, attempt: attempt.id } },
      pass: { remote: { [HAND]: tagged } },
    },
    "Rebuilt",
    { status: { keyId: HAND, revision: RECORD.revision } },
  ],
  [
    "is rebuilt from its Secret when its tag has settled, and the writer was cut off",
    {
      ...settling,
      secret: { ...byHand, owner: "this", record: { ...RECORD, keyId: HAND, attempt: attempt.id } },
      pass: { remote: { [HAND]: tagged } },
    },
    "Rebuilt",
    { status: { keyId: HAND, keyAttempt: attempt.id } },
  ],
  [
    "is not taken from a Secret before its tag was put on: the annotations may be forged",
    said({
      ...begun,
      secret: { ...byHand, owner: "this", record: { ...RECORD, keyId: HAND, attempt: attempt.id } },
      pass: { remote: { [HAND]: tagged } },
    }),
    "rest: AttemptPending",
  ],
  [
    "is not rebuilt around a value that is not its own: its tag does not prove that we made it",
    {
      ...wants,
      secret: {
        ...byHand,
        owner: "this",
        record: { ...RECORD, keyId: HAND, attempt: attempt.id },
        hint: "9999",
      },
      pass: { remote: { [HAND]: tagged } },
    },
    "preflight-secret",
  ],
  [
    "is not taken from a Secret that somebody has written while its tag settles",
    {
      ...settling,
      status: { ...pinned, attempt: { ...attempt, taggedAt: NOW - 1 } },
      secret: { ...byHand, owner: "this", record: { ...RECORD, keyId: HAND, attempt: attempt.id } },
      pass: { remote: { [HAND]: tagged } },
    },
    "Report",
  ],
  [
    "is not adopted again where a status was lost and the Secret holds a later key",
    {
      ...wants,
      secret: { ...SECRET, record: { ...RECORD, obeyedAdopt: HAND }, hint: "9999" },
      pass: { remote: { ak_1: "absent" } },
    },
    "preflight-secret",
  ],
  [
    "is not revoked by its tag alone, whatever else is lost",
    {
      ...wants,
      objectFields: DELETING,
      secret: ABSENT,
      pass: { remote: { [HAND]: tagged }, listing: { startedAt: NOW, keys: [tagged] } },
    },
    "remove-finalizer",
  ],
  [
    "is revoked with its ApiKey once a status names it",
    {
      status: { ...STATUS, keyId: HAND },
      secret: { ...SECRET, record: { ...RECORD, keyId: HAND } },
      objectFields: DELETING,
      account: { sweeps: [NOW - 60_000] },
      pass: { remote: { [HAND]: tagged } },
    },
    "revoke-key",
  ],
  [
    "loses an adoption's tag before its ApiKey is given up by annotation",
    {
      ...settling,
      status: { ...pinned, attempt: { ...attempt, taggedAt: NOW } },
      objectFields: { ...DELETING, abandon: true },
      pass: { remote: { [HAND]: tagged } },
    },
    "describe-key",
    { why: "Undone" },
  ],
  [
    "whose owner is gone is taken over with the value that fits its record",
    {
      ...wants,
      secret: restored,
      pass: { ...looked(inherited, { ...free, asked: [GONE] }), preflight: "passed" },
    },
    "WriteAhead",
    { status: { attempt: { description: inherited.description } } },
  ],
]);

describe("an adoption", () => {
  it("says under --read-only what it would do", () => {
    const view = buildView({
      ...wants,
      view: { readOnly: true },
      pass: { ...looked(), preflight: "passed" },
    });
    const step = plan(view);
    if (step.kind !== "rest") throw new Error(step.kind);
    expect(step.verdict?.reason).toBe("ReadOnly");
    expect(step.verdict?.message).toContain("to adopt key ak_hand");
  });

  it.each(["WriteAhead", "Tagged"] as const)("looks at the key anew after the status write %s", (why) => {
    const view = buildView({ ...begun, pass: { ownAttempt: attempt.id, remote: { [HAND]: key } } });
    const verdict = { ready: false, reason: "Adopting", message: "", progress: "reconciling" } as const;
    const step = { kind: "write-status", why, status: { ...pinned, attempt }, verdict } as const;
    const after = applyResult(view, step, { outcome: "done", observed: {} }, NOW);
    expect(after.pass.remote).toEqual({});
  });

  it("looks at the lock after the Secret, so that a recovery can fence it off", () => {
    const view = buildView({ ...settling, pass: settled });
    const result = { outcome: "done", observed: { secret: byHand } } as const;
    const after = applyResult(view, { kind: "read-secret" }, result, NOW);
    expect(plan(after).kind).toBe("read-object");
  });

  it("that is cut off lives for the settle time and an attempt's lifetime after its tag", () => {
    const taggedAt = NOW;
    expect(takeoverTime({ ...attempt, taggedAt }, DEFAULT_TIMING)).toBe(NOW + settleTime + attemptLifetime);
    expect(takeoverTime(attempt, DEFAULT_TIMING)).toBe(attempt.startedAt + attemptLifetime);
  });

  it("is settled by one look at its key, and not by time", () => {
    expect(isSettled(abandonedAttempt, NOW + 1e9, DEFAULT_TIMING)).toBe(false);
    expect(isSettled({ ...abandonedAttempt, listings: 1 }, NOW, DEFAULT_TIMING)).toBe(true);
  });

  it("cuts a long description so that the tag fits, and remembers all of it", () => {
    const description = `${"ü".repeat(120)} by Ada`;
    const view = { ...begun, status: { ...pinned, attempt: { ...attempt, description } } };
    const step = plan(
      buildView({ ...view, pass: { ownAttempt: attempt.id, remote: { [HAND]: { ...key, description } } } }),
    );
    if (step.kind !== "tag-key") throw new Error(step.kind);
    expect(Buffer.byteLength(step.description)).toBeLessThanOrEqual(255);
    expect(step.attempt.description).toBe(description);
  });
});
