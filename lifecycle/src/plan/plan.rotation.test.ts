import { nextRotationAt } from "../rotation/next-rotation.ts";
import {
  ABSENT,
  ownAttempt,
  live,
  revoked,
  retiring,
  said,
  saying,
  table,
  zero,
} from "./testing/plan-table.ts";
import { FRESH, pendingCommitOf, KEY, NOW, OWNER, RECORD, STATUS } from "./testing/view-builder.ts";

const HOUR = 3_600_000;
const at = new Date(NOW);
/** Opens a day from now, for an hour; and a window that was opened ten minutes ago. */
const tomorrow = {
  schedule: `0 ${at.getUTCHours()} ${at.getUTCDate() + 1} * *`,
  timeZone: "UTC",
  duration: HOUR,
};
const open = { schedule: "50 11 * * *", timeZone: "UTC", duration: HOUR };
const overdue = { every: 60_000 };

const next = (window: typeof open): number | undefined =>
  nextRotationAt({ committedAt: RECORD.committedAt, every: 60_000, window, key: `${OWNER}:1` }, NOW);

table("a rotation that is due", [
  [
    "waits for its window",
    { ...live, desired: { ...overdue, window: tomorrow } },
    "Report",
    { status: { nextRotationAt: next(tomorrow) } },
  ],
  [
    "begins within its window",
    { ...live, desired: { ...overdue, window: open }, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "RotationDue" } } },
  ],
  [
    "goes on after its window has closed, once it has begun",
    {
      ...live,
      desired: { ...overdue, window: tomorrow },
      statusFields: {
        attempt: { ...pendingCommitOf().attempt, revision: 2, reason: "RotationDue", startedAt: NOW },
      },
      pass: { ...ownAttempt, ownAttempt: "attempt3" },
    },
    "mint",
  ],
  [
    "by what is on record, but no longer by what is declared, is not made",
    { ...live, desired: { every: 90 * 24 * HOUR }, statusFields: { nextRotationAt: NOW - 1 } },
    "Report",
  ],
  [
    "is not made where rotation is no longer declared",
    { ...live, statusFields: { nextRotationAt: NOW - 1 } },
    "Report",
    { status: { previous: [] } },
  ],
  [
    "is not brought on by an annotation of the Secret that says the key were old",
    {
      ...live,
      desired: { every: HOUR },
      statusFields: { lastRotatedAt: NOW - 1_000 },
      secretFields: { record: { ...RECORD, committedAt: 0 } },
    },
    "Report",
    {
      status: {
        nextRotationAt: nextRotationAt({ committedAt: NOW - 1_000, every: HOUR, key: `${OWNER}:1` }, NOW),
      },
    },
  ],
  [
    "is not waited for by a trigger",
    { ...live, desired: { window: tomorrow, trigger: "2" }, pass: ownAttempt },
    "WriteAhead",
  ],
]);

const many = Array.from({ length: 50 }, (_, index) => ({
  keyId: `ak_0${index}`,
  revokeAt: NOW + HOUR + index,
  reason: "RotationTriggered",
}));

table("a rotation beside many keys that retire", [
  [
    "is not made by schedule beside fifty, and that is reported",
    said({ ...live, desired: overdue, statusFields: { previous: many } }),
    "rest: TooManyRetiring",
    { verdict: { ready: true, progress: "reconciling", message: saying("50 previous keys") } },
  ],
  [
    "is looked at again when the first of them is revoked",
    said({ ...live, desired: overdue, statusFields: { previous: many } }),
    "rest: TooManyRetiring",
    { requeueAt: NOW + HOUR },
  ],
  [
    "is made by schedule beside forty-nine",
    { ...live, desired: overdue, statusFields: { previous: many.slice(1) }, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "RotationDue" } } },
  ],
  [
    "is not reported before it is due",
    said({ ...live, desired: { every: 90 * 24 * HOUR }, statusFields: { previous: many } }),
    "rest: KeyDelivered",
  ],
  [
    "is made for a user who asks for it",
    {
      ...live,
      desired: { ...overdue, trigger: "2" },
      statusFields: { previous: many },
      pass: ownAttempt,
    },
    "WriteAhead",
    { status: { attempt: { reason: "RotationTriggered" } } },
  ],
]);

