import { describe, expect, it } from "vitest";
import { applyResult } from "./apply-result.ts";
import type { Dependent, DependentsView, RestartRecord, SecretUsersView } from "./view/dependents.ts";
import { plan } from "./plan.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import {
  ownAttempt,
  WRITTEN,
  DELETING,
  due,
  gone,
  live,
  PROBLEM,
  retiring,
  said,
  table,
  zero,
  saying,
  without,
} from "./testing/plan-table.ts";
import {
  buildView,
  pendingCommitOf,
  KEY,
  keyNamed,
  NOW,
  RECORD,
  STATUS,
  type ViewChanges,
} from "./testing/view-builder.ts";

const HOUR = 3_600_000;
const WITHOUT_RESTART = without("restart");

const { restartDelay, rolloutDeadline, rolloutPoll, retryAfterFailure, retryAfterRefusal } = DEFAULT_TIMING;

const checkout: Dependent = {
  kind: "Deployment",
  name: "checkout",
  uid: "workload-1",
  resourceVersion: "30",
  createdAt: NOW - 24 * HOUR,
  fingerprint: RECORD.fingerprint,
  restartedAt: undefined,
  rollout: { state: "complete" },
};
const untold: Dependent = { ...checkout, fingerprint: "fp:value-0000" };
const progressing: Dependent = { ...checkout, rollout: { state: "progressing" } };
const paused: Dependent = { ...checkout, rollout: { state: "stuck", why: "is paused" } };

/** The value was committed long enough ago. */
const pending: RestartRecord = { fingerprint: RECORD.fingerprint, committedAt: NOW - restartDelay };
const told: RestartRecord = { ...pending, restartedAt: NOW - 5_000 };
const complete: RestartRecord = { ...told, completedAt: NOW - 1_000 };

const UNREAD: DependentsView = { state: "unread" };
const read = (...workloads: readonly Dependent[]): DependentsView => ({ state: "read", workloads });
const overdue = { ...retiring, replacedAt: NOW - HOUR };
const remote = { ak_1: KEY, ak_0: zero };

function restarting(
  restart: RestartRecord | undefined,
  dependents: DependentsView | undefined,
  changes: ViewChanges = {},
): ViewChanges {
  const statusFields = { ...(restart === undefined ? {} : { restart }), ...changes.statusFields };
  return { ...live, ...changes, statusFields, view: { dependents, ...changes.view } };
}

/** As above, with a previous key whose time is over; nothing else keeps it. */
function retired(
  restart: RestartRecord | undefined,
  dependents: DependentsView | undefined,
  changes: ViewChanges = {},
): ViewChanges {
  const statusFields = { previous: [overdue], ...changes.statusFields };
  return restarting(restart, dependents, {
    account: due.account,
    pass: { remote },
    ...changes,
    statusFields,
  });
}

const rotated = {
  ...live,
  statusFields: { attempt: { ...pendingCommitOf().attempt, revision: 2 } },
  pass: {
    pendingCommit: pendingCommitOf({
      attempt: { ...pendingCommitOf().attempt, revision: 2 },
      state: WRITTEN,
    }),
  },
};

