import {
  ATTEMPT,
  DELETING,
  FINALIZED,
  FOREIGN,
  OLD,
  PROBLEM,
  UNTAGGED,
  due,
  live,
  retiring,
  said,
  saying,
  table,
  wiped,
  without,
  zero,
} from "./testing/plan-table.ts";
import { KEY, NOW, RECORD, SECRET, STATUS } from "./testing/view-builder.ts";

const HOUR = 3_600_000;
const REFUSED = { reason: "SecretRejected", message: "a policy is in the way", transient: false } as const;
const unshaped = {
  ...live,
  secretFields: { shape: "different" },
  pass: { rewritten: true, shapeProblem: REFUSED },
} as const;

const TAKEN = { foreign: ["DB_PASSWORD"], taken: "DB_PASSWORD" } as const;

const ALTERED = { reason: "SecretAltered", message: "label x", transient: false } as const;
const futile = { altered: { resourceVersion: SECRET.resourceVersion, problem: ALTERED } };
const different = { ...live, secretFields: { shape: "different" } } as const;

table("a Secret that a policy alters as it is written", [
  [
    "is not written again in vain, and that is said",
    said({ ...different, view: futile }),
    "rest: SecretAltered",
  ],
  [
    "is written again once it has changed",
    { ...different, view: { altered: { ...futile.altered, resourceVersion: "19" } } },
    "rewrite-secret",
  ],
  [
    "is written again where its record names another key",
    {
      ...live,
      secretFields: { shape: "different", record: { ...RECORD, keyId: "ak_9" } },
      view: futile,
      pass: { remote: { ak_9: UNTAGGED } },
    },
    "rewrite-secret",
  ],
  ["is no problem once it stands as declared", said({ ...live, view: futile }), "rest: KeyDelivered"],
  [
    "is not written twice in a pass",
    said({ ...different, pass: { shapeProblem: ALTERED } }),
    "rest: SecretAltered",
    { verdict: { ready: true, progress: "stalled" } },
  ],
  [
    "is reason enough not to make a first key",
    said({ objectFields: FINALIZED, pass: { preflight: "passed", shapeProblem: ALTERED } }),
    "rest: SecretAltered",
    { verdict: { ready: false } },
  ],
  [
    "keeps no key from being replaced",
    {
      ...live,
      secretFields: { fingerprint: "fp:edited" },
      pass: { preflight: "passed", shapeProblem: ALTERED },
    },
    "WriteAhead",
  ],
]);

