import { describe, expect, it } from "vitest";
import { buildView, NOW, pendingCommitOf, RECORD, SECRET } from "../testing/view-builder.ts";
import type { ObjectView } from "../view/object.ts";
import type { Problem } from "../view/problem.ts";
import type { SecretView } from "../view/secret.ts";
import type { StatusRecord } from "../view/status.ts";
import type { CommitState, PendingCommit, Unwritten, Written } from "./state.ts";
import { nextCommit, type CommitInput } from "./transitions.ts";

const CREATE = pendingCommitOf().attempt;
const PROBLEM: Problem = { reason: "SecretConflict", message: "not ours", transient: false };
function conflict(message: string): Problem {
  return { reason: "SecretConflict", message, transient: false };
}

const EMPTY: StatusRecord = { revision: 0, abandoned: [], previous: [] };
const GONE = { state: "gone" } as const;
const UNREAD: SecretView = { state: "unread" };
const ABSENT: SecretView = { state: "absent", read: "live" };
const COMMIT = { ...RECORD, keyId: "ak_2", attempt: CREATE.id, fingerprint: "fp:value-0002" };
const OURS: SecretView = { ...SECRET, record: COMMIT, fingerprint: COMMIT.fingerprint };
const BEFORE: SecretView = SECRET;
const TAKEN: SecretView = { ...SECRET, foreign: [".env"], taken: ".env" };
const FORGED: SecretView = { ...SECRET, record: COMMIT, fingerprint: "fp:junk" };
const STRIPPED: SecretView = { ...SECRET, owner: "none", record: undefined, fingerprint: COMMIT.fingerprint };
const FOREIGN: SecretView = { ...SECRET, owner: "other", record: undefined };

const UNWRITTEN: Unwritten = { phase: "unwritten", lock: "unchecked" };
const HELD: Unwritten = { phase: "unwritten", lock: "held" };
const HOPELESS: Unwritten = { ...UNWRITTEN, problem: PROBLEM };
const WRITTEN: Written = { phase: "written", lock: "unchecked", created: false };
const CREATED: Written = { ...WRITTEN, created: true };
const PRESUMED: Written = { ...CREATED, lock: "presumed" };
const UNCERTAIN: CommitState = { phase: "uncertain", created: true };
const TAKING_BACK: CommitState = { phase: "taking-back", before: CREATED };
const REVOKING: CommitState = { phase: "revoking", before: UNWRITTEN };
const WIPED: CommitState = {
  phase: "abandoning",
  before: UNWRITTEN,
  problem: {
    reason: "CreateOutcomeUnknown",
    message:
      "the record of the attempt was removed from the status while its key was made; the key is revoked",
    transient: true,
  },
  undelivered: false,
};
const GIVING_UP: CommitState = { phase: "abandoning", before: HOPELESS, problem: PROBLEM, undelivered: true };

function objectWith(status: Partial<StatusRecord>, fields: Partial<ObjectView> = {}): ObjectView {
  const { object } = buildView({ status: { ...EMPTY, ...status }, objectFields: fields });
  if (object.state === "gone") throw new TypeError("it is there");
  return object;
}

const NAMES_IT = objectWith({ attempt: CREATE });
const NAMES_ANOTHER = objectWith({ attempt: { ...CREATE, id: "attempt9" } });
const NAMES_NONE = objectWith({});
const DELETED = objectWith({ attempt: CREATE }, { deleting: true });
const ANOTHERS = { ...CREATE, id: "attempt9", abandonedAt: NOW, listings: 1 };
const RECORDED = objectWith({ keyId: "ak_2", attempt: { ...CREATE, id: "attempt9" } });
const abandonedWith = (listings: number): ObjectView =>
  objectWith({ abandoned: [{ ...CREATE, abandonedAt: NOW, listings }] });

function objectRead(object: ObjectView | typeof GONE, secret: SecretView = ABSENT): CommitInput {
  return { type: "object-read", object, secret };
}

function secretRead(secret: SecretView, object: ObjectView | typeof GONE = NAMES_IT): CommitInput {
  return { type: "secret-read", object, secret };
}