table("a committed value", [
  [
    "calls for a restart where it replaces another",
    { ...rotated, view: { dependents: UNREAD } },
    "Committed",
    { status: { restart: { fingerprint: "fp:value-0002", committedAt: NOW - 400 } } },
  ],
  [
    "counts as committed when it is recorded, where its write took long: until then Pods were given the old one",
    {
      ...rotated,
      secretFields: { record: { ...RECORD, committedAt: NOW - 10_000 } },
      pass: { pendingCommit: { ...rotated.pass.pendingCommit, receivedAt: NOW - 10_000 } },
      view: { dependents: UNREAD },
    },
    "Committed",
    {
      status: {
        restart: { committedAt: NOW },
        lastRotatedAt: NOW,
        previous: [{ keyId: "ak_1", replacedAt: NOW, revokeAt: NOW + HOUR }],
      },
    },
  ],
  ["calls for none where nothing is restarted", rotated, "Committed", { status: WITHOUT_RESTART }],
  [
    "calls for none where it is the first",
    {
      status: { revision: 0, abandoned: [], previous: [], attempt: pendingCommitOf().attempt },
      objectFields: { finalizer: true },
      pass: { pendingCommit: pendingCommitOf({ state: { ...WRITTEN, created: true } }) },
      view: { dependents: UNREAD },
    },
    "Committed",
    { status: WITHOUT_RESTART },
  ],
  [
    "calls for a restart where it is the first on record, and has replaced what stood in a Secret",
    {
      status: { revision: 0, abandoned: [], previous: [], attempt: pendingCommitOf().attempt },
      objectFields: { finalizer: true },
      pass: { pendingCommit: pendingCommitOf({ state: { ...WRITTEN, created: false } }) },
      view: { dependents: UNREAD },
    },
    "Committed",
    { status: { restart: { fingerprint: "fp:value-0002", committedAt: NOW } } },
  ],
  [
    "that a lost status does not know calls for a restart where a key retires beside it",
    {
      ...live,
      status: { revision: 0, abandoned: [], previous: [] },
      secretFields: { record: { ...RECORD, previous: [overdue] } },
      pass: { remote: { ...remote, ak_0: keyNamed("ak_0", "attempt7") } },
      view: { dependents: UNREAD },
    },
    "Rebuilt",
    { status: { restart: { fingerprint: RECORD.fingerprint, committedAt: RECORD.committedAt } } },
  ],
  [
    "that a lost status does not know calls for none where nothing tells that it replaced another",
    {
      ...live,
      status: { revision: 0, abandoned: [], previous: [] },
      pass: { remote },
      view: { dependents: UNREAD },
    },
    "Rebuilt",
    { status: WITHOUT_RESTART },
  ],
]);

table("the restart of dependents", [
  [
    "waits for kubelets that may serve the old Secret",
    said(restarting({ ...pending, committedAt: NOW - restartDelay + 1 }, UNREAD)),
    "rest: KeyDelivered",
    { requeueAt: NOW + 1 },
  ],
  ["looks at the workloads themselves", restarting(pending, UNREAD), "read-workloads"],
  [
    "looks at the Secret itself first",
    restarting(pending, UNREAD, { secretFields: { read: "cached" } }),
    "read-secret",
  ],
  [
    "looks at the ApiKey itself first",
    restarting(pending, read(untold), { objectFields: { ...live.objectFields, read: "cached" } }),
    "read-object",
  ],
  [
    "tells a workload that names another value, guarded by what was seen of it",
    restarting(pending, read(checkout, untold)),
    "restart-workload",
    {
      fingerprint: RECORD.fingerprint,
      workload: { kind: "Deployment", name: "checkout", uid: "workload-1", resourceVersion: "30" },
    },
  ],
  [
    "is on record when all workloads name the value",
    restarting(pending, read(checkout)),
    "Restarted",
    {
      status: {
        restart: without("completedAt"),
      },
    },
  ],
  [
    "waits for nothing where the workloads cannot be seen",
    said(restarting(pending, { state: "failed", problem: PROBLEM })),
    "rest: KeyDelivered",
  ],
  [
    "does not come between a write-ahead and its key",
    restarting(pending, read(untold), {
      statusFields: { attempt: { ...pendingCommitOf().attempt, revision: 2 } },
      pass: { ...ownAttempt, ownAttempt: "attempt3" },
    }),
    "mint",
  ],
  [
    "is complete where there are none",
    restarting(pending, read()),
    "Restarted",
    { status: { restart: { ...pending, restartedAt: NOW, completedAt: NOW } } },
  ],
  [
    "is not repeated for a webhook that undoes it",
    restarting(pending, read(untold), { pass: { restarted: [`workload-1 ${RECORD.fingerprint}`] } }),
    "Restarted",
  ],
  [
    "is made again by a pass that has made it for the value before",
    restarting(pending, read(untold), { pass: { restarted: ["workload-1 fp:value-0000"] } }),
    "restart-workload",
  ],
  [
    "is not on record while a workload could not be told",
    said(
      restarting(pending, read(untold), {
        pass: { restarted: [`workload-1 ${RECORD.fingerprint}`], restartProblem: PROBLEM },
      }),
    ),
    "rest: RestartFailed",
    { requeueAt: NOW + retryAfterFailure },
  ],
  [
    "is not made again for the same value, whatever undid it",
    said(restarting(told, read(untold))),
    "rest: KeyDelivered",
  ],
  [
    "is not made while the ApiKey is suspended",
    said(restarting(pending, UNREAD, { desired: { suspend: true } })),
    "rest: KeyDelivered",
    { requeueAt: undefined },
  ],
  [
    "is not made in a namespace that goes",
    said(restarting(pending, UNREAD, { objectFields: { ...live.objectFields, namespaceTerminating: true } })),
    "rest: KeyDelivered",
  ],
  [
    "is not made where the value is lost: the next one calls for another",
    restarting(pending, read(untold), { secret: { state: "absent", read: "live" }, pass: ownAttempt }),
    "WriteAhead",
  ],
  [
    "is made although the spec cannot be followed",
    restarting(pending, UNREAD, { desired: PROBLEM }),
    "read-workloads",
  ],
  [
    "is only told of with --read-only",
    restarting(pending, read(untold), { view: { readOnly: true } }),
    "rest: ReadOnly",
    { verdict: { message: "the next step would be restart-workload" } },
  ],
  ["is none of an ApiKey's that goes", { ...restarting(pending, UNREAD), ...gone }, "get-key"],
]);

