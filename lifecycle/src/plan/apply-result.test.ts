import { describe, expect, it } from "vitest";
import type { Attempt } from "../attempt.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { applyResult } from "./apply-result.ts";
import { pauseAfterStep } from "./results/pending-commit.ts";
import type { Observed, StepResult } from "./results/step-result.ts";
import type { Step } from "./step.ts";
import {
  ABSENT,
  ATTEMPT,
  DELETING,
  FOREIGN,
  left,
  live,
  OLD,
  pinned,
  PROBLEM,
  UNWRITTEN,
  without,
  WRITTEN,
} from "./testing/plan-table.ts";
import {
  buildView,
  KEY,
  keyNamed,
  NOW,
  pendingCommitOf,
  RECORD,
  SECRET,
  type ViewChanges,
} from "./testing/view-builder.ts";
import type { CommitState, PendingCommit } from "./commit/state.ts";
import type { Dependent } from "./view/dependents.ts";
import type { View } from "./view/view.ts";

const LATER = NOW + 7;
const done = (observed: Observed = {}): StepResult => ({ outcome: "done", observed });
const REFUSED: StepResult = { outcome: "rejected", problem: PROBLEM, conflict: false };
const UNKNOWN: StepResult = { outcome: "unknown", problem: PROBLEM, conflict: false };
const CONFLICT: StepResult = { outcome: "rejected", problem: PROBLEM, conflict: true };

const guard = { uid: "secret-1", resourceVersion: "20" };
const GONE = { object: { state: "gone" } } as const;
const minted = { keyId: "ak_2", fingerprint: "fp:value-0002", hint: "0002", createdAt: NOW };
const verdict = { ready: false, reason: "Minting", message: "", progress: "reconciling" } as const;
const workload = { kind: "Deployment", name: "checkout", uid: "w1", resourceVersion: "30" } as const;
const dependent: Dependent = {
  ...workload,
  createdAt: NOW,
  fingerprint: undefined,
  restartedAt: undefined,
  rollout: { state: "complete" },
};

function writes(
  why: (Step & { kind: "write-status" })["why"],
  attempt?: Attempt,
): Step & { kind: "write-status" } {
  const status = { ...pinned, ...(attempt === undefined ? {} : { attempt }) };
  return { kind: "write-status", why, status, verdict };
}
const getKey = { kind: "get-key", keyId: "ak_1" } as const;
const describe1 = { kind: "describe-key", why: "Retained", keyId: "ak_1", description: "x" } as const;
const commits = (replaces: typeof guard | undefined): Step => ({
  kind: "commit-secret",
  record: RECORD,
  replaces,
});
const restarts: Step = { kind: "restart-workload", workload, fingerprint: "fp:1" };
const holding = (state: CommitState, changes: Partial<PendingCommit> = {}): ViewChanges => ({
  pass: { pendingCommit: pendingCommitOf({ state, ...changes }) },
});
const REVOKING: CommitState = { phase: "revoking", before: { phase: "unwritten", lock: "unchecked" } };
const givenUp: ViewChanges = { ...live, objectFields: { ...DELETING, abandon: true } };

type Row = readonly [name: string, before: ViewChanges, step: Step, result: StepResult, after: object];

function after(changes: ViewChanges, step: Step, result: StepResult, now = LATER): View {
  return applyResult(buildView(changes), step, result, now);
}

function results(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    it.each(rows)("%s", (_name, changes, step, result, expected) => {
      expect(after(changes, step, result)).toMatchObject({ now: LATER, ...expected });
    });
  });
}