type Row = readonly [name: string, from: CommitState, input: CommitInput, to: CommitState | "ended"];

function transitions(title: string, rows: readonly Row[], changes: Partial<PendingCommit> = {}): void {
  describe(title, () => {
    it.each(rows)("%s", (_name, from, input, to) => {
      const next = nextCommit(pendingCommitOf({ ...changes, state: from }), input);
      expect(next?.state ?? "ended").toEqual(to);
    });
  });
}

transitions("the live ApiKey", [
  ["gives the lock where it names the attempt", UNWRITTEN, objectRead(NAMES_IT), HELD],
  ["gives it for a Secret that is to be replaced", UNWRITTEN, objectRead(NAMES_IT, BEFORE), HELD],
  [
    "has the key given up whose value would replace that of somebody else's Secret",
    UNWRITTEN,
    objectRead(NAMES_IT, FOREIGN),
    {
      phase: "abandoning",
      before: UNWRITTEN,
      problem: conflict("the Secret is not this ApiKey's; the key that was minted for it is revoked"),
      undelivered: true,
    },
  ],
  [
    "has the key given up whose entry another user has taken meanwhile",
    UNWRITTEN,
    objectRead(NAMES_IT, TAKEN),
    {
      phase: "abandoning",
      before: UNWRITTEN,
      problem: {
        reason: "SecretEntryConflict",
        message:
          "the Secret has an entry .env that the controller has not written; the key that was minted for it is revoked",
        transient: false,
      },
      undelivered: true,
    },
  ],
  ["gives it to a value that is written", CREATED, objectRead(NAMES_IT, OURS), { ...CREATED, lock: "held" }],
  ["gives no lock while it is deleted, before anything is written", UNWRITTEN, objectRead(DELETED), REVOKING],
  [
    "gives it while it is deleted to a value that is written",
    WRITTEN,
    objectRead(DELETED, OURS),
    { ...WRITTEN, lock: "held" },
  ],
  [
    "gives the lock although it lists another attempt as abandoned",
    UNWRITTEN,
    objectRead(objectWith({ attempt: CREATE, abandoned: [ANOTHERS] })),
    HELD,
  ],
  [
    "has an attempt abandoned that it does not name, although it lists another one",
    UNWRITTEN,
    objectRead(objectWith({ abandoned: [ANOTHERS] })),
    WIPED,
  ],
  ["ends the commit of a key that it records", UNWRITTEN, objectRead(RECORDED), "ended"],
  [
    "ends a commit whose record was wiped after the value was written",
    CREATED,
    objectRead(NAMES_NONE, OURS),
    "ended",
  ],
  ["has an attempt abandoned whose record was wiped before", UNWRITTEN, objectRead(NAMES_NONE), WIPED],
  [
    "has an attempt abandoned that another has replaced without a trace",
    UNWRITTEN,
    objectRead(NAMES_ANOTHER),
    WIPED,
  ],
  [
    "leaves the key to a recovery that may accept the commit",
    UNWRITTEN,
    objectRead(abandonedWith(0)),
    "ended",
  ],
  [
    "has the key revoked once no recovery accepts it any more",
    UNWRITTEN,
    objectRead(abandonedWith(1)),
    REVOKING,
  ],
  ["has the key revoked when it is gone", UNWRITTEN, objectRead(GONE), REVOKING],
  ["says nothing about a write of unknown outcome", UNCERTAIN, objectRead(NAMES_ANOTHER), UNCERTAIN],
  ["has a value given up that cannot be written", HOPELESS, objectRead(NAMES_IT), GIVING_UP],
]);