table("a previous key whose time is over", [
  ["goes where nothing is restarted", retired(undefined, undefined), "revoke-key", { reason: "Retired" }],
  ["goes where the rollouts were complete", retired(complete, UNREAD), "revoke-key", { keyId: "ak_0" }],
  ["goes where restarts are switched off by now", retired(told, undefined), "revoke-key"],
  [
    "that an emergency ended does not hide what holds another one",
    said(
      retired(told, read(progressing), {
        statusFields: { previous: [{ ...overdue, keyId: "ak_5", reason: "RotationForced" }, overdue] },
        pass: { remote: { ...remote, ak_1: { ...KEY, status: "paused" } } },
      }),
    ),
    "rest: RolloutPending",
  ],
  [
    "waits in a namespace that goes until it is on record that the rollouts are complete",
    retired(told, read(checkout), { objectFields: { ...live.objectFields, namespaceTerminating: true } }),
    "RolledOut",
    { status: { restart: { completedAt: NOW } } },
  ],
  ["waits for a look at the rollouts", retired(told, UNREAD), "read-workloads"],
  [
    "waits until it is on record that they are complete",
    retired(told, read(checkout)),
    "RolledOut",
    { status: { restart: { ...told, completedAt: NOW } } },
  ],
  [
    "waits for a rollout, looking now and then",
    said(retired(told, read(checkout, progressing))),
    "rest: RolloutPending",
    { requeueAt: NOW + rolloutPoll, verdict: { ready: true, progress: "reconciling" } },
  ],
  [
    "is looked at less often when a rollout takes long",
    said(retired({ ...told, restartedAt: NOW - 300_000 }, read(progressing))),
    "rest: RolloutPending",
    { requeueAt: NOW + 30_000 },
  ],
  [
    "waits for a workload that is stuck, and says so",
    said(retired(told, read(paused))),
    "rest: RolloutStuck",
    {
      verdict: {
        ready: true,
        progress: "stalled",
        message: saying("Deployment checkout is paused"),
      },
    },
  ],
  [
    "waits for a rollout past its deadline, which is then called stuck",
    said(retired({ ...told, restartedAt: NOW - rolloutDeadline }, read(progressing))),
    "rest: RolloutStuck",
    { requeueAt: NOW + retryAfterRefusal },
  ],
  [
    "waits for a workload that was rolled back",
    said(retired(told, read(untold))),
    "rest: RolloutStuck",
    { verdict: { message: saying("does not carry the restart") } },
  ],
  [
    "waits for one that was rolled back and is still at it, as long as it goes on",
    said(retired(told, read({ ...untold, rollout: { state: "progressing" } }))),
    "rest: RolloutPending",
    { verdict: { message: saying(/: Deployment checkout$/) } },
  ],
  [
    "does not wait for a workload that was made between the look at all of them and the record of it",
    retired(told, read({ ...untold, createdAt: told.committedAt + restartDelay })),
    "RolledOut",
  ],
  [
    "waits for a workload that was made at the last moment that is too early",
    said(retired(told, read({ ...untold, createdAt: told.committedAt + restartDelay - 1_000 }))),
    "rest: RolloutStuck",
  ],
  [
    "names five workloads that it waits for, and counts the others",
    said(retired(told, read(...[1, 2, 3, 4, 5, 6, 7].map((n) => ({ ...progressing, name: `w${n}` }))))),
    "rest: RolloutPending",
    { verdict: { message: saying(/: Deployment w1; .*Deployment w5; and 2 more$/) } },
  ],
  [
    "names all of five workloads that it waits for",
    said(retired(told, read(...[1, 2, 3, 4, 5].map((n) => ({ ...progressing, name: `w${n}` }))))),
    "rest: RolloutPending",
    { verdict: { message: saying(/Deployment w5$/) } },
  ],
  [
    "is one of several: each is waited for",
    said(
      retired(told, read(progressing), {
        statusFields: { previous: [{ keyId: "ak_5", revokeAt: NOW + 60_000, reason: "" }, overdue] },
      }),
    ),
    "rest: RolloutPending",
  ],
  [
    "does not wait for one that was restarted by hand after it was rolled back",
    retired(told, read({ ...untold, restartedAt: NOW })),
    "RolledOut",
  ],
  [
    "waits for one that was restarted by hand at the last moment that is too early",
    said(retired(told, read({ ...untold, restartedAt: told.committedAt + restartDelay - 1_000 }))),
    "rest: RolloutStuck",
  ],
  [
    "waits for one that was restarted by hand too early",
    said(retired(told, read({ ...untold, restartedAt: told.committedAt }))),
    "rest: RolloutStuck",
  ],
  [
    "does not wait for a workload that is younger than the restart",
    retired(told, read({ ...untold, createdAt: NOW })),
    "RolledOut",
  ],
  [
    "waits for the restart itself",
    said(retired({ ...pending, committedAt: NOW - 1 }, UNREAD)),
    "rest: RolloutPending",
    { requeueAt: NOW - 1 + restartDelay, verdict: { progress: "reconciling" } },
  ],
  [
    "waits while the restart is suspended",
    said(retired(pending, read(untold), { desired: { suspend: true } })),
    "rest: Suspended",
    { verdict: { progress: "stalled" } },
  ],
  [
    "looks while the restart is suspended whether anybody has asked for one",
    retired(pending, UNREAD, { desired: { suspend: true } }),
    "read-workloads",
  ],
  [
    "goes on while it is suspended where nobody has asked for a restart",
    retired(pending, read(), { desired: { suspend: true } }),
    "revoke-key",
    { keyId: "ak_0" },
  ],
  [
    "waits where the workloads cannot be seen",
    said(retired(told, { state: "failed", problem: { ...PROBLEM, reason: "RestartFailed" } })),
    "rest: RestartFailed",
    { requeueAt: NOW + rolloutPoll },
  ],
  [
    "goes in an emergency, whatever the rollouts do",
    retired(told, read(paused), { statusFields: { previous: [{ ...overdue, reason: "RotationForced" }] } }),
    "revoke-key",
    { keyId: "ak_0" },
  ],
  [
    "goes with its ApiKey, whatever the rollouts do",
    { ...retired(told, read(paused)), objectFields: DELETING },
    "revoke-key",
    { reason: "Deleted" },
  ],
  [
    "does not wait for the restart that an older value has called for",
    retired({ ...told, fingerprint: "fp:value-0000" }, read(paused)),
    "revoke-key",
  ],
  [
    "keeps the schedule waiting, so that keys do not pile up",
    said(
      retired(told, read(paused), {
        desired: { every: 60_000 },
        pass: ownAttempt,
      }),
    ),
    "rest: RolloutStuck",
  ],
  [
    "keeps nobody waiting who asks for a key",
    retired(told, read(paused), { desired: { trigger: "2" }, pass: ownAttempt }),
    "WriteAhead",
  ],
]);