results("a step that is done", [
  [
    "shows the object and the Secret as they are now",
    {},
    { kind: "add-finalizer" },
    done({ secret: SECRET, object: { state: "gone" } }),
    { secret: SECRET, object: { state: "gone" } },
  ],
  [
    "that lists the keys has the Secret looked at after it",
    live,
    { kind: "list-keys" },
    done({ listing: { startedAt: NOW, keys: [left] } }),
    { pass: { listing: { startedAt: NOW, keys: [left] } }, secret: { state: "unread" } },
  ],
  [
    "that lists nothing keeps what was listed",
    { pass: { listing: { startedAt: NOW, keys: [left] } } },
    { kind: "read-secret" },
    done({ secret: ABSENT }),
    { pass: { listing: { keys: [left] } } },
  ],
  [
    "that looks for claims shows them",
    {},
    { kind: "find-claims", keyId: "ak_1", owners: [] },
    done({ claims: { keyId: "ak_1", asked: [], living: [], complete: true, recorded: false } }),
    { pass: { claims: { keyId: "ak_1", complete: true } } },
  ],
  [
    "that looks for claims and gets no answer shows none",
    {},
    { kind: "find-claims", keyId: "ak_1", owners: [] },
    done(),
    { pass: without("claims") },
  ],
  [
    "that tags a key shows it, and whose adoption it was",
    {},
    { kind: "tag-key", attempt: ATTEMPT, keyId: "ak_1", description: "x" },
    done({ remote: KEY }),
    { pass: { tagged: ATTEMPT.id, remote: { ak_1: KEY } } },
  ],
  [
    "that reserves a key grants it",
    { pass: { allowance: undefined } },
    { kind: "reserve-key", reason: "Declared", op: "create" },
    done(),
    { pass: { allowance: "granted" } },
  ],
  [
    "that reserves a key shows what the account says by the labels that the namespace has now",
    { pass: { allowance: undefined } },
    { kind: "reserve-key", reason: "Declared", op: "create" },
    done({ account: { usable: PROBLEM, mintProblem: PROBLEM, tagsVerified: true } }),
    { account: { mintProblem: PROBLEM }, pass: { allowance: "granted" } },
  ],
  [
    "that tries the Secret's write dry passes",
    {},
    { kind: "preflight-secret", record: RECORD },
    done(),
    { pass: { preflight: "passed" } },
  ],
  [
    "that creates the Secret presumes the lock, and has the workloads looked at again",
    { ...holding({ ...UNWRITTEN, lock: "held" }), view: { dependents: { state: "read", workloads: [] } } },
    commits(undefined),
    done({ secret: SECRET }),
    {
      dependents: { state: "unread" },
      pass: { pendingCommit: { state: { phase: "written", created: true, lock: "presumed" } } },
    },
  ],
  [
    "that replaces the Secret was guarded, so that the lock stands",
    holding({ ...UNWRITTEN, lock: "held" }),
    commits(guard),
    done({ secret: SECRET }),
    { dependents: undefined, pass: { pendingCommit: { state: { created: false, lock: "held" } } } },
  ],
  [
    "that touches the Secret is remembered with the others",
    { pass: { touched: ["attempt7"] } },
    { kind: "touch-secret", guard, attempt: OLD.id },
    done(),
    { pass: { touched: ["attempt7", OLD.id] } },
  ],
  [
    "that rewrites the Secret is not repeated",
    {},
    { kind: "rewrite-secret", why: "Restored", guard, record: RECORD },
    done(),
    { pass: { rewritten: true } },
  ],
  [
    "that shows what a policy makes of the Secret keeps that",
    {},
    { kind: "preflight-secret", record: RECORD },
    done({ altered: PROBLEM }),
    { pass: { preflight: "passed", shapeProblem: PROBLEM } },
  ],
  [
    "that takes our entries out of the Secret leaves what it holds then",
    live,
    { kind: "delete-secret", guard, keep: ["DB_PASSWORD"] },
    done({ secret: { ...SECRET, owner: "none", foreign: ["DB_PASSWORD"] } }),
    { secret: { owner: "none", foreign: ["DB_PASSWORD"] } },
  ],
  ["that deletes the Secret leaves none", live, { kind: "delete-secret", guard }, done(), { secret: ABSENT }],
  [
    "that takes the Secret back leaves none, and the key to be revoked",
    {
      ...live,
      view: GONE,
      pass: { pendingCommit: pendingCommitOf({ state: { phase: "taking-back", before: WRITTEN } }) },
    },
    { kind: "take-back-secret", guard },
    done(),
    { secret: ABSENT, pass: { pendingCommit: { state: { phase: "revoking" } } } },
  ],
  [
    "that reads the workloads has the object read after them",
    live,
    { kind: "read-workloads" },
    done({ dependents: { state: "read", workloads: [dependent] } }),
    { dependents: { state: "read", workloads: [dependent] }, object: { read: "cached" } },
  ],
  [
    "that reads the workloads of an object that is gone leaves it gone",
    { view: GONE },
    { kind: "read-workloads" },
    done({ dependents: { state: "read", workloads: [] } }),
    { object: { state: "gone" } },
  ],
  [
    "that reads the Pods shows them",
    {},
    { kind: "read-pods" },
    done({ users: { state: "read", pods: [] } }),
    { users: { state: "read", pods: [] } },
  ],
  [
    "that restarts a workload shows it as it is now, and the others as they were",
    {
      view: {
        dependents: { state: "read", workloads: [dependent, { ...dependent, uid: "w2", name: "other" }] },
      },
      pass: { restarted: ["w0 fp:1"] },
    },
    restarts,
    done({ restarted: { ...dependent, fingerprint: "fp:1" } }),
    {
      dependents: {
        workloads: [
          { uid: "w1", fingerprint: "fp:1" },
          { uid: "w2", name: "other" },
        ],
      },
      pass: { restarted: ["w0 fp:1", "w1 fp:1"] },
    },
  ],
  [
    "that restarts a workload is remembered also where nothing shows the workload",
    { view: { dependents: { state: "read", workloads: [dependent] } } },
    restarts,
    done(),
    { dependents: { workloads: [dependent] }, pass: { restarted: ["w1 fp:1"] } },
  ],
  [
    "that restarts a workload whose view was lost is remembered",
    { view: { dependents: { state: "unread" } } },
    restarts,
    done({ restarted: dependent }),
    { dependents: { state: "unread" }, pass: { restarted: ["w1 fp:1"] } },
  ],
  [
    "that restarts a workload is remembered where restarts are switched off by now",
    {},
    restarts,
    done({ restarted: dependent }),
    { pass: { restarted: ["w1 fp:1"] } },
  ],
  [
    "that revokes a key shows that it is gone",
    { pass: { remote: { ak_1: KEY } } },
    { kind: "revoke-key", keyId: "ak_1", reason: "Deleted" },
    done(),
    { pass: { remote: { ak_1: "absent" } } },
  ],
  [
    "that revokes the key of a pending commit ends it",
    holding({ phase: "revoking", before: UNWRITTEN }),
    { kind: "revoke-key", keyId: "ak_2", reason: "CommitLost" },
    done(),
    { pass: without("pendingCommit") },
  ],
  [
    "that revokes another key leaves a pending commit",
    holding(UNWRITTEN),
    { kind: "revoke-key", keyId: "ak_1", reason: "Retired" },
    done(),
    { pass: { pendingCommit: { keyId: "ak_2" }, remote: { ak_1: "absent" } } },
  ],
  [
    "that describes a key shows it as it is now",
    { pass: { remote: { ak_1: FOREIGN } } },
    describe1,
    done({ remote: KEY }),
    { pass: { remote: { ak_1: KEY } } },
  ],
  [
    "that writes an attempt ahead may act on it",
    {},
    writes("WriteAhead", ATTEMPT),
    done(),
    { pass: { ownAttempt: ATTEMPT.id } },
  ],
  [
    "that records something else takes no attempt for its own",
    {},
    writes("Listed", ATTEMPT),
    done(),
    { pass: without("ownAttempt") },
  ],
  [
    "that abandons an attempt has the Secret looked at after it",
    { ...live, pass: { pendingCommit: pendingCommitOf({ state: UNWRITTEN }) } },
    writes("Abandon"),
    done(),
    { secret: { state: "unread" }, pass: { pendingCommit: { state: UNWRITTEN } } },
  ],
  [
    "that abandons the attempt of a value that is nowhere ends its commit",
    holding({ phase: "abandoning", before: WRITTEN, problem: PROBLEM, undelivered: false }),
    writes("Abandon"),
    done(),
    { pass: without("pendingCommit") },
  ],
  [
    "that records a written value ends its commit",
    holding(WRITTEN),
    writes("Committed"),
    done(),
    { pass: without("pendingCommit") },
  ],
  [
    "that records something while an attempt stands ends no commit",
    holding(WRITTEN),
    writes("Report", ATTEMPT),
    done(),
    { pass: { pendingCommit: { state: WRITTEN } } },
  ],
  [
    "that mints begins a commit, and makes an older listing useless",
    { pass: { listing: { startedAt: NOW, keys: [] }, remote: { ak_1: KEY } } },
    { kind: "mint", attempt: ATTEMPT },
    done({ minted }),
    {
      pass: {
        remote: { ak_1: KEY },
        pendingCommit: { ...minted, attempt: ATTEMPT, receivedAt: LATER, failures: 0, state: UNWRITTEN },
      },
    },
  ],
]);