table("a Secret in which an entry of others has the name of one of ours", [
  [
    "is left alone, and that is said next to the delivered key",
    said({ ...live, secretFields: { ...TAKEN, shape: "different" } }),
    "rest: SecretEntryConflict",
    { verdict: { ready: true, progress: "stalled", message: saying(/DB_PASSWORD of Secret checkout/) } },
  ],
  [
    "is looked at itself first",
    { ...live, secretFields: { ...TAKEN, shape: "different", read: "cached" } },
    "read-secret",
  ],
  [
    "gets no new value, although one is due",
    said({ ...live, desired: { trigger: "new" }, secretFields: TAKEN }),
    "rest: SecretEntryConflict",
  ],
  [
    "gets no new value, although its own was edited",
    said({ ...live, secretFields: { ...TAKEN, fingerprint: "fp:edited" } }),
    "rest: SecretEntryConflict",
    { verdict: { ready: false } },
  ],
  [
    "keeps no previous key from being revoked",
    {
      ...due,
      secretFields: TAKEN,
      statusFields: due.statusFields,
      pass: { remote: { ak_1: KEY, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0" },
  ],
]);

table("a Secret that cannot be put right", [
  ["is told of at the end", said(unshaped), "rest: SecretRejected"],
  [
    "keeps no previous key from being revoked",
    {
      ...due,
      ...unshaped,
      statusFields: due.statusFields,
      pass: { ...unshaped.pass, remote: { ak_1: KEY, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0" },
  ],
]);

const UNCOUNTED = { keyId: "ak_8", fingerprint: "fp:value-0008" };
const { hint: _unknown, ...UNHINTED } = STATUS;

table("records that disagree", [
  [
    "are checked against the key itself where the status was wiped",
    { ...live, status: wiped },
    "get-key",
    { keyId: "ak_1" },
  ],
  [
    "are rebuilt from a committed Secret",
    { ...live, status: wiped, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { keyId: "ak_1", revision: 1, fingerprint: RECORD.fingerprint } },
  ],
  [
    "are rebuilt with the attempt that the key's own tag names, whatever the annotations say",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, attempt: "attempt9" } },
      pass: { remote: { ak_1: { ...KEY, mode: "test" } } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", keyAttempt: RECORD.attempt } },
  ],
  [
    "are not rebuilt from a forged key ID of another installation",
    { ...live, status: wiped, pass: { remote: { ak_1: FOREIGN } } },
    "preflight-secret",
  ],
  [
    "are not rebuilt from a forged key ID of a key without a tag",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, keyId: "ak_9" } },
      pass: { remote: { ak_9: UNTAGGED } },
    },
    "preflight-secret",
  ],
  [
    "are rebuilt from a wiped status also around a dead value, so that its key is not forgotten",
    { ...live, status: wiped, secretFields: { hint: "zzzz" }, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { keyId: "ak_1", hint: "zzzz" } },
  ],
  [
    "are not rebuilt around a value that is not the key's, where the status knows another key",
    {
      ...live,
      statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008" },
      secretFields: { hint: "zzzz" },
      pass: { remote: { ak_1: KEY } },
    },
    "preflight-secret",
  ],
  [
    "are not rebuilt from a Secret of an older revision",
    {
      ...live,
      statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008", revision: 2 },
      pass: { remote: { ak_1: KEY } },
    },
    "preflight-secret",
  ],
  [
    "are rebuilt from a Secret of the same revision",
    {
      ...live,
      statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008" },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", previous: [{ keyId: "ak_8" }] } },
  ],
  [
    "are looked at themselves before they are rebuilt",
    { ...live, status: wiped, secretFields: { read: "cached" } },
    "read-secret",
  ],
  [
    "wait until the account can be used",
    said({ ...live, status: wiped, account: { usable: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "have the key looked at that the Secret names, where the status knows another",
    { ...live, statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008" } },
    "get-key",
    { keyId: "ak_1" },
  ],
  [
    "are rebuilt from the commit of a pending attempt, for its reason",
    {
      ...live,
      statusFields: {
        ...UNCOUNTED,
        attempt: { ...ATTEMPT, id: RECORD.attempt, reason: "RotationForced" },
      },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    {
      status: {
        keyId: "ak_1",
        previous: [{ keyId: "ak_8", revokeAt: NOW, reason: "RotationForced" }],
      },
    },
  ],
  [
    "are rebuilt from the commit of an attempt that is on record no more, as a first one",
    {
      ...live,
      statusFields: { ...UNCOUNTED, attempt: { ...ATTEMPT, reason: "RotationForced" } },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    {
      status: { previous: [{ keyId: "ak_8", revokeAt: RECORD.committedAt + 3_600_000, reason: "Declared" }] },
    },
  ],
  [
    "are rebuilt from a roll that is pending, also where the key's description was edited",
    {
      ...live,
      desired: { mode: "test" },
      statusFields: {
        fingerprint: "fp:value-0000",
        attempt: { ...ATTEMPT, id: "attempt7", op: "roll", keyId: "ak_1", revision: 2 },
      },
      secretFields: { record: { ...RECORD, attempt: "attempt7" } },
      pass: { remote: { ak_1: { ...KEY, description: "edited", mode: "test" } } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", revision: 2, fingerprint: RECORD.fingerprint } },
  ],
  [
    "are not rebuilt from another attempt than the key's own, where the status knows another key",
    {
      ...live,
      statusFields: UNCOUNTED,
      secretFields: { record: { ...RECORD, attempt: "attempt7" } },
      pass: { remote: { ak_1: KEY } },
    },
    "preflight-secret",
  ],
  [
    "are rebuilt from a roll that is pending, although the status has lost its key",
    {
      ...live,
      status: { ...wiped, attempt: { ...ATTEMPT, id: "attempt7", op: "roll", keyId: "ak_1", revision: 2 } },
      secretFields: { record: { ...RECORD, attempt: "attempt7" } },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", revision: 2 } },
  ],
  [
    "are not rebuilt from a test key of another attempt, where the status knows another key",
    {
      ...live,
      desired: { mode: "test" },
      statusFields: UNCOUNTED,
      secretFields: { record: { ...RECORD, attempt: "attempt7" } },
      pass: { remote: { ak_1: { ...KEY, mode: "test" } } },
    },
    "get-key",
    { keyId: "ak_8" },
  ],
  [
    "are not rebuilt by a roll that is pending from a Secret that names a third attempt",
    said({
      ...live,
      statusFields: { ...UNCOUNTED, attempt: { ...ATTEMPT, op: "roll", keyId: "ak_8" } },
      secretFields: { record: { ...RECORD, attempt: "attempt7" } },
      pass: { remote: { ak_1: KEY } },
    }),
    "rest: AttemptPending",
  ],
  [
    "are rebuilt from another attempt than the key's own, where the status knows the key",
    {
      ...live,
      statusFields: { fingerprint: "fp:value-0000" },
      secretFields: { record: { ...RECORD, attempt: "attempt7", revision: 5 } },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", revision: 5 } },
  ],
  [
    "are rebuilt with the revision that the key's own tag names",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, revision: 9 } },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { revision: 1 } },
  ],
  [
    "are rebuilt from a Secret although an attempt of another key was abandoned",
    {
      ...live,
      status: { ...wiped, abandoned: [{ ...OLD, listings: 2 }] },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1" } },
  ],
  [
    "are rebuilt where the status has kept its attempt, and counted all else",
    {
      ...live,
      statusFields: { attempt: { ...ATTEMPT, id: RECORD.attempt } },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: without("attempt") },
  ],
  [
    "are rebuilt where the status has lost no more than the key's ID",
    {
      ...live,
      status: { ...wiped, fingerprint: RECORD.fingerprint },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1" } },
  ],
  [
    "are not rebuilt where the Secret has no record",
    { ...live, status: wiped, secretFields: { record: undefined } },
    "preflight-secret",
  ],
  [
    "never have the committed key retire",
    {
      ...live,
      status: { ...wiped, previous: [{ ...retiring, keyId: "ak_1" }, retiring] },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", previous: [retiring] } },
  ],
  [
    "have each previous key of a wiped status judged by a GET",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, previous: [{ ...retiring, keyId: "ak_9" }] } },
      pass: { remote: { ak_1: KEY } },
    },
    "get-key",
    { keyId: "ak_9" },
  ],
  [
    "take over no previous key without our tag",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, previous: [{ ...retiring, keyId: "ak_9" }] } },
      pass: { remote: { ak_1: KEY, ak_9: UNTAGGED } },
    },
    "Rebuilt",
    { status: { previous: [] } },
  ],
  [
    "have stripped annotations rewritten, with nothing minted",
    { ...live, secretFields: { owner: "none", record: undefined, shape: "different" } },
    "rewrite-secret",
  ],
  ["have the Secret looked at first", { ...live, secret: { state: "unread" } }, "read-secret"],
  [
    "have labels, annotations or entries repaired that are not as declared",
    { ...live, secretFields: { shape: "different" } },
    "rewrite-secret",
    { why: "Restored", guard: { uid: SECRET.uid, resourceVersion: SECRET.resourceVersion } },
  ],
  [
    "have a lost annotation of the owner rewritten",
    { ...live, secretFields: { owner: "none" } },
    "rewrite-secret",
  ],
  ["have a lost record rewritten", { ...live, secretFields: { record: undefined } }, "rewrite-secret"],
  [
    "leave a Secret alone that names another owner, although it holds the value",
    said({ ...live, secretFields: { owner: "other" } }),
    "rest: KeyDelivered",
  ],
  [
    "are not repaired while an attempt is under way",
    said({ ...live, secretFields: { shape: "different" }, statusFields: { attempt: ATTEMPT } }),
    "rest: AttemptPending",
  ],
  [
    "are not repaired while the spec is invalid",
    said({ ...live, secretFields: { shape: "different" }, desired: REFUSED }),
    "rest: SecretRejected",
  ],
  [
    "are not repaired from a status that knows too little",
    said({ ...live, secretFields: { shape: "different" }, status: UNHINTED }),
    "rest: KeyDelivered",
  ],
  [
    "have a forged key ID beside the right value rewritten",
    { ...live, secretFields: { record: { ...RECORD, keyId: "ak_9" } } },
    "rewrite-secret",
  ],
  [
    "leave another attempt's lock where they are rebuilt",
    { ...live, status: { ...wiped, attempt: ATTEMPT }, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { attempt: ATTEMPT } },
  ],
]);

/** A wiped status beside a Secret from which it cannot be rebuilt: its value was edited. */
const claimed = {
  ...live,
  status: wiped,
  secretFields: {
    fingerprint: "fp:edited",
    record: { ...RECORD, previous: [{ ...retiring, revokeAt: NOW + 10 * HOUR }] },
  },
  pass: { remote: { ak_1: KEY, ak_0: zero } },
};

table("keys that only a Secret names, from which no status can be rebuilt", [
  [
    "are put on record before a new one is made, and retire",
    claimed,
    "Rebuilt",
    {
      status: {
        previous: [
          { keyId: "ak_0", revokeAt: NOW + HOUR },
          { keyId: "ak_1", revokeAt: NOW + HOUR, reason: "Declared" },
        ],
      },
      verdict: { ready: false, reason: "Minting", progress: "reconciling" },
    },
  ],
  ["are looked at first", { ...claimed, pass: { remote: { ak_0: zero } } }, "get-key", { keyId: "ak_1" }],
  [
    "are read from the Secret itself",
    { ...claimed, secretFields: { ...claimed.secretFields, read: "cached" } },
    "read-secret",
  ],
  [
    "are not touched while the account cannot be used",
    said({ ...claimed, account: { usable: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "are left out where they are foreign",
    { ...claimed, pass: { remote: { ak_1: FOREIGN, ak_0: zero } } },
    "Rebuilt",
    { status: { previous: [{ keyId: "ak_0" }] } },
  ],
  [
    "are left out where they are test keys: the account has only one",
    { ...claimed, pass: { remote: { ak_1: { ...KEY, mode: "test" }, ak_0: zero } } },
    "Rebuilt",
    { status: { previous: [{ keyId: "ak_0" }] } },
  ],
  [
    "are left to the recovery where their attempt was abandoned",
    {
      ...claimed,
      status: { ...wiped, abandoned: [{ ...OLD, id: RECORD.attempt, listings: 2 }] },
    },
    "Rebuilt",
    { status: { previous: [{ keyId: "ak_0" }] } },
  ],
  [
    "are put on record beside others that are there already",
    { ...claimed, status: { ...wiped, previous: [{ ...retiring, keyId: "ak_5" }, retiring] } },
    "Rebuilt",
    { status: { previous: [{ keyId: "ak_5" }, retiring, { keyId: "ak_1" }] } },
  ],
  [
    "are ignored where all of them are on record",
    {
      ...claimed,
      status: { ...wiped, previous: [retiring, { ...retiring, keyId: "ak_1" }] },
      secretFields: { ...claimed.secretFields, read: "cached" },
      pass: { remote: {}, preflight: "passed" },
    },
    "read-secret",
  ],
  [
    "include the key of a value without a hint",
    { ...live, status: wiped, secretFields: { hint: undefined }, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { previous: [{ keyId: "ak_1" }] } },
  ],
  [
    "include a live key whose tag names another attempt than the Secret",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, attempt: "attempt7" } },
      pass: { remote: { ak_1: { ...KEY, hint: "0009" } } },
    },
    "Rebuilt",
    { status: { previous: [{ keyId: "ak_1" }] } },
  ],
  [
    "are none where none is ours: a new one is made",
    { ...claimed, pass: { remote: { ak_1: FOREIGN, ak_0: "absent" } } },
    "preflight-secret",
  ],
]);

const BARRED = { reason: "NotAllowed", message: "no line allows it", transient: false } as const;
/** Its Secret claims a key, and the account has never allowed it one. */
const barred = { ...live, status: wiped, account: { mintProblem: BARRED } };

table("a Secret of an ApiKey that its account allows nothing", [
  ["is no reason to ask the account for a key", said(barred), "rest: NotAllowed"],
  [
    "is deleted with its ApiKey, without a question to the account",
    { ...barred, objectFields: DELETING },
    "delete-secret",
  ],
  [
    "is one to ask for it where the account had allowed it one before",
    { ...barred, status: { ...wiped, installation: "0123456789" } },
    "get-key",
  ],
]);
