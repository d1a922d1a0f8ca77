import { describe } from "vitest";
import type { RemoteKey } from "../evidence.ts";
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
  saying,
  table,
  said,
  wiped,
  zero,
  gone,
  pinned,
  revoked,
} from "./testing/plan-table.ts";
import { KEY, keyNamed, NOW, RECORD, SECRET, STATUS, type ViewChanges } from "./testing/view-builder.ts";
import { UNTIL_REPLACED } from "./view/status.ts";

/** A Secret with a value that the status does not know, and without annotations. */
const stripped = {
  ...gone,
  secretFields: { owner: "none", record: undefined, fingerprint: "fp:value-0002", hint: "0002" },
} as const;
const ADOPTION = { op: "adopt", description: "made by hand", listings: 1 } as const;
const { recordedAt: _unknown, ...UNDATED } = STATUS;

const RETAIN = { policy: "Retain" } as const;
const many = Array.from({ length: 25 }, (_, index) => ({ ...retiring, keyId: `ak_old${index}` }));
const remoteOf = (ended: typeof many): Record<string, "absent" | RemoteKey> => ({
  ...Object.fromEntries(ended.map(({ keyId }) => [keyId, "absent" as const])),
  ak_1: { ...KEY, status: "revoked" },
});
const RETAINED = { ...KEY, description: "Checkout service" };
const GIVEN_UP = { ...DELETING, abandon: true } as const;
const LISTING = { startedAt: NOW, keys: [] };
const within = { ...retiring, revokeAt: NOW + 9 };
const guard = { uid: SECRET.uid, resourceVersion: SECRET.resourceVersion };
const twin = { ...keyNamed("ak_6", RECORD.attempt), createdAt: KEY.createdAt + 1_000 };

/** Deleted while its account does not answer: what is on record keeps it. */
const lonely = (changes: ViewChanges): ViewChanges => ({
  objectFields: DELETING,
  account: { usable: PROBLEM },
  ...changes,
});

describe("a deletion without its account", () => {
  table("is stuck", [
    ["where a key is recorded", said(lonely({ status: { ...wiped, keyId: "ak_1" } })), "rest: RateLimited"],
    ["where an attempt is", said(lonely({ status: { ...wiped, attempt: ATTEMPT } })), "rest: RateLimited"],
    [
      "where an attempt was abandoned",
      said(lonely({ status: { ...wiped, abandoned: [OLD] } })),
      "rest: RateLimited",
    ],
    [
      "where a key retires",
      said(lonely({ status: { ...wiped, previous: [retiring] } })),
      "rest: RateLimited",
    ],
    [
      "where an attempt was once made",
      said(lonely({ status: { ...wiped, installation: "0123456789" } })),
      "rest: RateLimited",
    ],
    ["where its Secret is there", said(lonely({ secret: SECRET })), "rest: RateLimited"],
  ]);

  table("goes on", [
    [
      "where only a Secret of another ApiKey is there",
      lonely({ secret: { ...SECRET, owner: "other" } }),
      "remove-finalizer",
    ],
    [
      "with Retain where nothing was ever asked for, without asking the account",
      { objectFields: DELETING, deletion: RETAIN },
      "remove-finalizer",
    ],
  ]);
});