describe("an older look at a key", () => {
  const seen = { ak_0: keyNamed("ak_0", "attempt6"), ak_1: KEY };

  it.each([
    ["a roll", { kind: "roll", attempt: ATTEMPT, keyId: "ak_1" }, done({ minted })],
    ["a roll without a certain outcome", { kind: "roll", attempt: ATTEMPT, keyId: "ak_1" }, UNKNOWN],
    [
      "a tag without a certain outcome",
      { kind: "tag-key", attempt: ATTEMPT, keyId: "ak_1", description: "x" },
      UNKNOWN,
    ],
  ] satisfies (readonly [string, Step, StepResult])[])(
    "is forgotten with %s, and no other",
    (_what, step, result) => {
      expect(after({ pass: { remote: seen } }, step, result).pass.remote).toEqual({ ak_0: seen.ak_0 });
    },
  );

  it("is forgotten with a mint where it was a listing, whatever the outcome", () => {
    const changes = { pass: { listing: { startedAt: NOW, keys: [] }, remote: seen } };
    const { pass } = after(changes, { kind: "mint", attempt: ATTEMPT }, UNKNOWN);
    expect(pass.listing).toBeUndefined();
    expect(pass.remote).toEqual(seen);
  });

  it("stays with every other step", () => {
    const changes = { pass: { listing: { startedAt: NOW, keys: [] }, remote: seen } };
    const { pass } = after(changes, writes("Listed"), done());
    expect(pass).toMatchObject({ remote: seen, listing: { keys: [] } });
  });
});