const asked = (rotate: string | undefined, obeyedRotate: string | undefined): object => ({
  ...live,
  desired: rotate === undefined ? {} : { rotate },
  secretFields: { record: obeyedRotate === undefined ? RECORD : { ...RECORD, obeyedRotate } },
  pass: ownAttempt,
});

table("a request to rotate", [
  [
    "that was not obeyed yet replaces the key",
    asked("tuesday", "monday"),
    "WriteAhead",
    { status: { attempt: { reason: "RotationTriggered" } } },
  ],
  [
    "is one also where none was before",
    asked("monday", ""),
    "WriteAhead",
    { status: { attempt: { reason: "RotationTriggered" } } },
  ],
  ["that was obeyed is over", said(asked("monday", "monday")), "rest: KeyDelivered"],
  ["that is removed asks for nothing", said(asked(undefined, "monday")), "rest: KeyDelivered"],
  [
    "is no change where no record says what was obeyed",
    said(asked("monday", undefined)),
    "rest: KeyDelivered",
  ],
]);

table("the dry run of a rotation", [
  [
    "has every key that retires, and the one that it replaces, in its record",
    { ...live, desired: { trigger: "2" }, statusFields: { previous: many } },
    "preflight-secret",
    {
      record: {
        keyId: "",
        attempt: FRESH,
        revision: 2,
        accountId: "acc_1",
        obeyedTrigger: "2",
        previous: [...many, { keyId: KEY.id, reason: "RotationTriggered", fingerprint: RECORD.fingerprint }],
      },
    },
  ],
  [
    "of a test key has the ID that stays, and no key more",
    { ...live, desired: { mode: "test", trigger: "2" }, pass: { remote: { [KEY.id]: KEY } } },
    "preflight-secret",
    { record: { keyId: KEY.id, previous: [] } },
  ],
  [
    "in an emergency has no key with an overlap",
    { ...live, desired: { emergency: "leaked" } },
    "preflight-secret",
    { record: { obeyedEmergency: "leaked", previous: [{ keyId: KEY.id, revokeAt: NOW }] } },
  ],
]);

const replaced = { ...retiring, replacedAt: NOW - 1_000, revokeAt: NOW - 1_000 + HOUR };
const held = { ...live, statusFields: { previous: [replaced] } };

table("an overlap that is edited while a key retires", [
  ["as declared, moves nothing", said(held), "rest: KeyDelivered", { requeueAt: replaced.revokeAt }],
  [
    "to be longer, counts from the commit",
    { ...held, desired: { overlap: 2 * HOUR } },
    "Rescheduled",
    { status: { previous: [{ keyId: "ak_0", revokeAt: NOW - 1_000 + 2 * HOUR }] } },
  ],
  [
    "to be shorter, counts from the commit",
    { ...held, desired: { overlap: 60_000 } },
    "Rescheduled",
    { status: { previous: [{ revokeAt: NOW - 1_000 + 60_000 }] } },
  ],
  [
    "to be over already, ends now and not in the past",
    { ...held, desired: { overlap: 0 } },
    "Rescheduled",
    { status: { previous: [{ revokeAt: NOW }] } },
  ],
  [
    "is on record before the key is revoked by it",
    { ...held, desired: { overlap: 0 }, pass: { remote: { ak_1: KEY, ak_0: zero } } },
    "Rescheduled",
  ],
  [
    "to be longer, holds also a key whose time was over",
    {
      ...held,
      desired: { overlap: 2 * HOUR },
      statusFields: { previous: [{ ...replaced, revokeAt: NOW - 500 }] },
    },
    "Rescheduled",
  ],
  [
    "moves nothing between a write-ahead and its key",
    {
      ...held,
      desired: { overlap: 2 * HOUR },
      secret: ABSENT,
      statusFields: { ...held.statusFields, attempt: { ...pendingCommitOf().attempt, revision: 2 } },
      pass: { ...ownAttempt, ownAttempt: "attempt3" },
    },
    "mint",
  ],
  [
    "does not hold a key that an emergency has ended",
    {
      ...live,
      desired: { overlap: 2 * HOUR },
      statusFields: { previous: [{ ...retiring, reason: "RotationForced" }] },
      account: { sweeps: [NOW] },
    },
    "get-key",
    { keyId: "ak_1" },
  ],
]);