table("rollouts within the overlap", [
  [
    "are not looked at before they matter",
    said(restarting(told, UNREAD, { statusFields: { previous: [{ ...retiring, revokeAt: NOW + 60_000 }] } })),
    "rest: KeyDelivered",
    { requeueAt: NOW + 60_000 },
  ],
  [
    "are told of when they take longer than their own time",
    said(
      restarting({ ...told, restartedAt: NOW - rolloutDeadline }, read(progressing), {
        statusFields: { previous: [{ ...retiring, revokeAt: NOW + HOUR }] },
      }),
    ),
    "rest: RolloutStuck",
  ],
  [
    "are looked at when their own time is over",
    restarting({ ...told, restartedAt: NOW - rolloutDeadline }, UNREAD, {
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + HOUR }] },
    }),
    "read-workloads",
  ],
  [
    "are on record when they are seen complete",
    restarting({ ...told, restartedAt: NOW - rolloutDeadline }, read(checkout), {
      statusFields: { previous: [{ ...retiring, revokeAt: NOW + HOUR }] },
    }),
    "RolledOut",
    { status: { restart: { completedAt: NOW } } },
  ],
  [
    "are not reported before their own time is over",
    said(
      restarting({ ...told, restartedAt: NOW - rolloutDeadline + 1 }, read(paused), {
        statusFields: { previous: [{ ...retiring, revokeAt: NOW + HOUR }] },
      }),
    ),
    "rest: KeyDelivered",
    { requeueAt: NOW + 1 },
  ],
  [
    "are not looked at where only a key waits that an emergency has ended: that waits for nothing",
    said(
      restarting({ ...told, restartedAt: NOW - rolloutDeadline }, UNREAD, {
        statusFields: { previous: [{ ...retiring, revokeAt: NOW + HOUR, reason: "RotationForced" }] },
      }),
    ),
    "rest: KeyDelivered",
  ],
  [
    "are not looked at when their own time is over, where no key waits",
    said(restarting({ ...told, restartedAt: NOW - rolloutDeadline }, UNREAD)),
    "rest: KeyDelivered",
  ],
  [
    "of a value that needs no restart are not reported, although a restart failed",
    said({ ...live, pass: { restartProblem: PROBLEM }, view: { dependents: UNREAD } }),
    "rest: KeyDelivered",
  ],
  [
    "are not looked at where no key waits",
    said(restarting(told, UNREAD)),
    "rest: KeyDelivered",
    { requeueAt: undefined },
  ],
]);

