import { describe, expect, it } from "vitest";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { plan } from "./plan.ts";
import { isEffect } from "./step.ts";
import {
  ABSENT,
  FINALIZED,
  PROBLEM,
  abandoned,
  due,
  gone,
  listing,
  live,
  notSaying,
  ownAttempt,
  retiring,
  said,
  saying,
  table,
  wiped,
  zero,
} from "./testing/plan-table.ts";
import { buildView, KEY, NOW, RECORD, type ViewChanges } from "./testing/view-builder.ts";
import type { Problem } from "./view/problem.ts";

const REFUSED: Problem = { reason: "TestKeyExists", message: "refused before", transient: false };

table("what keeps a key from being minted", [
  [
    "a first key that could be left active, where the account does not allow that",
    said({ secret: ABSENT, deletion: { policy: "Retain" }, account: { mayRetain: false } }),
    "rest: RetainNotAllowed",
    { verdict: { ready: false } },
  ],
  [
    "but a key in use is replaced all the same",
    {
      ...live,
      secret: ABSENT,
      deletion: { policy: "Retain" },
      account: { mayRetain: false },
      pass: { allowance: undefined },
    },
    "reserve-key",
    { reason: "SecretLost" },
  ],
  [
    "whether a key may be minted is asked before anything is changed for it",
    { secret: ABSENT, pass: { allowance: undefined } },
    "reserve-key",
    { reason: "Declared", op: "create" },
  ],
  [
    "a roll is asked for as one",
    { ...live, desired: { mode: "test" }, secret: ABSENT, pass: { allowance: undefined } },
    "reserve-key",
    { reason: "SecretLost", op: "roll" },
  ],
  [
    "a refusal ends the pass until it may be lifted",
    said({ secret: ABSENT, pass: { allowance: { until: NOW + 5, problem: REFUSED } } }),
    "rest: TestKeyExists",
    { requeueAt: NOW + 5 },
  ],
  [
    "a key that is under way is not asked about again",
    { ...live, secret: ABSENT, pass: { allowance: undefined, ownAttempt: "attempt3" } },
    "preflight-secret",
  ],
  [
    "a refused request ends the pass of its own attempt",
    said({
      ...live,
      secret: ABSENT,
      pass: { ownAttempt: "attempt3", allowance: { until: NOW + 5, problem: REFUSED } },
    }),
    "rest: TestKeyExists",
  ],
  [
    "another installation's status is left alone, down to its conditions",
    { ...live, statusFields: { installation: "ffffffffff" }, secret: ABSENT },
    "rest: ManagedByAnother",
    { requeueAt: undefined, verdict: { progress: "stalled" } },
  ],
  [
    "another account changes nothing",
    said({ ...live, secret: ABSENT, account: { usable: { accountId: "acc_2" } } }),
    "rest: AccountChanged",
    { verdict: { progress: "stalled" } },
  ],
  [
    "another account is seen by the Secret where the status was lost",
    said({ ...live, status: wiped, account: { usable: { accountId: "acc_2" } } }),
    "rest: AccountChanged",
  ],
  [
    "another account stops a deletion too",
    said({ ...gone, account: { usable: { accountId: "acc_2" } } }),
    "rest: AccountChanged",
  ],
  [
    "suspend mints nothing",
    said({ ...live, secret: ABSENT, desired: { suspend: true } }),
    "rest: Suspended",
    { verdict: { progress: "stalled" } },
  ],
  [
    "suspend goes on retiring",
    { ...due, desired: { suspend: true }, pass: { remote: { ak_1: KEY, ak_0: zero } } },
    "revoke-key",
  ],
  [
    "a namespace that goes gets nothing",
    said({ objectFields: { namespaceTerminating: true } }),
    "rest: Deleting",
    { verdict: { progress: "stalled" } },
  ],
  ["an account that mints no more", said({ account: { mintProblem: PROBLEM } }), "rest: RateLimited"],
  [
    "a failure ends the pass, and is looked at again after its pause",
    said({ ...live, secret: ABSENT, pass: { ...ownAttempt, failure: PROBLEM } }),
    "rest: RateLimited",
    { requeueAt: NOW + TIMING.retryAfterFailure },
  ],
  [
    "a foreign Secret is a conflict",
    said({ ...live, status: wiped, secretFields: { owner: "none", record: undefined } }),
    "rest: SecretConflict",
    { verdict: { progress: "stalled", message: notSaying("spec.adopt") } },
  ],
  [
    "a Secret of another ApiKey is a conflict",
    said({ ...live, status: wiped, secretFields: { owner: "other" } }),
    "rest: SecretConflict",
    { verdict: { message: saying("spec.adopt with keyId ak_1 takes it over") } },
  ],
  [
    "a key ID in such a Secret is cut in the message: it may be forged",
    said({
      ...live,
      status: wiped,
      secretFields: { owner: "other", record: { ...RECORD, keyId: "k".repeat(65) } },
    }),
    "rest: SecretConflict",
    { verdict: { message: saying(`keyId ${"k".repeat(64)} takes`) } },
  ],
  [
    "a Secret of another ApiKey without a record names no way back",
    said({ ...live, status: wiped, secretFields: { owner: "other", record: undefined } }),
    "rest: SecretConflict",
    { verdict: { message: notSaying("spec.adopt") } },
  ],
  [
    "an ApiKey that was first keeps the Secret's name",
    said({ view: { secretClaimedBy: "first" } }),
    "rest: SecretConflict",
    { verdict: { progress: "stalled" } },
  ],
  [
    "an immutable Secret takes no value",
    said({ ...live, secretFields: { immutable: true, fingerprint: "fp:x" } }),
    "rest: SecretImmutable",
    { verdict: { progress: "stalled" } },
  ],
  [
    "a refused dry run mints nothing",
    said({ objectFields: FINALIZED, pass: { preflight: { ...PROBLEM, reason: "SecretRejected" } } }),
    "rest: SecretRejected",
  ],
  [
    "an invalid spec is refused, and a previous key still retires in time",
    said({
      ...live,
      desired: { ...PROBLEM, reason: "InvalidSpec" },
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + 5 }] },
    }),
    "rest: InvalidSpec",
    { requeueAt: NOW + 5 },
  ],
]);

table("with --read-only", [
  [
    "the next step is reported, and not done",
    { ...live, secret: ABSENT, view: { readOnly: true } },
    "rest: ReadOnly",
    { requeueAt: undefined, verdict: { progress: "stalled", message: saying("would be preflight-secret$") } },
  ],
]);

describe("read-only", () => {
  const everyCase: readonly ViewChanges[] = [
    {},
    live,
    due,
    gone,
    { ...gone, pass: { remote: { ak_1: KEY } } },
    { ...live, secret: ABSENT },
    { ...live, status: wiped, pass: { remote: { ak_1: KEY } } },
    { ...live, secretFields: { owner: "none", record: undefined } },
    { objectFields: FINALIZED, status: abandoned(), pass: { listing } },
    { objectFields: FINALIZED, pass: ownAttempt },
  ];
  it.each(everyCase)("has no effect (case %#)", (changes) => {
    const step = plan(buildView({ ...changes, view: { readOnly: true } }));
    expect(isEffect(step)).toBe(false);
  });
});
