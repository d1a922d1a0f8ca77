import { expect, it } from "vitest";
import { applyResult } from "../apply-result.ts";
import { plan } from "../plan.ts";
import { UNWRITTEN, WRITTEN } from "../testing/plan-table.ts";
import { buildView, keyNamed, NOW, pendingCommitOf } from "../testing/view-builder.ts";

const KEY = keyNamed("ak_2", "attempt3");
const CREATED = { ...WRITTEN, lock: "unchecked", created: true } as const;
const GONE = { object: { state: "gone" }, secret: { state: "unread" } } as const;

it("a commit whose ApiKey is gone ends at once where its key is known to be revoked", () => {
  const view = buildView({
    view: GONE,
    pass: {
      pendingCommit: pendingCommitOf({ state: CREATED }),
      remote: { ak_2: { ...KEY, status: "revoked" } },
    },
  });
  const read = { outcome: "done", observed: { secret: { state: "absent", read: "live" } } } as const;
  const next = applyResult(view, { kind: "read-secret" }, read, NOW);
  expect(next.pass.pendingCommit).toBeUndefined();
  expect(plan(next)).toMatchObject({ kind: "rest", verdict: undefined });
});

it("a look at a key that is to be revoked ends its commit where it is not ours", () => {
  const view = buildView({
    view: GONE,
    pass: { pendingCommit: pendingCommitOf({ state: { phase: "revoking", before: UNWRITTEN } }) },
  });
  const foreign = { ...KEY, description: KEY.description.replace("0123456789", "ffffffffff") };
  const step = { kind: "get-key", keyId: "ak_2" } as const;
  const looked = (remote: typeof KEY): object | undefined =>
    applyResult(view, step, { outcome: "done", observed: { remote } }, NOW).pass.pendingCommit;
  expect(looked(foreign)).toBeUndefined();
  expect(looked(KEY)).toMatchObject({ state: { phase: "revoking" } });
});

it("a written value does not wait for an API that cannot say whether it keeps tags", () => {
  const view = buildView({
    account: { tagsVerified: false },
    pass: { pendingCommit: pendingCommitOf({ state: WRITTEN }) },
  });
  const problem = { reason: "RateLimited", message: "slower", transient: true } as const;
  const failed = { outcome: "rejected", problem, conflict: false } as const;
  const next = applyResult(view, { kind: "get-key", keyId: "ak_2" }, failed, NOW);
  expect(next.account.tagsVerified).toBe(true);
  expect(next.pass.pendingCommit?.state).toEqual(WRITTEN);
});

it.each([
  ["within the budget has the lock checked again", 1_000, { state: { lock: "unchecked" }, failures: 1 }],
  ["beyond it leaves the rest to the records", 3_600_000, undefined],
] as const)("a failed status write after the commit %s", (_name, later, expected) => {
  const view = buildView({ pass: { pendingCommit: pendingCommitOf({ state: WRITTEN }) } });
  const step = plan(view);
  expect(step).toMatchObject({ kind: "write-status", why: "Committed" });
  const problem = { reason: "RateLimited", message: "slower", transient: true } as const;
  const next = applyResult(view, step, { outcome: "unknown", problem, conflict: false }, NOW + later);
  if (expected === undefined) {
    expect(next.pass.pendingCommit).toBeUndefined();
    expect(next.pass).toMatchObject({ failure: problem, statusUnwritable: true });
  } else expect(next.pass.pendingCommit).toMatchObject(expected);
});
