import { DEFAULT_TIMING } from "../timing.ts";
import {
  ABSENT,
  ATTEMPT,
  FINALIZED,
  OLD,
  pinned,
  PROBLEM,
  FOREIGN,
  live,
  retiring,
  table,
  said,
  saying,
  ownAttempt,
  due,
  zero,
} from "./testing/plan-table.ts";
import { nextRotationAt } from "../rotation/next-rotation.ts";
import { KEY, NOW, OWNER, RECORD } from "./testing/view-builder.ts";

const { obeyedTrigger: _lost, ...withoutTrigger } = RECORD;
/** What the rotation of {@link live} is reckoned from. */
const EVERY = { committedAt: RECORD.committedAt, key: `${OWNER}:1` };

const ROLL = { ...OLD, op: "roll", keyId: "ak_1" } as const;

const edited = (times: number): object => ({ fights: { times, writers: ["external-secrets"] } });
const owned = { others: { owners: ["ExternalSecret shop (ownerReference)"], writers: [] } };

const wanted = { reconcile: "now" };
const looked = { ...live, objectFields: { ...FINALIZED, ...wanted } };
const cachedSecret = { ...looked, secretFields: { read: "cached" as const } };

table("a look that a user asks for", [
  ["reads the Secret, although the cache has it", cachedSecret, "read-secret"],
  ["reads the key", looked, "get-key", { keyId: KEY.id }],
  [
    "is answered in the status once both were read",
    { ...looked, pass: { remote: { [KEY.id]: KEY } } },
    "Report",
    { status: { lastHandledReconcileAt: "now" }, verdict: { reason: "KeyDelivered" } },
  ],
  [
    "is answered once",
    said({
      ...looked,
      statusFields: { lastHandledReconcileAt: "now" },
    }),
    "rest: KeyDelivered",
  ],
  [
    "finds a key that was revoked, and so goes on as it does for a new key",
    { ...looked, pass: { ...ownAttempt, remote: { [KEY.id]: { ...KEY, status: "revoked" } } } },
    "list-keys",
  ],
  [
    "asks the API for nothing where the ApiKey is suspended",
    { ...looked, desired: { suspend: true } },
    "Report",
    { status: { lastHandledReconcileAt: "now" } },
  ],
  [
    "asks the API for nothing where the spec is refused",
    { ...looked, desired: PROBLEM },
    "Report",
    { status: { lastHandledReconcileAt: "now" }, verdict: { reason: PROBLEM.reason } },
  ],
]);