const committed = NOW - HOUR;
const old = { name: "checkout-0", createdAt: committed - 60_000 };
const young = { name: "checkout-1", createdAt: committed + restartDelay };
const users = (...pods: { name: string; createdAt: number }[]): SecretUsersView => ({ state: "read", pods });
const holding = (view: SecretUsersView | undefined, changes: ViewChanges = {}): ViewChanges =>
  retired(undefined, undefined, {
    ...changes,
    objectFields: { ...live.objectFields, holdWhileInUse: true },
    view: { users: view },
  });

table("holdWhileInUse", [
  ["looks at the Pods when a key's time is over", holding({ state: "unread" }), "read-pods"],
  [
    "holds the key while a Pod is older than the new value",
    said(holding(users(young, old))),
    "rest: SecretInUse",
    { verdict: { ready: true, progress: "reconciling", message: saying(/ak_0 .*: checkout-0$/) } },
  ],
  [
    "looks at the Pods again after a pause",
    said(holding(users(old))),
    "rest: SecretInUse",
    { requeueAt: NOW + rolloutPoll },
  ],
  [
    "counts a Pod as old that was made right after the commit",
    said(holding(users({ ...young, createdAt: committed + restartDelay - 1_000 }))),
    "rest: SecretInUse",
  ],
  ["lets the key go when none is", holding(users(young)), "revoke-key", { keyId: "ak_0" }],
  [
    "holds the key where Pods may not be seen",
    said(holding(undefined)),
    "rest: PodAccessMissing",
    { verdict: { progress: "stalled" } },
  ],
  [
    "holds the key where Pods cannot be seen",
    said(holding({ state: "failed", problem: { ...PROBLEM, reason: "RestartFailed" } })),
    "rest: RestartFailed",
  ],
  [
    "holds the key also where the rest of the spec cannot be followed",
    said(holding(users(old), { desired: { ...PROBLEM, reason: "InvalidSpec" } })),
    "rest: InvalidSpec",
  ],
  [
    "holds nothing in an emergency",
    holding(users(old), { statusFields: { previous: [{ ...overdue, reason: "RotationForced" }] } }),
    "revoke-key",
  ],
]);