it("A mint that is done without a key is a mistake of the caller", () => {
  expect(() => after({}, { kind: "mint", attempt: ATTEMPT }, done())).toThrow("gives a key");
});

describe("the object, read again", () => {
  const changed = { objectFields: { ...live.objectFields, resourceVersion: "11" } };
  const { object } = buildView({ ...live, ...changed });
  const looked: ViewChanges = {
    ...live,
    view: { dependents: { state: "read", workloads: [] }, users: { state: "read", pods: [] } },
    pass: { remote: { ak_0: "absent", ak_1: KEY, ak_3: { ...KEY, status: "revoked" } } },
  };

  it("in another version makes older looks at everything else useless, but at what is gone for good", () => {
    const view = after(looked, { kind: "read-object" }, done({ object }));
    expect(view).toMatchObject({ dependents: { state: "unread" }, users: { state: "unread" } });
    expect(view.secret).toEqual({ ...SECRET, read: "cached" });
    expect(view.pass.remote).toEqual({ ak_0: "absent", ak_3: { ...KEY, status: "revoked" } });
  });

  it("in another version has a Secret looked for that was not there", () => {
    const view = after({ ...live, secret: ABSENT }, { kind: "read-object" }, done({ object }));
    expect(view.secret).toEqual({ state: "unread" });
    expect(view.dependents).toBeUndefined();
    expect(view.users).toBeUndefined();
  });

  it("in the same version changes nothing of that", () => {
    const { object: same } = buildView(live);
    const view = after(looked, { kind: "read-object" }, done({ object: same }));
    expect(view.secret).toEqual(SECRET);
    expect(view.pass.remote).toMatchObject({ ak_1: KEY });
  });

  it.each([
    ["is gone by now", live, { state: "gone" }],
    ["was gone before", { ...live, view: GONE }, object],
  ] satisfies (readonly [string, ViewChanges, View["object"]])[])(
    "where it %s changes nothing of that",
    (_when, before, now) => {
      expect(after(before, { kind: "read-object" }, done({ object: now })).secret).toEqual(SECRET);
    },
  );
});

/** The object after a look at the Secret while an attempt is under way. */
function reading(attempt: Partial<Attempt>): View["object"] {
  const changes = { ...live, statusFields: { attempt: { ...ATTEMPT, ...attempt } } };
  return after(changes, { kind: "read-secret" }, done({ secret: SECRET })).object;
}