table("a delivered key", [
  ["is left alone", said(live), "rest: KeyDelivered", { requeueAt: undefined }],
  [
    "is reported with the other hand on its entry, after the second time and not only when the budget is used up",
    said({ ...live, view: edited(2) }),
    "rest: SecretContested",
    {
      verdict: {
        ready: true,
        progress: "stalled",
        message: saying(/2 times within an hour \(field managers: external-secrets\)/),
      },
    },
  ],
  ["is not reported as fought over after one edit", said({ ...live, view: edited(1) }), "rest: KeyDelivered"],
  [
    "is reported with the other owners of its Secret",
    said({ ...live, secretFields: owned }),
    "rest: KeyDelivered",
    { verdict: { ready: true, message: saying(/other owners: ExternalSecret shop \(ownerReference\)/) } },
  ],
  [
    "is minted anew where the Secret is lost",
    { ...live, secret: ABSENT, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "SecretLost", op: "create", revision: 2 } } },
  ],
  [
    "is not minted anew on the word of a cache",
    { ...live, secret: { state: "absent", read: "cached" } },
    "read-secret",
  ],
  [
    "is minted anew where the value was edited",
    { ...live, secretFields: { fingerprint: "fp:x" }, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "SecretEdited" } } },
  ],
  [
    "is minted anew where it was revoked from outside",
    { ...live, pass: { ...ownAttempt, remote: { ak_1: "absent" } } },
    "WriteAhead",
    { status: { attempt: { reason: "KeyRevoked" } } },
  ],
  [
    "is rotated when that is due",
    { ...live, desired: { every: 590_000 }, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "RotationDue" } } },
  ],
  [
    "is rotated when the trigger changes",
    { ...live, desired: { trigger: "2" }, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "RotationTriggered" } } },
  ],
  [
    "is not rotated for a trigger of which there is no record",
    said({
      ...live,
      desired: { trigger: "2" },
      secretFields: { record: withoutTrigger },
    }),
    "rest: KeyDelivered",
  ],
  [
    "gets the time of its next rotation where that is declared later",
    { ...live, desired: { every: 1_000_000 } },
    "Report",
    { status: { nextRotationAt: nextRotationAt({ ...EVERY, every: 1_000_000 }, NOW) } },
  ],
  [
    "of mode test is looked at before it is rolled",
    { ...live, desired: { mode: "test" }, secret: ABSENT },
    "get-key",
  ],
  [
    "of mode test is rolled, not created",
    { ...live, desired: { mode: "test" }, secret: ABSENT, pass: { ...ownAttempt, remote: { ak_1: KEY } } },
    "WriteAhead",
    { status: { attempt: { op: "roll", keyId: "ak_1" } } },
  ],
  [
    "of mode test is created anew where it is gone: there is nothing to roll",
    {
      ...live,
      desired: { mode: "test" },
      secret: ABSENT,
      pass: { ...ownAttempt, remote: { ak_1: "absent" } },
    },
    "WriteAhead",
    { status: { attempt: { op: "create" } } },
  ],
  [
    "of mode test is rolled again where a roll was cut off: it may have killed the value",
    {
      ...live,
      desired: { mode: "test" },
      statusFields: { abandoned: [{ ...ROLL, revision: 2, reason: "RotationTriggered" }] },
      secretFields: { touchedFor: OLD.id },
      pass: { ...ownAttempt, remote: { ak_1: KEY } },
    },
    "WriteAhead",
    { status: { attempt: { op: "roll", reason: "RotationTriggered" } } },
  ],
  ...[
    ["it was committed later", { ...ROLL, revision: 1 }] as const,
    ["it was another key's", { ...ROLL, keyId: "ak_0", revision: 2 }] as const,
    ["it was no roll", { ...OLD, listings: 2, keyId: "ak_1", revision: 2 }] as const,
  ].map(
    ([why, attempt]) =>
      [
        `of mode test is not rolled again for an attempt that was cut off where ${why}`,
        said({ ...live, desired: { mode: "test" }, statusFields: { abandoned: [attempt] } }),
        "rest: KeyDelivered",
      ] as const,
  ),
  [
    "is not rotated for a trigger that was obeyed",
    said({ ...live, desired: { trigger: "2" }, secretFields: { record: { ...RECORD, obeyedTrigger: "2" } } }),
    "rest: KeyDelivered",
  ],
  [
    "is rotated at the very time",
    {
      ...live,
      desired: { every: 1_000_000 },
      view: { now: nextRotationAt({ ...EVERY, every: 1_000_000 }, NOW) ?? 0 },
      pass: ownAttempt,
    },
    "WriteAhead",
    { status: { attempt: { reason: "RotationDue" } } },
  ],
  [
    "is left alone also where only caches show it",
    () => {
      const seen = said(live)();
      return {
        ...seen,
        objectFields: { ...seen.objectFields, read: "cached" },
        secretFields: { read: "cached" },
      };
    },
    "rest: KeyDelivered",
  ],
  [
    "has its Secret read before the object is read itself",
    { ...live, objectFields: { ...live.objectFields, read: "cached" }, secret: { state: "unread" } },
    "read-secret",
  ],
  [
    "has the object read itself before a Secret that a cache does not show",
    {
      ...live,
      objectFields: { ...live.objectFields, read: "cached" },
      secret: { state: "absent", read: "cached" },
    },
    "read-object",
  ],
  [
    "is reported where the spec has changed since",
    () => {
      const seen = said(live)();
      return { ...seen, objectFields: { ...seen.objectFields, generation: 2 } };
    },
    "Report",
  ],
  [
    "of mode test is asked for by a roll under the attempt of this pass",
    {
      ...live,
      desired: { mode: "test" },
      secret: ABSENT,
      statusFields: { attempt: { ...ATTEMPT, op: "roll", keyId: "ak_1", revision: 2 } },
      pass: { ...ownAttempt, ownAttempt: ATTEMPT.id, remote: { ak_1: KEY } },
    },
    "roll",
    { keyId: "ak_1" },
  ],
  [
    "of mode test is rolled where only an abandoned roll still names it",
    {
      desired: { mode: "test" },
      objectFields: FINALIZED,
      status: { ...pinned, abandoned: [ROLL, { ...OLD, id: "attempt7", listings: 2 }] },
      pass: { ...ownAttempt, remote: { ak_1: KEY } },
    },
    "WriteAhead",
    { status: { attempt: { op: "roll", keyId: "ak_1" } } },
  ],
  [
    "of mode test is not rolled for an adoption that was undone",
    {
      desired: { mode: "test" },
      objectFields: FINALIZED,
      status: { ...pinned, abandoned: [{ ...ROLL, description: "by hand", listings: 1 }] },
      pass: { ...ownAttempt, remote: { ak_1: KEY } },
    },
    "WriteAhead",
    { status: { attempt: { op: "create" } } },
  ],
  [
    "that was revoked is replaced without another look, once that is written ahead",
    {
      ...live,
      statusFields: { attempt: { ...ATTEMPT, revision: 2, reason: "KeyRevoked" } },
      pass: { ...ownAttempt, ownAttempt: ATTEMPT.id, remote: { ak_1: { ...KEY, status: "revoked" } } },
    },
    "mint",
  ],
  [
    "of mode test is not rolled where it is tagged for somebody else",
    said({
      ...live,
      desired: { mode: "test" },
      secret: ABSENT,
      pass: { ...ownAttempt, remote: { ak_1: FOREIGN } },
    }),
    "rest: ForeignKey",
    { verdict: { progress: "stalled" } },
  ],
]);