describe("what a restart leaves behind in the pass", () => {
  const view = buildView(restarting(pending, read(untold)));

  it("is the workload as it is now", () => {
    const observed = { restarted: checkout };
    const next = applyResult(view, plan(view), { outcome: "done", observed }, NOW);
    expect(next.dependents).toEqual(read(checkout));
    expect(plan(next)).toMatchObject({ kind: "write-status", why: "Restarted" });
  });

  it("is another look where the workload had changed, some times", () => {
    let next = view;
    for (let times = 0; times < 5; times += 1) {
      next = applyResult(next, plan(next), { outcome: "rejected", problem: PROBLEM, conflict: true }, NOW);
      expect(plan(next).kind).toBe("read-workloads");
      const dependents = read({ ...untold, resourceVersion: `4${times}` });
      next = applyResult(next, plan(next), { outcome: "done", observed: { dependents } }, NOW);
      // Which value it is to be told of is looked at after the workloads.
      expect(plan(next).kind).toBe("read-object");
      next = applyResult(next, plan(next), { outcome: "done", observed: { object: view.object } }, NOW);
    }
    next = applyResult(next, plan(next), { outcome: "rejected", problem: PROBLEM, conflict: true }, NOW);
    expect(next.pass.restartProblem).toEqual(PROBLEM);
  });

  it("does not keep a lost Secret from being healed where it fails", () => {
    const failed = { outcome: "rejected", problem: PROBLEM, conflict: false } as const;
    const next = applyResult(view, plan(view), failed, NOW);
    const lost = { ...next, secret: { state: "absent", read: "live" } as const };
    expect(plan({ ...lost, pass: { ...lost.pass, preflight: "passed" } })).toMatchObject({
      why: "WriteAhead",
    });
  });

  it("is nothing where the ApiKey has changed since: workloads are looked at again", () => {
    const { object } = buildView({ ...live, objectFields: { ...live.objectFields, resourceVersion: "11" } });
    const next = applyResult(view, { kind: "read-object" }, { outcome: "done", observed: { object } }, NOW);
    expect(next.dependents).toEqual(UNREAD);
    expect(STATUS.restart).toBeUndefined();
  });
});
