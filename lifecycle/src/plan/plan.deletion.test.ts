import { DEFAULT_TIMING } from "../timing.ts";
import {
  PROBLEM,
  ABSENT,
  DELETING,
  ATTEMPT,
  FOREIGN,
  left,
  OLD,
  UNTAGGED,
  retiring,
  table,
  said,
  wiped,
  zero,
  gone,
  revoked,
} from "./testing/plan-table.ts";
import { KEY, NOW, RECORD, SECRET, STATUS } from "./testing/view-builder.ts";
import { UNTIL_REPLACED } from "./view/status.ts";

/** A Secret with a value that the status does not know, and without annotations. */
const stripped = {
  ...gone,
  secretFields: { owner: "none", record: undefined, fingerprint: "fp:value-0002", hint: "0002" },
} as const;
const { recordedAt: _unknown, ...UNDATED } = STATUS;

table("a deletion", [
  [
    "of an object that never asked for a key needs no account",
    { objectFields: DELETING, account: { usable: PROBLEM } },
    "remove-finalizer",
  ],
  [
    "asks the account for keys with its tag where the status may have been wiped",
    { objectFields: DELETING },
    "list-keys",
  ],
  ["looks at each key first", gone, "get-key", { keyId: "ak_1" }],
  [
    "asks for the keys with its tag where the last sweep came before its key was on record: it took both for one under way",
    { ...gone, statusFields: { recordedAt: NOW - 60_000 } },
    "list-keys",
  ],
  [
    "asks for them where the last sweep began before the time of the key's attempt was over",
    { ...gone, account: { sweeps: [KEY.createdAt + DEFAULT_TIMING.attemptLifetime] } },
    "list-keys",
  ],
  [
    "asks for none where a sweep began right after that time",
    { ...gone, account: { sweeps: [KEY.createdAt + DEFAULT_TIMING.attemptLifetime + 1] } },
    "get-key",
  ],
  ["asks for them where nobody knows when its key was recorded", { ...gone, status: UNDATED }, "list-keys"],
  [
    "revokes before it deletes the Secret",
    { ...gone, pass: { remote: { ak_1: KEY } } },
    "revoke-key",
    { reason: "Deleted" },
  ],
  [
    "deletes the Secret before it lets the object go",
    { ...gone, pass: { remote: { ak_1: revoked } } },
    "delete-secret",
  ],
  [
    "lets the object go at last",
    { ...gone, secret: ABSENT, pass: { remote: { ak_1: revoked } } },
    "remove-finalizer",
  ],
  [
    "revokes previous keys within their overlap too",
    {
      ...gone,
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + 1 }] },
      pass: { remote: { ak_1: revoked, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0" },
  ],
  [
    "does not touch a forged key",
    {
      ...gone,
      secretFields: { record: { ...RECORD, keyId: "ak_9" } },
      pass: { remote: { ak_1: revoked, ak_9: UNTAGGED } },
    },
    "delete-secret",
  ],
  [
    "leaves a Secret of somebody else",
    { ...gone, secretFields: { owner: "other" }, pass: { remote: { ak_1: revoked } } },
    "remove-finalizer",
  ],
  [
    "deletes a Secret that lost its annotations and holds our value",
    { ...gone, secretFields: { owner: "none", record: undefined }, pass: { remote: { ak_1: revoked } } },
    "delete-secret",
  ],
  [
    "deletes a Secret that lost its annotations before its commit was counted, while the hint of a key of ours tells whose it is",
    { ...stripped, pass: { listing: { startedAt: NOW, keys: [{ ...left, hint: "0002" }] } } },
    "delete-secret",
  ],
  [
    "deletes such a Secret also when its key was revoked before",
    { ...stripped, statusFields: { abandoned: [{ ...OLD, listings: 1, hints: ["0002"] }] } },
    "delete-secret",
  ],
  [
    "leaves a Secret without annotations whose hint is no key's of ours",
    {
      ...stripped,
      secret: { ...SECRET, owner: "none", record: undefined, fingerprint: "fp:theirs", hint: "9999" },
      pass: { remote: { ak_1: revoked, ak_0: zero } },
    },
    "remove-finalizer",
  ],
  [
    "leaves a Secret without annotations whose hint is that of a key with a foreign tag",
    { ...stripped, pass: { remote: { ak_1: revoked, ak_7: { ...FOREIGN, id: "ak_7", hint: "0002" } } } },
    "remove-finalizer",
  ],
  [
    "leaves a Secret without annotations that holds the value of a key which is being adopted",
    {
      ...stripped,
      desired: { adopt: "ak_7" },
      pass: { remote: { ak_1: revoked, ak_7: { ...KEY, id: "ak_7", hint: "0002" } } },
    },
    "remove-finalizer",
  ],
  [
    "with Retain leaves a Secret that lost its annotations before its commit was counted",
    {
      ...stripped,
      deletion: { policy: "Retain" },
      pass: { remote: { ak_1: KEY, ak_7: { ...KEY, id: "ak_7", hint: "0002" } } },
    },
    "describe-key",
  ],
  [
    "waits for a pending attempt, also for its own",
    said({ ...gone, secret: ABSENT, statusFields: { attempt: ATTEMPT }, pass: { ownAttempt: ATTEMPT.id } }),
    "rest: AttemptPending",
  ],
  [
    "looks once more for what abandoned attempts left",
    { ...gone, statusFields: { abandoned: [{ ...OLD, listings: 2, listedAt: NOW }] } },
    "list-keys",
  ],
  [
    "is refused while the object is protected",
    said({ ...gone, deletion: { protection: true } }),
    "rest: DeletionProtected",
  ],
  [
    "with Retain keeps the key, also where the rest of the spec is invalid",
    { ...gone, desired: PROBLEM, deletion: { policy: "Retain" }, pass: { remote: { ak_1: KEY } } },
    "describe-key",
  ],
  [
    "is refused while the object is protected, also where the rest of the spec is invalid",
    said({ ...gone, desired: PROBLEM, deletion: { protection: true } }),
    "rest: DeletionProtected",
  ],
  [
    "is stuck without its account, and names the way out",
    said({ ...gone, account: { usable: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "with Retain takes the tag off",
    { ...gone, deletion: { policy: "Retain" }, pass: { remote: { ak_1: KEY } } },
    "describe-key",
    { description: "Checkout service" },
  ],
  [
    "with Retain keeps key and Secret",
    {
      ...gone,
      deletion: { policy: "Retain" },
      pass: { remote: { ak_1: { ...KEY, description: "Checkout service" } } },
    },
    "remove-finalizer",
  ],
  [
    "with Retain waits for the previous key's time",
    said({
      ...gone,
      deletion: { policy: "Retain" },
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + 9 }] },
    }),
    "rest: RetirementPending",
    { requeueAt: NOW + 9 },
  ],
  [
    "with Retain keeps a key that waits for a replacement: none comes, and the key may be in use",
    {
      ...gone,
      deletion: { policy: "Retain" },
      statusFields: { previous: [{ ...retiring, revokeAt: UNTIL_REPLACED }] },
      pass: { remote: { ak_1: { ...KEY, description: "Checkout service" }, ak_0: zero } },
    },
    "describe-key",
    { keyId: "ak_0", description: "Checkout service" },
  ],
  [
    "with Retain rebuilds a wiped status before it revokes anything",
    { ...gone, deletion: { policy: "Retain" }, status: wiped, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
  ],
  [
    "of an abandoned object takes the tag off",
    { ...gone, objectFields: { ...DELETING, abandon: true }, pass: { remote: { ak_1: KEY } } },
    "describe-key",
  ],
  [
    "of an abandoned object needs no account",
    { ...gone, objectFields: { ...DELETING, abandon: true }, account: { usable: PROBLEM } },
    "remove-finalizer",
  ],
  [
    "of an abandoned object waits while nobody has looked at its account yet",
    said({
      ...gone,
      objectFields: { ...DELETING, abandon: true },
      account: { usable: PROBLEM, uncheckedSince: NOW - 1_000 },
    }),
    "rest: RateLimited",
    { requeueAt: NOW - 1_000 + DEFAULT_TIMING.attemptLifetime },
  ],
  [
    "of an abandoned object does not wait for ever for a look at its account",
    {
      ...gone,
      objectFields: { ...DELETING, abandon: true },
      account: { usable: PROBLEM, uncheckedSince: NOW - DEFAULT_TIMING.attemptLifetime },
    },
    "remove-finalizer",
  ],
  [
    "of an abandoned object needs no answer of the vendor",
    { ...gone, objectFields: { ...DELETING, abandon: true }, pass: { untagFailed: true } },
    "remove-finalizer",
  ],
  [
    "of an abandoned object touches nothing in another account",
    {
      ...gone,
      objectFields: { ...DELETING, abandon: true },
      account: { usable: { accountId: "acc_2" } },
      pass: { remote: { ak_1: KEY } },
    },
    "remove-finalizer",
  ],
]);