table("a previous key", [
  [
    "is kept within its overlap",
    said({ ...live, statusFields: { previous: [{ ...retiring, revokeAt: NOW + 1 }] } }),
    "rest: KeyDelivered",
    { requeueAt: NOW + 1 },
  ],
  [
    "is looked at in time, although the key is rotated later",
    said({
      ...live,
      desired: { every: 1_000_000_000 },
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + 1 }] },
    }),
    "rest: KeyDelivered",
    { requeueAt: NOW + 1 },
  ],
  [
    "is kept while only a cache shows the Secret",
    { ...due, secretFields: { read: "cached" } },
    "read-secret",
  ],
  ["is kept until a GET shows the committed key", due, "get-key", { keyId: "ak_1" }],
  [
    "is looked at itself before it is revoked",
    { ...due, pass: { remote: { ak_1: KEY } } },
    "get-key",
    { keyId: "ak_0" },
  ],
  [
    "is revoked when the committed one is active",
    { ...due, pass: { remote: { ak_1: KEY, ak_0: zero } } },
    "revoke-key",
    { keyId: "ak_0", reason: "Retired" },
  ],
  [
    "is not revoked before its attempt's other keys are looked for, unless a sweep came when it was surely on record",
    {
      ...due,
      account: { sweeps: [retiring.revokeAt] },
      pass: { remote: { ak_1: KEY, ak_0: { ...zero, createdAt: 0 } } },
    },
    "list-keys",
  ],
  [
    "is kept where the committed one is neither active nor revoked",
    said({ ...due, pass: { remote: { ak_1: { ...KEY, status: "paused" }, ak_0: zero } } }),
    "rest: KeyDelivered",
    // A pause: asking again at once would be a loop.
    { requeueAt: NOW + DEFAULT_TIMING.retryAfterFailure },
  ],
  [
    "is kept where the committed one is gone: that is replaced first",
    { ...due, pass: { remote: { ak_1: "absent", ak_0: zero } } },
    "preflight-secret",
  ],
  [
    "is kept where the Secret is lost: that is replaced first",
    { ...due, secret: ABSENT, pass: { remote: { ak_1: KEY, ak_0: zero } } },
    "preflight-secret",
  ],
  [
    "with a foreign tag is dropped from the record, and not touched",
    { ...due, pass: { remote: { ak_1: KEY, ak_0: { ...FOREIGN, id: "ak_0" } } } },
    "Retired",
    { status: { previous: [] } },
  ],
  [
    "is kept while the account cannot be used",
    said({ ...due, account: { ...due.account, usable: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "is none: the Secret need not be looked at itself",
    said({ ...live, secretFields: { read: "cached" } }),
    "rest: KeyDelivered",
  ],
  [
    "leaves others on record when it is forgotten",
    {
      ...due,
      statusFields: { previous: [retiring, { ...retiring, keyId: "ak_5", revokeAt: NOW + 1 }] },
      pass: { remote: { ak_1: KEY, ak_0: "absent" } },
    },
    "Retired",
    { status: { previous: [{ keyId: "ak_5" }] } },
  ],
  [
    "is forgotten once it is gone",
    { ...due, pass: { remote: { ak_1: KEY, ak_0: "absent" } } },
    "Retired",
    { status: { previous: [] } },
  ],
]);