describe("the Secret, read while an attempt is under way", () => {
  it("has the lock of an adoption looked at after it", () => {
    expect(reading({ op: "adopt" })).toMatchObject({ read: "cached" });
  });

  it("needs no such look for a create", () => {
    expect(reading({ op: "create" })).toMatchObject({ read: "live" });
  });

  it("needs none where the object is gone", () => {
    expect(after({ view: GONE }, { kind: "read-secret" }, done({ secret: SECRET })).secret).toEqual(SECRET);
  });
});

const pause = LATER + TIMING.retryAfterFailure;

results("a step that failed", [
  ...(["mint", "roll", "tag-key"] as const).map((kind): Row => {
    const step = { kind, attempt: ATTEMPT, keyId: "ak_1", description: "x" } as const;
    return [
      `${kind}, leaves its attempt to be ended, and no key to be had for a while`,
      {},
      step,
      UNKNOWN,
      {
        pass: {
          mint: { attempt: ATTEMPT.id, outcome: "unknown", problem: PROBLEM },
          allowance: { until: pause, problem: PROBLEM },
        },
      },
    ];
  }),
  [
    "to reserve a key says until when none is to be had",
    { pass: { allowance: undefined } },
    { kind: "reserve-key", reason: "Declared", op: "create" },
    { ...REFUSED, retryAt: NOW + 99 },
    { pass: { allowance: { until: NOW + 99, problem: PROBLEM } } },
  ],
  [
    "to reserve a key, and does not say until when, is followed by the usual pause",
    { pass: { allowance: undefined } },
    { kind: "reserve-key", reason: "Declared", op: "create" },
    REFUSED,
    { pass: { allowance: { until: pause, problem: PROBLEM } } },
  ],
  [
    "to try the Secret's write dry says why",
    {},
    { kind: "preflight-secret", record: RECORD },
    REFUSED,
    { pass: { preflight: PROBLEM } },
  ],
  [
    "to try it dry because the name is taken has the Secret looked at",
    {},
    { kind: "preflight-secret", record: RECORD },
    CONFLICT,
    { secret: { state: "unread" }, pass: { preflight: "due" } },
  ],
  ...[writes("Report"), { kind: "add-finalizer" } as const, { kind: "remove-finalizer" } as const].map(
    (step): Row => [
      `${step.kind}, because the object had changed, has it read again`,
      live,
      step,
      CONFLICT,
      { object: { read: "cached" }, secret: SECRET, pass: { statusUnwritable: false } },
    ],
  ),
  [
    "because the Secret had changed has it read again",
    live,
    { kind: "delete-secret", guard },
    CONFLICT,
    { object: { read: "live" }, secret: { state: "unread" } },
  ],
  [
    "to repair the Secret is reported last",
    live,
    { kind: "rewrite-secret", why: "Restored", guard, record: RECORD },
    REFUSED,
    { pass: { rewritten: true, shapeProblem: PROBLEM } },
  ],
  [
    "to commit an adoption ends the pass",
    live,
    { kind: "rewrite-secret", why: "Adopted", guard, record: RECORD },
    REFUSED,
    { pass: { rewritten: false, failure: PROBLEM, statusUnwritable: false } },
  ],
  [
    "to write the status ends the pass without another try",
    live,
    writes("Report"),
    REFUSED,
    { pass: { failure: PROBLEM, statusUnwritable: true } },
  ],
  ["to look at a key ends the pass", live, getKey, REFUSED, { pass: { failure: PROBLEM } }],
  [
    "to look at a key of an object that is deleted ends the pass",
    { ...live, objectFields: DELETING },
    getKey,
    REFUSED,
    { pass: { failure: PROBLEM } },
  ],
  [
    "to look at a key of an object that is to be given up, and is not deleted, ends the pass",
    { ...live, objectFields: { ...live.objectFields, abandon: true } },
    getKey,
    REFUSED,
    { pass: { failure: PROBLEM } },
  ],
  ["to look at a key that is given up lets it go", givenUp, getKey, REFUSED, { pass: { untagFailed: true } }],
  [
    "to describe a key that is given up lets it go",
    givenUp,
    describe1,
    REFUSED,
    { pass: { untagFailed: true } },
  ],
  [
    "to describe a key that is not given up ends the pass",
    live,
    describe1,
    REFUSED,
    { pass: { failure: PROBLEM } },
  ],
  [
    "otherwise, where an object is given up, ends the pass",
    givenUp,
    { kind: "read-secret" },
    REFUSED,
    { pass: { failure: PROBLEM } },
  ],
  [
    "where the object is gone ends the pass",
    { view: GONE },
    { kind: "read-secret" },
    REFUSED,
    { pass: { failure: PROBLEM } },
  ],
  [
    "to read the workloads holds back no more than a revocation",
    live,
    { kind: "read-workloads" },
    REFUSED,
    { dependents: { state: "failed", problem: PROBLEM }, pass: without("failure") },
  ],
  [
    "to read the Pods holds back no more than a revocation",
    live,
    { kind: "read-pods" },
    REFUSED,
    { users: { state: "failed", problem: PROBLEM }, pass: without("failure") },
  ],
  [
    "to restart a workload is not repeated, and reported last",
    { ...live, pass: { restarted: ["w0 fp:1"] } },
    restarts,
    REFUSED,
    { pass: { restarted: ["w0 fp:1", "w1 fp:1"], restartProblem: PROBLEM } },
  ],
]);