const { emergency: _status, ...unknown } = STATUS;
const { obeyedEmergency: _secret, ...unrecorded } = RECORD;
const leak = { desired: { emergency: "leaked" } };

table("an emergency", [
  [
    "that an earlier version has recorded cut inside of a character, counts as obeyed",
    said({
      ...live,
      desired: { emergency: "leaked" },
      statusFields: { emergency: "leaked\ufffd" },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is not obeyed by the record of another one",
    {
      ...live,
      desired: { emergency: "\ufffd" },
      statusFields: { emergency: "" },
      pass: ownAttempt,
    },
    "WriteAhead",
    { status: { attempt: { reason: "RotationForced" } } },
  ],
  [
    "rotates at once",
    { ...live, ...leak, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "RotationForced", op: "create", revision: 2 } } },
  ],
  [
    "rolls a test key",
    { ...live, desired: { ...leak.desired, mode: "test" }, pass: { ...ownAttempt, remote: { ak_1: KEY } } },
    "WriteAhead",
    { status: { attempt: { reason: "RotationForced", op: "roll", keyId: "ak_1" } } },
  ],
  [
    "comes before the healing of a lost Secret",
    { ...live, ...leak, secret: ABSENT, pass: ownAttempt },
    "WriteAhead",
    { status: { attempt: { reason: "RotationForced" } } },
  ],
  [
    "comes before the healing of a revoked key",
    { ...live, ...leak, pass: { ...ownAttempt, remote: { ak_1: revoked } } },
    "WriteAhead",
    { status: { attempt: { reason: "RotationForced" } } },
  ],
  [
    "that was obeyed is not obeyed again",
    said({ ...live, ...leak, statusFields: { emergency: "leaked" } }),
    "rest: KeyDelivered",
  ],
  [
    "that the Secret says was obeyed is not obeyed again where the status was lost",
    {
      ...live,
      ...leak,
      status: unknown,
      secretFields: { record: { ...RECORD, obeyedEmergency: "leaked" } },
    },
    "Report",
    { status: { emergency: "leaked" } },
  ],
  [
    "is obeyed although an annotation of the Secret says that it was",
    {
      ...live,
      ...leak,
      secretFields: { record: { ...RECORD, obeyedEmergency: "leaked" } },
      pass: ownAttempt,
    },
    "WriteAhead",
  ],
  [
    "of which there is no record is no change",
    { ...live, ...leak, status: unknown, secretFields: { record: unrecorded } },
    "Report",
    { status: { emergency: "leaked" } },
  ],
  [
    "is no change where the annotation goes",
    said({ ...live, statusFields: { emergency: "leaked" } }),
    "rest: KeyDelivered",
  ],
  [
    "takes the overlap from all that retires, with the commit",
    {
      ...live,
      ...leak,
      statusFields: {
        attempt: { ...pendingCommitOf().attempt, revision: 2, reason: "RotationForced" },
        previous: [replaced],
      },
      pass: {
        pendingCommit: pendingCommitOf({
          attempt: { ...pendingCommitOf().attempt, revision: 2, reason: "RotationForced" },
        }),
      },
    },
    "commit-secret",
    {
      record: {
        obeyedEmergency: "leaked",
        previous: [
          { keyId: "ak_0", revokeAt: NOW, reason: "RotationForced" },
          { keyId: "ak_1", revokeAt: NOW, reason: "RotationForced" },
        ],
      },
    },
  ],
  [
    "that comes while a key is made for another reason stays pending",
    {
      ...live,
      ...leak,
      statusFields: { attempt: { ...pendingCommitOf().attempt, revision: 2, reason: "RotationDue" } },
      pass: {
        pendingCommit: pendingCommitOf({
          attempt: { ...pendingCommitOf().attempt, revision: 2, reason: "RotationDue" },
        }),
      },
    },
    "commit-secret",
    {
      record: {
        obeyedEmergency: "",
        previous: [{ keyId: "ak_1", revokeAt: NOW + HOUR, reason: "RotationDue" }],
      },
    },
  ],
  [
    "spares the old key until a GET has shown the new one",
    {
      ...live,
      statusFields: { emergency: "leaked", previous: [{ ...retiring, reason: "RotationForced" }] },
      account: { sweeps: [NOW] },
    },
    "get-key",
    { keyId: "ak_1" },
  ],
]);
