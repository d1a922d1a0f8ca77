import { withTag } from "../tag.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import {
  ownAttempt,
  ATTEMPT,
  FINALIZED,
  FOREIGN,
  live,
  OLD,
  pinned,
  said,
  table,
} from "./testing/plan-table.ts";
import { KEY, keyNamed, NOW, RECORD, STATUS } from "./testing/view-builder.ts";
import { UNTIL_REPLACED } from "./view/status.ts";
import type { Findings } from "./view/account.ts";

function found(findings: Partial<Findings>) {
  return { findings: { doubts: [], leftovers: [], orphans: [], ...findings } };
}

const HOUR = 3_600_000;
const doubted = { ...live, view: found({ doubts: ["ak_1"] }) };
const rolled = { ...KEY, hint: "9999" };

table("a doubt about the recorded key", [
  [
    "has the object read live first",
    { ...doubted, objectFields: { ...live.objectFields, read: "cached" } },
    "read-object",
  ],
  ["has the Secret read live next", { ...doubted, secretFields: { read: "cached" } }, "read-secret"],
  ["has the key looked at then", doubted, "get-key", { keyId: "ak_1" }],
  [
    "is about the key that is recorded now, and no other",
    said({ ...live, view: found({ doubts: ["ak_0"] }) }),
    "rest: KeyDelivered",
  ],
  [
    "is over where key and value fit",
    said({ ...doubted, pass: { remote: { ak_1: KEY } } }),
    "rest: KeyDelivered",
  ],
  [
    "is nobody's matter while the account cannot be used",
    said({ ...doubted, account: { usable: { reason: "InvalidToken", message: "", transient: false } } }),
    "rest: KeyDelivered",
  ],
  [
    "replaces a key that is gone",
    {
      ...doubted,
      pass: { ...ownAttempt, remote: { ak_1: "absent" }, listing: { startedAt: NOW, keys: [] } },
    },
    "WriteAhead",
    { status: { attempt: { op: "create", reason: "KeyRevoked" } } },
  ],
  [
    "replaces a live key whose committed value is dead",
    { ...doubted, pass: { ...ownAttempt, remote: { ak_1: rolled } } },
    "WriteAhead",
    { status: { attempt: { op: "create", reason: "KeyRolled" } } },
  ],
  [
    "rolls a test key whose committed value is dead",
    { ...doubted, desired: { mode: "test" }, pass: { ...ownAttempt, remote: { ak_1: rolled } } },
    "WriteAhead",
    { status: { attempt: { op: "roll", keyId: "ak_1", reason: "KeyRolled" } } },
  ],
  [
    "judges no key of somebody else",
    said({ ...doubted, pass: { ...ownAttempt, remote: { ak_1: { ...FOREIGN, hint: "9999" } } } }),
    "rest: KeyDelivered",
  ],
]);

table("a previous key that is due", [
  [
    "is kept while the committed value is dead: it may be the last that works",
    {
      ...live,
      statusFields: { previous: [{ keyId: "ak_0", revokeAt: NOW - 1, reason: "RotationDue" }] },
      pass: { ...ownAttempt, remote: { ak_1: rolled } },
    },
    "WriteAhead",
    { status: { attempt: { reason: "KeyRolled" } } },
  ],
]);

const left = { ...keyNamed("ak_5", OLD.id), createdAt: OLD.startedAt + 1_000 };
const SETTLED = { ...OLD, listings: 2, listedAt: NOW - 50_000 };
const REVIVED = { ...SETTLED, startedAt: OLD.abandonedAt - TIMING.revivedAfter - 1 };
const leftRevived = { ...left, createdAt: REVIVED.startedAt + 1_000 };
const leftover = {
  ...live,
  statusFields: { abandoned: [SETTLED] },
  view: found({ leftovers: ["ak_5"] }),
  pass: { remote: { ak_5: left } },
};