const received = pendingCommitOf().receivedAt;
const lastMoment = received + TIMING.commitBudget - 1;
const over = lastMoment + 1;

describe("a failure beside a pending commit", () => {
  type Case = readonly [string, CommitState, Step, StepResult, number, View["pass"] | object];
  const cases: readonly Case[] = [
    [
      "has the lock looked at again",
      { ...UNWRITTEN, lock: "held" },
      getKey,
      UNKNOWN,
      lastMoment,
      { pendingCommit: { state: UNWRITTEN, failures: 1 } },
    ],
    [
      "ends the pass when the time is over",
      UNWRITTEN,
      getKey,
      UNKNOWN,
      over,
      { failure: PROBLEM, pendingCommit: { state: UNWRITTEN } },
    ],
    [
      "to revoke returns to the phase before",
      { phase: "revoking", before: UNWRITTEN },
      { kind: "revoke-key", keyId: "ak_2", reason: "CommitLost" },
      UNKNOWN,
      lastMoment,
      { pendingCommit: { state: UNWRITTEN, failures: 1 } },
    ],
    [
      "to revoke ends the pass when the time is over",
      { phase: "revoking", before: UNWRITTEN },
      { kind: "revoke-key", keyId: "ak_2", reason: "CommitLost" },
      UNKNOWN,
      over,
      { failure: PROBLEM },
    ],
    [
      "of its own create is looked at",
      { ...UNWRITTEN, lock: "held" },
      commits(undefined),
      UNKNOWN,
      lastMoment,
      { pendingCommit: { state: without("problem") } },
    ],
    [
      "of its own create is given up when the time is over, unless it took effect",
      { ...UNWRITTEN, lock: "held" },
      commits(undefined),
      UNKNOWN,
      over,
      { pendingCommit: { state: { phase: "uncertain", created: true, problem: PROBLEM } } },
    ],
    [
      "of its own replacement is looked at",
      { ...UNWRITTEN, lock: "held" },
      commits(guard),
      UNKNOWN,
      lastMoment,
      { pendingCommit: { state: { phase: "uncertain", created: false } } },
    ],
    [
      "leaves the rest to the records when the time is over",
      UNWRITTEN,
      { kind: "read-object" },
      UNKNOWN,
      over,
      { failure: PROBLEM, statusUnwritable: true },
    ],
    [
      "of a status written over a version that was looked at leaves the rest to the records, too",
      { ...WRITTEN, lock: "held" },
      writes("Committed"),
      CONFLICT,
      over,
      { failure: PROBLEM, statusUnwritable: true },
    ],
    [
      "of one that presumed the lock has it looked at, also when the time is over",
      { ...WRITTEN, created: true, lock: "presumed" },
      writes("Committed"),
      CONFLICT,
      over,
      { pendingCommit: { state: { ...WRITTEN, created: true, lock: "unchecked" }, failures: 1 } },
    ],
    [
      "of one that presumed the lock and was not answered leaves the rest to the records",
      { ...WRITTEN, created: true, lock: "presumed" },
      writes("Committed"),
      UNKNOWN,
      over,
      { failure: PROBLEM, statusUnwritable: true },
    ],
    [
      "of a read has it repeated",
      UNWRITTEN,
      { kind: "read-object" },
      UNKNOWN,
      lastMoment,
      { pendingCommit: { failures: 1 } },
    ],
  ];

  it.each(cases)("%s", (_name, state, step, result, now, pass) => {
    expect(after(holding(state), step, result, now).pass).toMatchObject(pass);
  });

  it("of its own write has the Secret looked at", () => {
    expect(after({ ...live, ...holding(UNWRITTEN) }, commits(guard), UNKNOWN).secret).toEqual({
      state: "unread",
    });
  });

  it("has the object read again where that had changed, and only then", () => {
    const changes = { ...live, ...holding(WRITTEN) };
    expect(after(changes, writes("Committed"), CONFLICT).object).toMatchObject({ read: "cached" });
    expect(after(changes, writes("Committed"), UNKNOWN).object).toMatchObject({ read: "live" });
  });

  it("has the key revoked where the object is gone and the time is over", () => {
    const changes = { ...holding(UNWRITTEN), secret: ABSENT, view: GONE };
    const { pass } = after(changes, { kind: "read-secret" }, UNKNOWN, over);
    expect(pass).toMatchObject({ pendingCommit: { state: { phase: "revoking" }, failures: 1 } });
    expect(pass.failure).toBeUndefined();
  });

  it.each([
    [0, 0],
    [1, 250],
    [2, 500],
    [6, 8_000],
    [7, 8_000],
  ])("after %d failures is followed by a pause of %d ms", (failures, ms) => {
    const view = buildView({ pass: { pendingCommit: pendingCommitOf({ failures }) } });
    expect(pauseAfterStep(view, REFUSED, view)).toBe(ms);
  });

  it("is followed by none where the step was done", () => {
    const view = buildView({ pass: { pendingCommit: pendingCommitOf({ failures: 3 }) } });
    expect(pauseAfterStep(view, done(), view)).toBe(0);
  });

  it("is followed by none without a commit", () => {
    expect(pauseAfterStep(buildView(), REFUSED, buildView())).toBe(0);
  });
});