table("a deletion", [
  [
    "is held with Retain where the account lets no key be left active",
    said({ ...gone, deletion: RETAIN, account: { ...gone.account, mayRetain: false } }),
    "rest: RetainNotAllowed",
    { verdict: { message: saying(/set deletionPolicy to Revoke/) } },
  ],
  [
    "goes on with Retain where there is no key to leave, whatever the account allows",
    {
      objectFields: DELETING,
      deletion: RETAIN,
      account: { mayRetain: false },
    },
    "remove-finalizer",
  ],
  [
    "goes on with Retain where the account allows it",
    { ...gone, deletion: RETAIN, account: { ...gone.account, mayRetain: true } },
    "get-key",
  ],
  [
    "ends the key of an object that is given up, where the account works and lets no key be left active",
    {
      ...gone,
      objectFields: GIVEN_UP,
      account: { ...gone.account, mayRetain: false },
      pass: { remote: { ak_1: KEY } },
    },
    "revoke-key",
    { keyId: "ak_1" },
  ],
  [
    "gives an object up where the account is another one by now, whatever it allows",
    {
      ...gone,
      objectFields: GIVEN_UP,
      account: { ...gone.account, mayRetain: false, usable: { accountId: "acc_2" } },
    },
    "remove-finalizer",
  ],
  [
    "records what has ended before it goes on, where many keys retire",
    { ...gone, statusFields: { previous: many }, pass: { remote: remoteOf(many.slice(0, 20)) } },
    "Retired",
    {
      status: { previous: many.slice(20) },
      verdict: { reason: "Deleting", message: saying(/^5 previous keys/) },
    },
  ],
  [
    "goes on with the next key, where few of many have ended",
    { ...gone, statusFields: { previous: many }, pass: { remote: remoteOf(many.slice(0, 19)) } },
    "get-key",
  ],
  [
    "is over once Secret and finalizer are gone",
    { ...gone, secret: ABSENT, objectFields: { deleting: true } },
    "rest: silent",
    { requeueAt: undefined },
  ],
  [
    "is decided on the object itself",
    { ...gone, objectFields: { ...DELETING, read: "cached" }, deletion: { protection: true } },
    "read-object",
  ],
  ["is decided on the Secret itself", { ...gone, secretFields: { read: "cached" } }, "read-secret"],
  ["looks at the Secret first", { ...gone, secret: { state: "unread" } }, "read-secret"],
  [
    "revokes the keys that the status knows, although the Secret names a later one",
    {
      ...gone,
      statusFields: { keyId: "ak_0", fingerprint: "fp:value-0000" },
      pass: { remote: { ak_1: KEY, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0" },
  ],
  [
    "waits for a pending attempt, also where its Secret could tell the status",
    said({ ...gone, status: { ...pinned, attempt: ATTEMPT }, pass: { remote: { ak_1: KEY } } }),
    "rest: AttemptPending",
    { verdict: { progress: "reconciling" } },
  ],
  [
    "revokes a second key of the committed one's attempt before that one, where a listing shows it",
    { ...gone, pass: { remote: { ak_1: KEY, ak_6: twin }, listing: { startedAt: NOW, keys: [KEY, twin] } } },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "revokes it before that one, where the inventory has found it",
    {
      ...gone,
      view: { findings: { doubts: [], leftovers: ["ak_6"], orphans: [] } },
      pass: { remote: { ak_1: KEY, ak_6: twin } },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "asks for keys with its tag where the status names none, however often the account was swept",
    { ...gone, secret: ABSENT, status: { ...pinned, recordedAt: NOW - 589_000 } },
    "list-keys",
  ],
  [
    "revokes a key that only the Secret names",
    {
      ...gone,
      secretFields: { record: { ...RECORD, keyId: "ak_0" } },
      pass: { remote: { ak_1: revoked, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0", reason: "Deleted" },
  ],
  [
    "revokes a previous key that only the Secret names",
    {
      ...gone,
      secretFields: { record: { ...RECORD, previous: [retiring] } },
      pass: { remote: { ak_1: revoked, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0", reason: "Deleted" },
  ],
  [
    "takes no key from the Secret of another ApiKey",
    {
      ...gone,
      secretFields: { owner: "other", record: { ...RECORD, keyId: "ak_0" } },
      pass: { remote: { ak_1: revoked, ak_0: zero } },
    },
    "remove-finalizer",
  ],
  [
    "revokes what carries its tag where all records are lost: the tag is all that there is",
    {
      objectFields: DELETING,
      pass: { remote: { ak_5: left }, listing: { startedAt: NOW, keys: [left] } },
    },
    "revoke-key",
    { keyId: "ak_5", reason: "Deleted" },
  ],
  [
    "leaves what carries its tag where the records know of no attempt: a tag can be copied",
    {
      objectFields: DELETING,
      status: pinned,
      pass: { remote: { ak_5: left }, listing: { startedAt: NOW, keys: [left] } },
    },
    "remove-finalizer",
  ],
  [
    "with Retain leaves a key alone that the status has lost",
    { objectFields: DELETING, deletion: RETAIN, status: pinned, pass: { listing: LISTING } },
    "remove-finalizer",
  ],
  [
    "with Retain looks at the key before it takes the tag off",
    { ...gone, deletion: RETAIN },
    "get-key",
    { keyId: "ak_1" },
  ],
  [
    "with Retain leaves a key with a foreign tag alone",
    { ...gone, secret: ABSENT, deletion: RETAIN, pass: { remote: { ak_1: FOREIGN } } },
    "remove-finalizer",
  ],
  [
    "with Retain revokes a previous key when its time is over",
    {
      ...gone,
      deletion: RETAIN,
      statusFields: { previous: [{ ...retiring, revokeAt: NOW }] },
      pass: { remote: { ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0" },
  ],
  [
    "with Retain waits for each previous key's own time",
    said({
      ...gone,
      deletion: RETAIN,
      statusFields: { previous: [retiring, { ...within, keyId: "ak_5" }] },
      pass: { remote: { ak_0: "absent" } },
    }),
    "rest: RetirementPending",
    { requeueAt: NOW + 9, verdict: { progress: "reconciling" } },
  ],
  [
    "revokes first, then deletes a Secret that lost its annotations and holds our value",
    { ...gone, secretFields: { owner: "none", record: undefined }, pass: { remote: { ak_1: KEY } } },
    "revoke-key",
    { keyId: "ak_1" },
  ],
  [
    "leaves the Secret of another ApiKey, although its hint is that of a key of ours",
    {
      ...stripped,
      secretFields: { ...stripped.secretFields, owner: "other" },
      pass: { listing: { startedAt: NOW, keys: [{ ...left, hint: "0002" }] } },
    },
    "get-key",
  ],
  [
    "deletes a Secret without annotations whose hint is that of a key which this pass has looked at",
    { ...stripped, pass: { remote: { ak_1: "absent", ak_7: { ...KEY, id: "ak_7", hint: "0002" } } } },
    "delete-secret",
  ],
  [
    "leaves a Secret without annotations and without a value",
    {
      objectFields: DELETING,
      secret: { ...SECRET, owner: "none", record: undefined, fingerprint: undefined, hint: undefined },
      pass: { listing: LISTING },
    },
    "remove-finalizer",
  ],
  [
    "leaves a Secret without annotations that holds the value of a key whose adoption was given up",
    {
      ...stripped,
      statusFields: {
        abandoned: [
          { ...OLD, ...ADOPTION, keyId: "ak_7" },
          { ...OLD, listings: 2 },
        ],
      },
      pass: { remote: { ak_1: revoked, ak_7: { ...KEY, id: "ak_7", hint: "0002" } }, listing: LISTING },
    },
    "remove-finalizer",
  ],
  [
    "deletes such a Secret where the adoption was of another key",
    {
      ...stripped,
      statusFields: { abandoned: [{ ...OLD, ...ADOPTION, keyId: "ak_8" }] },
      pass: { remote: { ak_1: revoked, ak_7: { ...KEY, id: "ak_7", hint: "0002" } }, listing: LISTING },
    },
    "delete-secret",
  ],
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
    { guard },
  ],
  [
    "takes out of the Secret only what we wrote, where others have put entries into it",
    { ...gone, secretFields: { foreign: ["DB_PASSWORD"] }, pass: { remote: { ak_1: revoked } } },
    "delete-secret",
    { guard, keep: ["DB_PASSWORD"] },
  ],
  [
    "keeps the entries of others where a Secret has lost its annotations before its commit was counted",
    {
      ...stripped,
      secretFields: { ...stripped.secretFields, foreign: ["DB_PASSWORD"] },
      pass: {
        remote: { ak_1: revoked },
        listing: { startedAt: NOW, keys: [{ ...keyNamed("ak_2", "attempt3"), hint: "0002" }] },
      },
    },
    "delete-secret",
    { guard, keep: ["DB_PASSWORD"] },
  ],
  [
    "lets the object go once only entries of others are left in the Secret",
    {
      ...gone,
      secretFields: {
        owner: "none",
        record: undefined,
        fingerprint: undefined,
        hint: undefined,
        foreign: ["DB_PASSWORD"],
      },
      pass: { remote: { ak_1: revoked } },
    },
    "remove-finalizer",
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
    { requeueAt: undefined, verdict: { progress: "stalled" } },
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
    "with Retain keeps key and Secret, but takes our metadata off the Secret",
    { ...gone, deletion: RETAIN, pass: { remote: { ak_1: RETAINED } } },
    "release-secret",
    { guard },
  ],
  [
    "with Retain lets the object go once the Secret is nobody's",
    {
      ...gone,
      secretFields: { owner: "none", record: undefined },
      deletion: RETAIN,
      pass: { remote: { ak_1: RETAINED } },
    },
    "remove-finalizer",
  ],
  [
    "with Retain takes nothing off a Secret of another ApiKey",
    { ...gone, secretFields: { owner: "other" }, deletion: RETAIN, pass: { remote: { ak_1: RETAINED } } },
    "remove-finalizer",
  ],
  [
    "with Retain waits for no overlap that was edited away meanwhile",
    {
      ...gone,
      deletion: { policy: "Retain" },
      desired: { overlap: 0 },
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + 9, replacedAt: NOW - 9 }] },
    },
    "Rescheduled",
    {
      status: { previous: [{ keyId: "ak_0", revokeAt: NOW }] },
      verdict: { ready: false, reason: "RetirementPending" },
    },
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
    "of an abandoned object takes the tag off whatever attempts are on record",
    {
      ...gone,
      objectFields: { ...DELETING, abandon: true },
      statusFields: { abandoned: [OLD] },
      pass: { remote: { ak_1: KEY } },
    },
    "describe-key",
    { keyId: "ak_1", why: "Retained" },
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
    { requeueAt: NOW - 1_000 + DEFAULT_TIMING.retryAfterFailure },
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
    "of an abandoned object takes our metadata off the Secret after the tag",
    { ...gone, objectFields: GIVEN_UP, pass: { remote: { ak_1: RETAINED } } },
    "release-secret",
    { guard },
  ],
  [
    "of an abandoned object leaves the record next to the value where the key keeps a tag",
    { ...gone, objectFields: GIVEN_UP, pass: { remote: { ak_1: FOREIGN } } },
    "remove-finalizer",
  ],
  [
    "of an abandoned object leaves the record next to the value where no status names the key",
    { ...gone, objectFields: GIVEN_UP, status: wiped },
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