transitions("a Secret under a lost lock", [
  ["is taken back where this pass created it", CREATED, objectRead(abandonedWith(0), OURS), TAKING_BACK],
  [
    "is taken back where the ApiKey names another attempt by now",
    CREATED,
    objectRead(NAMES_ANOTHER, OURS),
    TAKING_BACK,
  ],
  [
    "is left to the attempt that the ApiKey names, where it was there before",
    WRITTEN,
    objectRead(NAMES_ANOTHER, OURS),
    "ended",
  ],
  ["is looked at first where that is not known", CREATED, objectRead(abandonedWith(0), UNREAD), TAKING_BACK],
  ["is left alone where it was there before", WRITTEN, objectRead(abandonedWith(0), OURS), "ended"],
  [
    "is taken back where it holds the value without its annotations",
    UNWRITTEN,
    objectRead(abandonedWith(0), STRIPPED),
    { phase: "taking-back", before: UNWRITTEN },
  ],
  [
    "is left alone where another has written it since",
    CREATED,
    objectRead(abandonedWith(0), BEFORE),
    "ended",
  ],
  [
    "is taken back where the ApiKey is gone, whoever created it",
    WRITTEN,
    objectRead(GONE, OURS),
    { phase: "taking-back", before: WRITTEN },
  ],
  [
    "that is taken back leaves the key to be revoked",
    TAKING_BACK,
    { type: "taken-back", object: GONE },
    REVOKING,
  ],
  [
    "that is taken back leaves the key to the recovery",
    TAKING_BACK,
    { type: "taken-back", object: abandonedWith(0) },
    "ended",
  ],
]);

transitions("a look at the Secret", [
  ["shows a write that took effect", UNCERTAIN, secretRead(OURS), CREATED],
  ["shows a value that is there although it was not written yet", UNWRITTEN, secretRead(OURS), WRITTEN],
  ["shows a write that did not", UNCERTAIN, secretRead(ABSENT), UNWRITTEN],
  ["shows an earlier value of ours, which is replaced", UNCERTAIN, secretRead(BEFORE), UNWRITTEN],
  [
    "shows a value whose annotations were stripped, which is written again",
    UNCERTAIN,
    secretRead(STRIPPED),
    UNWRITTEN,
  ],
  [
    "shows a forgery",
    UNCERTAIN,
    secretRead(FORGED),
    {
      ...UNWRITTEN,
      problem: conflict(
        "the Secret carries our attempt with data that is not ours; the key that was minted for it is revoked",
      ),
    },
  ],
  [
    "shows a Secret of another owner",
    UNWRITTEN,
    secretRead(FOREIGN),
    {
      ...UNWRITTEN,
      problem: conflict("the Secret is not this ApiKey's; the key that was minted for it is revoked"),
    },
  ],
  [
    "shows a Secret whose record was lost, which is written again",
    UNCERTAIN,
    secretRead({ ...SECRET, record: undefined }),
    UNWRITTEN,
  ],
  [
    "shows a Secret of another owner that claims our attempt: a forgery",
    UNCERTAIN,
    secretRead({ ...OURS, owner: "other" }),
    {
      ...UNWRITTEN,
      problem: conflict(
        "the Secret carries our attempt with data that is not ours; the key that was minted for it is revoked",
      ),
    },
  ],
  ["does not take back that the value was written", CREATED, secretRead(BEFORE), CREATED],
  [
    "that was not answered says nothing of a write, also where the ApiKey is gone",
    UNCERTAIN,
    secretRead(UNREAD, GONE),
    UNCERTAIN,
  ],
  ["keeps what was wrong where the value is not there", HOPELESS, secretRead(ABSENT), HOPELESS],
  [
    "keeps that the time was over",
    { phase: "uncertain", created: false, problem: PROBLEM },
    secretRead(ABSENT),
    HOPELESS,
  ],
  ["forgets it where the value is there", HOPELESS, secretRead(OURS), WRITTEN],
  ["asks for the lock again", { ...WRITTEN, lock: "held" }, secretRead(OURS), WRITTEN],
  ["is followed by an end at once where the ApiKey is gone", UNCERTAIN, secretRead(OURS, GONE), TAKING_BACK],
  ["leaves a key to be revoked where the ApiKey is gone", UNCERTAIN, secretRead(ABSENT, GONE), REVOKING],
  ["that was not answered changes nothing", UNCERTAIN, secretRead(UNREAD), UNCERTAIN],
]);