table("a leftover of an abandoned attempt", [
  ["is looked at first", { ...leftover, pass: {} }, "get-key", { keyId: "ak_5" }],
  ["is revoked", leftover, "revoke-key", { keyId: "ak_5", reason: "AttemptAbandoned" }],
  [
    "is revoked also where the Secret names it: annotations protect nothing",
    {
      ...leftover,
      secretFields: { record: { ...RECORD, previous: [{ keyId: "ak_5", revokeAt: NOW, reason: "" }] } },
    },
    "revoke-key",
    { keyId: "ak_5" },
  ],
  [
    "is left alone while its attempt's commit may still be accepted",
    {
      ...leftover,
      statusFields: { abandoned: [{ ...SETTLED, op: "create", listings: 0 }] },
      secretFields: { touchedFor: OLD.id },
    },
    "list-keys",
  ],
  [
    "is left alone where the status names it",
    said({
      ...leftover,
      statusFields: { abandoned: [SETTLED], previous: [{ keyId: "ak_5", revokeAt: NOW + 1, reason: "" }] },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone where it was made at another time",
    said({ ...leftover, pass: { remote: { ak_5: { ...left, createdAt: 0 }, ak_1: KEY } } }),
    "rest: KeyDelivered",
  ],
  [
    "is looked for in an object that was read itself",
    { ...leftover, objectFields: { ...live.objectFields, read: "cached" } },
    "read-object",
  ],
  [
    "has the next one looked into where it is gone",
    {
      ...leftover,
      view: found({ leftovers: ["ak_4", "ak_5"] }),
      pass: { remote: { ak_4: "absent", ak_5: left } },
    },
    "revoke-key",
    { keyId: "ak_5" },
  ],
  [
    "is left alone where its tag names another owner",
    said({
      ...leftover,
      pass: { remote: { ak_1: KEY, ak_5: { ...left, description: FOREIGN.description } } },
    }),
    "rest: KeyDelivered",
  ],
  [
    "retires where a restore may have revived the attempt, until a replacement is committed",
    { ...leftover, statusFields: { abandoned: [REVIVED] }, pass: { remote: { ak_5: leftRevived } } },
    "Revived",
    { status: { previous: [{ keyId: "ak_5", revokeAt: UNTIL_REPLACED, reason: "AttemptRevived" }] } },
  ],
  [
    "is revoked where the attempt is old because its own writer was frozen, and delivered nothing",
    {
      ...leftover,
      statusFields: { abandoned: [{ ...REVIVED, undelivered: true }] },
      pass: { remote: { ak_5: leftRevived } },
    },
    "revoke-key",
    { keyId: "ak_5", reason: "AttemptAbandoned" },
  ],
  [
    "is revoked at once where it is the account's one test key",
    {
      ...leftover,
      statusFields: { abandoned: [REVIVED] },
      pass: { remote: { ak_5: { ...leftRevived, mode: "test" } } },
    },
    "revoke-key",
    { keyId: "ak_5" },
  ],
  [
    "that lives until it is replaced calls for a replacement",
    {
      ...live,
      statusFields: { previous: [{ keyId: "ak_5", revokeAt: UNTIL_REPLACED, reason: "AttemptRevived" }] },
      pass: { preflight: "passed" },
    },
    "WriteAhead",
    { status: { attempt: { op: "create", reason: "AttemptRevived" } } },
  ],
]);

const twin = { ...keyNamed("ak_6", RECORD.attempt), createdAt: KEY.createdAt + 1_000 };
const repeated = {
  ...live,
  view: found({ leftovers: ["ak_6"] }),
  pass: { remote: { ak_1: KEY, ak_6: twin } },
};

const retired = {
  ...live,
  statusFields: { previous: [{ keyId: "ak_0", revokeAt: NOW - 1, reason: "RotationDue" }] },
};
const first = keyNamed("ak_0", "attempt7");
const second = keyNamed("ak_6", "attempt7");
const seenBoth = { ak_1: KEY, ak_0: first };
const replacedAt = first.createdAt + 1_000;
/** A key that was replaced while its attempt was still young. */
const retiredLong = {
  ...live,
  statusFields: { previous: [{ keyId: "ak_0", replacedAt, revokeAt: replacedAt + HOUR, reason: "" }] },
  view: { now: replacedAt + HOUR },
  pass: { remote: seenBoth },
};

table("a key that leaves the records before any inventory has looked", [
  [
    "when it retires, has the keys of its owner listed first",
    { ...retired, pass: { remote: seenBoth } },
    "list-keys",
  ],
  [
    "has another key looked at that is listed",
    { ...retired, pass: { remote: seenBoth, listing: { startedAt: NOW, keys: [KEY, first, second] } } },
    "get-key",
    { keyId: "ak_6" },
  ],
  [
    "has a second key of its attempt revoked before itself",
    {
      ...retired,
      pass: {
        remote: { ...seenBoth, ak_6: second },
        listing: { startedAt: NOW, keys: [KEY, first, second] },
      },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "retires without a look at others that the status names",
    {
      ...retired,
      statusFields: {
        previous: [...retired.statusFields.previous, { keyId: "ak_5", revokeAt: NOW + 1, reason: "" }],
      },
      pass: {
        remote: seenBoth,
        listing: { startedAt: NOW, keys: [KEY, keyNamed("ak_5", "attempt5"), first] },
      },
    },
    "revoke-key",
    { keyId: "ak_0", reason: "Retired" },
  ],
  [
    "retires where there is no other key",
    { ...retired, pass: { remote: seenBoth, listing: { startedAt: NOW, keys: [KEY, first] } } },
    "revoke-key",
    { keyId: "ak_0", reason: "Retired" },
  ],
  [
    "when it retires, does not rely on a sweep that began before the time of its attempt was over",
    { ...retiredLong, account: { sweeps: [first.createdAt + TIMING.attemptLifetime] } },
    "list-keys",
  ],
  [
    "when it retires, relies on one such sweep of several",
    {
      ...retiredLong,
      account: { sweeps: [first.createdAt, first.createdAt + TIMING.attemptLifetime + 1] },
    },
    "revoke-key",
  ],
  [
    "when it retires, relies on a sweep that began after that time",
    { ...retiredLong, account: { sweeps: [first.createdAt + TIMING.attemptLifetime + 1] } },
    "revoke-key",
    { keyId: "ak_0", reason: "Retired" },
  ],
  [
    "when it was revoked by somebody else, has the keys of its owner listed before it is replaced",
    { ...doubted, pass: { ...ownAttempt, remote: { ak_1: { ...KEY, status: "revoked" } } } },
    "list-keys",
  ],
  [
    "when it was revoked by somebody else, has a second key of its attempt revoked",
    {
      ...doubted,
      pass: {
        ...ownAttempt,
        remote: { ak_1: { ...KEY, status: "revoked" }, ak_6: keyNamed("ak_6", "attempt2") },
        listing: { startedAt: NOW, keys: [keyNamed("ak_6", "attempt2")] },
      },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
]);

table("a second key of one attempt", [
  [
    "has the first one looked at too",
    { ...repeated, pass: { remote: { ak_6: twin } } },
    "get-key",
    { keyId: "ak_1" },
  ],
  ["is revoked", repeated, "revoke-key", { keyId: "ak_6", reason: "AttemptRepeated" }],
  [
    "is revoked also where the first one retires",
    {
      ...repeated,
      statusFields: { keyId: "ak_1", previous: [{ keyId: "ak_0", revokeAt: NOW + 1, reason: "" }] },
      pass: {
        remote: {
          ak_1: KEY,
          ak_0: keyNamed("ak_0", "attempt7"),
          ak_6: { ...keyNamed("ak_6", "attempt7") },
        },
      },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "is revoked also where somebody has taken the tag off the first one: the status knows its attempt",
    {
      ...repeated,
      statusFields: { keyAttempt: RECORD.attempt },
      pass: { remote: { ak_1: { ...KEY, description: "edited" }, ak_6: twin } },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "is revoked also where the tag was taken off one that retires",
    {
      ...repeated,
      statusFields: { previous: [{ keyId: "ak_0", revokeAt: NOW + 1, attempt: "attempt7", reason: "" }] },
      pass: { remote: { ak_1: KEY, ak_0: { ...first, description: "edited" }, ak_6: second } },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "is left alone where it was made at another time: a description can be copied",
    said({
      ...repeated,
      pass: {
        remote: { ak_1: KEY, ak_6: { ...twin, createdAt: KEY.createdAt + TIMING.attemptLifetime + 1 } },
      },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is revoked where it was made at the last moment of the attempt",
    {
      ...repeated,
      pass: {
        remote: { ak_1: KEY, ak_6: { ...twin, createdAt: KEY.createdAt + TIMING.attemptLifetime } },
      },
    },
    "revoke-key",
    { keyId: "ak_6" },
  ],
  [
    "is revoked where only the Secret of another ApiKey names it",
    {
      ...repeated,
      secretFields: { owner: "other", record: { ...RECORD, keyId: "ak_6" } },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "is revoked where the Secret has lost its record",
    {
      ...repeated,
      secretFields: { record: undefined },
      pass: { ...repeated.pass, rewritten: true },
    },
    "revoke-key",
  ],
  [
    "is left alone where the Secret names it as the current one",
    said({
      ...repeated,
      secretFields: { record: { ...RECORD, keyId: "ak_6" } },
      pass: { ...repeated.pass, rewritten: true },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is revoked where only one that retires is on record",
    {
      ...repeated,
      objectFields: FINALIZED,
      status: { ...pinned, previous: [{ keyId: "ak_0", revokeAt: NOW + 1, reason: "" }] },
      secret: { state: "absent", read: "live" },
      pass: { remote: { ak_0: first, ak_6: second } },
    },
    "revoke-key",
    { keyId: "ak_6" },
  ],
  [
    "is revoked where the Secret names yet another key",
    {
      ...repeated,
      secretFields: { record: { ...RECORD, previous: [{ keyId: "ak_5", revokeAt: NOW, reason: "" }] } },
    },
    "revoke-key",
    { keyId: "ak_6", reason: "AttemptRepeated" },
  ],
  [
    "is left alone where its attempt is another",
    said({ ...repeated, pass: { remote: { ak_1: KEY, ak_6: keyNamed("ak_6", "attempt6") } } }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone where the first one is gone",
    { ...repeated, pass: { ...ownAttempt, remote: { ak_1: "absent", ak_6: twin } } },
    "WriteAhead",
  ],
  [
    "is left alone where the Secret records it",
    said({
      ...repeated,
      secretFields: { record: { ...RECORD, previous: [{ keyId: "ak_6", revokeAt: NOW, reason: "" }] } },
    }),
    "rest: KeyDelivered",
  ],
]);

const current = { ...KEY, createdAt: NOW - 2 * HOUR };
const orphan = { ...keyNamed("ak_7", "attempt7"), createdAt: NOW - 3 * HOUR };
const orphaned = {
  ...live,
  statusFields: { ...STATUS, lastRotatedAt: NOW - HOUR - 1 },
  view: found({ orphans: ["ak_7"] }),
  pass: { remote: { ak_1: current, ak_7: orphan } },
};

table("a key that no record knows", [
  ["is looked at first", { ...orphaned, pass: {} }, "get-key", { keyId: "ak_7" }],
  [
    "has the committed key looked at too",
    { ...orphaned, pass: { remote: { ak_7: orphan } } },
    "get-key",
    { keyId: "ak_1" },
  ],
  [
    "is revoked when a later one has served for the overlap",
    orphaned,
    "revoke-key",
    { keyId: "ak_7", reason: "Orphaned" },
  ],
  [
    "is left alone where the Secret names it: it may be what Pods use since a restore",
    said({
      ...orphaned,
      secretFields: { record: { ...RECORD, previous: [{ keyId: "ak_7", revokeAt: NOW, reason: "" }] } },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone within the overlap of the later one",
    said({ ...orphaned, statusFields: { lastRotatedAt: NOW - HOUR + 1 } }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone where it is the later one: it may be what Pods use since a restore",
    said({ ...orphaned, pass: { remote: { ak_1: current, ak_7: { ...orphan, createdAt: NOW - HOUR } } } }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone while the Secret does not hold the committed value",
    { ...orphaned, secretFields: { fingerprint: "fp:edited" }, pass: { ...ownAttempt, ...orphaned.pass } },
    "WriteAhead",
  ],
  [
    "is left alone while the committed value is dead",
    {
      ...orphaned,
      pass: { preflight: "passed", remote: { ak_1: { ...current, hint: "9999" }, ak_7: orphan } },
    },
    "WriteAhead",
  ],
  [
    "is left to the recovery where its attempt is on record",
    said({
      ...orphaned,
      statusFields: { ...orphaned.statusFields, abandoned: [{ ...SETTLED, id: "attempt7" }] },
    }),
    "rest: KeyDelivered",
  ],
  [
    "has the next one looked into where it is gone",
    {
      ...orphaned,
      view: found({ orphans: ["ak_8", "ak_7"] }),
      pass: { remote: { ...orphaned.pass.remote, ak_8: "absent" } },
    },
    "revoke-key",
    { keyId: "ak_7" },
  ],
  [
    "is left alone where the committed one is gone: that is replaced first",
    { ...orphaned, pass: { ...ownAttempt, remote: { ak_1: "absent", ak_7: orphan } } },
    "WriteAhead",
    { status: { attempt: { reason: "KeyRevoked" } } },
  ],
  [
    "is left alone while the committed one is neither active nor revoked",
    said({ ...orphaned, pass: { remote: { ak_1: { ...current, status: "paused" }, ak_7: orphan } } }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone while the overlap is not known",
    said({ ...orphaned, desired: { reason: "InvalidSpec", message: "", transient: false } }),
    "rest: InvalidSpec",
  ],
  [
    "is left alone where the committed one was made at the same time",
    said({
      ...orphaned,
      pass: { remote: { ak_1: current, ak_7: { ...orphan, createdAt: current.createdAt } } },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is revoked at the very end of the overlap",
    { ...orphaned, statusFields: { lastRotatedAt: NOW - HOUR } },
    "revoke-key",
  ],
  [
    "waits for a first key's commit as long as that may take, and the overlap",
    said({
      ...orphaned,
      statusFields: {},
      pass: {
        remote: { ak_1: { ...KEY, createdAt: NOW - HOUR - TIMING.attemptLifetime + 1 }, ak_7: orphan },
      },
    }),
    "rest: KeyDelivered",
  ],
  [
    "is left alone where its tag names somebody else",
    said({
      ...orphaned,
      pass: {
        remote: {
          ak_1: current,
          ak_7: {
            ...orphan,
            description: withTag("x", {
              installation: "f".repeat(10),
              owner: "f".repeat(16),
              revision: 1,
              attempt: "attempt7",
            }),
          },
        },
      },
    }),
    "rest: KeyDelivered",
  ],
]);

table("findings", [
  [
    "wait while a key is being asked for",
    {
      objectFields: FINALIZED,
      status: { ...STATUS, attempt: ATTEMPT },
      secret: { state: "absent", read: "live" },
      view: found({ leftovers: ["ak_6"] }),
      pass: { ...ownAttempt, ownAttempt: ATTEMPT.id },
    },
    "mint",
  ],
]);
