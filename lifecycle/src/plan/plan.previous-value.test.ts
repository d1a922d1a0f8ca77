import { expect } from "vitest";
import { live, table } from "./testing/plan-table.ts";
import { pendingCommitOf, KEY, NOW, RECORD, SECRET } from "./testing/view-builder.ts";

const HOUR = 3_600_000;
const OLD_VALUE = "fp:value-0000";
const replaced = {
  keyId: "ak_0",
  replacedAt: NOW - HOUR / 2,
  revokeAt: NOW + HOUR / 2,
  fingerprint: OLD_VALUE,
  reason: "RotationDue",
};
const kept = {
  ...live,
  desired: { keepsPrevious: true },
  statusFields: { previous: [replaced] },
  secretFields: { previous: OLD_VALUE, entries: [RECORD.fingerprint, OLD_VALUE] },
} as const;

table("the entry for the previous value", [
  ["stands during the overlap", kept, "Report", { status: { previous: [replaced] } }],
  ["goes once the key is revoked", { ...kept, statusFields: { previous: [] } }, "rewrite-secret"],
  ["goes where it is no longer declared", { ...kept, desired: { keepsPrevious: false } }, "rewrite-secret"],
  [
    "goes where somebody has edited it, since the value cannot be made again",
    { ...kept, secretFields: { previous: "fp:edited", entries: [RECORD.fingerprint, "fp:edited"] } },
    "rewrite-secret",
  ],
  [
    "is not missed where somebody has taken it out",
    { ...kept, secretFields: { previous: undefined, entries: [RECORD.fingerprint] } },
    "Report",
  ],
  [
    "is put back from another entry that holds the value",
    { ...kept, secretFields: { previous: undefined, entries: [RECORD.fingerprint, OLD_VALUE] } },
    "rewrite-secret",
  ],
  [
    "keeps nothing of an emergency, which gives no key an overlap",
    {
      ...kept,
      statusFields: {
        previous: [{ keyId: "ak_0", revokeAt: NOW + 1, fingerprint: OLD_VALUE, reason: "RotationForced" }],
      },
    },
    "rewrite-secret",
  ],
  [
    "keeps nothing without an overlap",
    { ...kept, statusFields: { previous: [{ ...replaced, revokeAt: replaced.replacedAt }] } },
    "rewrite-secret",
    { record: { previous: [{ keyId: "ak_0" }] } },
  ],
  [
    "is read live before it is written",
    { ...kept, secret: { ...SECRET, read: "cached" }, statusFields: { previous: [] } },
    "read-secret",
  ],
]);

const rotating = (reason: "RotationTriggered" | "RotationForced" | "KeyRolled") => ({
  ...live,
  desired: { keepsPrevious: true },
  statusFields: { attempt: { ...pendingCommitOf().attempt, revision: 2, reason } },
  pass: {
    pendingCommit: pendingCommitOf({ attempt: { ...pendingCommitOf().attempt, revision: 2, reason } }),
  },
});

table("a commit tells the value of the key that it replaces", [
  [
    "in a rotation",
    rotating("RotationTriggered"),
    "commit-secret",
    { record: { previous: [{ keyId: KEY.id, fingerprint: RECORD.fingerprint }] } },
  ],
  [
    "but not in an emergency",
    rotating("RotationForced"),
    "commit-secret",
    { record: { previous: [{ keyId: KEY.id, revokeAt: NOW, reason: "RotationForced" }] } },
  ],
  [
    "nor where that value was dead already",
    rotating("KeyRolled"),
    "commit-secret",
    { record: { previous: [expect.not.objectContaining({ fingerprint: RECORD.fingerprint })] } },
  ],
]);