function looking(state: CommitState, keyId: string, remote: typeof KEY | "absent"): View {
  const changes = { account: { tagsVerified: false }, ...holding(state) };
  return after(changes, { kind: "get-key", keyId }, done({ remote }));
}

describe("a look at a key", () => {
  it("ends no commit of a written value, whatever it shows", () => {
    const view = looking(WRITTEN, "ak_2", { ...FOREIGN, id: "ak_2" });
    expect(view.pass.pendingCommit).toMatchObject({ state: WRITTEN });
    expect(view.account.tagsVerified).toBe(true);
  });

  it("says nothing of tags where it is at another key", () => {
    expect(looking(WRITTEN, "ak_1", KEY).account.tagsVerified).toBe(false);
  });

  it("says nothing where no commit is pending", () => {
    const view = after({ account: { tagsVerified: false } }, getKey, done({ remote: KEY }));
    expect(view.account.tagsVerified).toBe(false);
    expect(view.pass.remote).toEqual({ ak_1: KEY });
  });

  it("at a key that waits to be written does not end its commit", () => {
    expect(looking(UNWRITTEN, "ak_2", "absent").pass.pendingCommit).toMatchObject({ state: UNWRITTEN });
  });

  it("that comes too early to see a key is a failure of its commit, and is taken again after a pause", () => {
    const before = buildView(holding(REVOKING));
    const view = looking(REVOKING, "ak_2", "absent");
    expect(view.pass.pendingCommit).toMatchObject({ failures: 1, state: { phase: "unwritten" } });
    expect(view.pass.remote).toEqual({});
    expect(pauseAfterStep(before, done({ remote: "absent" }), view)).toBe(TIMING.commitRetry);
  });

  it("shows that a key is gone once a settle time is over", () => {
    const receivedAt = LATER - TIMING.settleTime;
    const view = after(holding(REVOKING, { receivedAt }), { kind: "get-key", keyId: "ak_2" }, done());
    expect(view.pass.pendingCommit).toBeUndefined();
  });
});
