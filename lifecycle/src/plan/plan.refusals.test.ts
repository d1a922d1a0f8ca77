import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import { isEffect } from "./step.ts";
import {
  PROBLEM,
  ABSENT,
  FINALIZED,
  live,
  retiring,
  table,
  said,
  abandoned,
  listing,
  wiped,
  ownAttempt,
  due,
  zero,
  gone,
} from "./testing/plan-table.ts";
import { buildView, KEY, NOW, type ViewChanges } from "./testing/view-builder.ts";
import type { Problem } from "./view/problem.ts";

const REFUSED: Problem = { reason: "TestKeyExists", message: "refused before", transient: false };

const FIVE_HEALS = [50, 40, 30, 20, 10].map((minutes) => NOW - minutes * 60_000);

table("what keeps a key from being minted", [
  [
    "what was refused is not asked for again before its pause is over",
    said({
      objectFields: FINALIZED,
      secret: ABSENT,
      view: { mintPause: { until: NOW + 5, problem: REFUSED } },
    }),
    "rest: TestKeyExists",
    { requeueAt: NOW + 5 },
  ],
  [
    "a pause that is over keeps nobody back",
    { objectFields: FINALIZED, secret: ABSENT, view: { mintPause: { until: NOW, problem: REFUSED } } },
    "preflight-secret",
  ],
  [
    "five heals within an hour are enough: the sixth waits until the first is an hour old",
    said({ ...live, secret: ABSENT, view: { heals: FIVE_HEALS } }),
    "rest: MintBudgetExhausted",
    { requeueAt: NOW + 10 * 60_000 },
  ],
  [
    "four heals, or older ones, do not keep the fifth back",
    { ...live, secret: ABSENT, view: { heals: [NOW - 61 * 60_000, ...FIVE_HEALS.slice(1)] } },
    "preflight-secret",
  ],
  [
    "what somebody asked for is made however often keys were lost",
    { objectFields: FINALIZED, secret: ABSENT, view: { heals: FIVE_HEALS } },
    "preflight-secret",
  ],

  [
    "another installation's status is left alone, down to its conditions",
    { ...live, statusFields: { installation: "ffffffffff" }, secret: ABSENT },
    "rest: ManagedByAnother",
  ],
  [
    "another account changes nothing",
    said({ ...live, secret: ABSENT, account: { usable: { accountId: "acc_2" } } }),
    "rest: AccountChanged",
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
  ["suspend mints nothing", said({ ...live, secret: ABSENT, desired: { suspend: true } }), "rest: Suspended"],
  [
    "suspend goes on retiring",
    { ...due, desired: { suspend: true }, pass: { remote: { ak_1: KEY, ak_0: zero } } },
    "revoke-key",
  ],
  [
    "a namespace that goes gets nothing",
    said({ objectFields: { namespaceTerminating: true } }),
    "rest: Deleting",
  ],
  ["an account that mints no more", said({ account: { mintProblem: PROBLEM } }), "rest: RateLimited"],
  [
    "a foreign Secret is a conflict",
    said({ ...live, status: wiped, secretFields: { owner: "none", record: undefined } }),
    "rest: SecretConflict",
  ],
  [
    "a Secret of another ApiKey is a conflict",
    said({ ...live, status: wiped, secretFields: { owner: "other" } }),
    "rest: SecretConflict",
  ],
  [
    "an ApiKey that was first keeps the Secret's name",
    said({ view: { secretClaimedBy: "first" } }),
    "rest: SecretConflict",
  ],
  [
    "an immutable Secret takes no value",
    said({ ...live, secretFields: { immutable: true, fingerprint: "fp:x" } }),
    "rest: SecretImmutable",
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