transitions("a write of the Secret", [
  [
    "that created it presumes the lock: the status is written over the version that was looked at before",
    HELD,
    { type: "written", created: true },
    PRESUMED,
  ],
  [
    "that replaced it was guarded, so that the lock stands",
    HELD,
    { type: "written", created: false },
    { ...WRITTEN, lock: "held" },
  ],
  ["without a certain outcome is looked at", HELD, { type: "write-failed", created: true }, UNCERTAIN],
  [
    "that failed when the time was over is given up, unless it took effect",
    HELD,
    { type: "write-failed", created: false, problem: PROBLEM },
    { phase: "uncertain", created: false, problem: PROBLEM },
  ],
]);

transitions("the end", [
  ["comes with the record of a written value", { ...WRITTEN, lock: "held" }, { type: "recorded" }, "ended"],
  ["does not come with a record before that", HELD, { type: "recorded" }, HELD],
  ["comes with the record, where the lock was presumed", PRESUMED, { type: "recorded" }, "ended"],
  ["does not come without the lock", CREATED, { type: "recorded" }, CREATED],
  ["comes with the revocation", REVOKING, { type: "revoked" }, "ended"],
  ["comes with the revocation, whatever was under way", HELD, { type: "revoked" }, "ended"],
  [
    "comes with the record of an abandoned attempt whose Secret was there before",
    { ...WIPED, before: WRITTEN },
    { type: "abandoned" },
    "ended",
  ],
  ["comes where the key is not ours to revoke", REVOKING, { type: "not-revocable" }, "ended"],
  ["does not come for a written value whose tag is not kept", WRITTEN, { type: "not-revocable" }, WRITTEN],
  ["comes with the record of an abandoned attempt that left nothing", WIPED, { type: "abandoned" }, "ended"],
  ["is put off for a last look where the value may be there", GIVING_UP, { type: "abandoned" }, HOPELESS],
  [
    "is put off for a last look where this pass created the Secret",
    { ...WIPED, before: CREATED },
    { type: "abandoned" },
    CREATED,
  ],
  ["does not come with another's abandoned attempt", HELD, { type: "abandoned" }, HELD],
]);

transitions("a failed step", [
  ["has the lock checked again", { ...WRITTEN, lock: "held" }, { type: "failed" }, WRITTEN],
  ["has the lock checked where it was presumed", PRESUMED, { type: "failed" }, CREATED],
  ["returns to the phase before the undoing", TAKING_BACK, { type: "failed" }, CREATED],
  ["leaves a write of unknown outcome to be looked at", UNCERTAIN, { type: "failed" }, UNCERTAIN],
  [
    "after the time was over, of an ApiKey that is gone, has the key revoked",
    TAKING_BACK,
    { type: "timed-out", secret: OURS },
    REVOKING,
  ],
]);

transitions(
  "a roll",
  [
    ["is never revoked when its ApiKey is gone", UNWRITTEN, objectRead(GONE), "ended"],
    ["is never revoked while its ApiKey is deleted", UNWRITTEN, objectRead(DELETED), "ended"],
    [
      "is recorded by its value, since it keeps its key",
      UNWRITTEN,
      objectRead(objectWith({ keyId: "ak_2", fingerprint: "fp:value-0002" })),
      "ended",
    ],
    [
      "is not recorded by its key alone",
      UNWRITTEN,
      objectRead(objectWith({ keyId: "ak_2", fingerprint: "fp:before", attempt: CREATE })),
      HELD,
    ],
  ],
  { attempt: { ...CREATE, op: "roll" } },
);

transitions(
  "a value that is adopted",
  [
    [
      "may have been in the Secret before, so that it is not taken back",
      UNWRITTEN,
      objectRead(abandonedWith(0), STRIPPED),
      "ended",
    ],
  ],
  { attempt: { ...CREATE, op: "adopt" } },
);

describe("the count of failures", () => {
  it.each([
    ["grows with a failed step", { type: "failed" }, 3],
    ["grows with a failed write", { type: "write-failed", created: true }, 3],
    ["grows when the time is over", { type: "timed-out", secret: ABSENT }, 3],
    ["stays with a step that is done", { type: "written", created: true }, 2],
  ] as const)("%s", (_name, input, failures) => {
    expect(nextCommit(pendingCommitOf({ failures: 2, state: HELD }), input)?.failures).toBe(failures);
  });
});
