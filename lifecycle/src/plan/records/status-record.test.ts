import { describe, expect, it } from "vitest";
import { ABSENT, ATTEMPT, live, PROBLEM, retiring, without, wiped } from "../testing/plan-table.ts";
import {
  buildPresent,
  NOW,
  pendingCommitOf,
  RECORD,
  STATUS,
  type ViewChanges,
} from "../testing/view-builder.ts";
import type { StatusRecord } from "../view/status.ts";
import { deliveredVerdict, recordCommit, statusFromCommit, withRotation } from "./status-record.ts";

function message(status: StatusRecord): string {
  return deliveredVerdict(status).message;
}

describe("the verdict on a delivered key", () => {
  it("counts the keys that retire", () => {
    const two = [retiring, retiring];
    expect(deliveredVerdict(STATUS)).toMatchObject({ ready: true, progress: "settled" });
    expect(message(STATUS)).toBe("key ak_1 is in Secret checkout");
    expect(message({ ...STATUS, previous: [retiring] })).toMatch(
      /^key ak_1 is in Secret checkout; 1 previous key waits/,
    );
    expect(message({ ...STATUS, previous: two })).toMatch(
      /^key ak_1 is in Secret checkout; 2 previous keys wait/,
    );
  });

  it("needs no names", () => {
    expect(message(wiped)).toBe("key  is in Secret ");
    expect(message({ ...wiped, previous: [retiring] })).toMatch(/^key {2}is in Secret ;/);
  });
});

function committed(changes: ViewChanges, record = RECORD, madeBy?: string): StatusRecord {
  return statusFromCommit(buildPresent({ ...live, ...changes }), record, [], madeBy);
}

describe("the status of a commit", () => {
  const restart = { fingerprint: RECORD.fingerprint, committedAt: 1, restartedAt: 2 };
  it("keeps the attempt that made the key, where it knows it", () => {
    const known = { statusFields: { keyAttempt: "attempt5" } };
    expect(committed(known, RECORD, "attempt2").keyAttempt).toBe("attempt5");
    expect(committed(known, { ...RECORD, keyId: "ak_2" }, "attempt2").keyAttempt).toBe("attempt2");
    expect(committed({ status: wiped }, RECORD, "attempt2").keyAttempt).toBe("attempt2");
    const { keyAttempt: _unknown, ...status } = STATUS;
    expect("keyAttempt" in committed({ status })).toBe(false);
  });

  it("names what is declared, as far as that is known", () => {
    expect(committed({ status: wiped })).toMatchObject({ mode: "live", secretName: "checkout" });
    expect("mode" in committed({ status: wiped, desired: PROBLEM })).toBe(false);
  });

  it("knows a rotation by the revision", () => {
    expect(committed({})).toEqual(without("lastRotatedAt"));
    expect(committed({}, { ...RECORD, revision: 2 }).lastRotatedAt).toBe(RECORD.committedAt);
  });

  it("says which emergency was obeyed", () => {
    expect(committed({}, { ...RECORD, obeyedEmergency: "leaked" }).emergency).toBe("leaked");
    const { obeyedEmergency: _none, ...silent } = RECORD;
    expect(committed({ statusFields: { emergency: "before" } }, silent).emergency).toBe("before");
  });

  it("keeps the restart that the value has called for already, and no other", () => {
    const view = { dependents: { state: "unread" } } as const;
    expect(committed({ view, statusFields: { restart } }).restart).toEqual(restart);
    const stale = { ...restart, fingerprint: "fp:value-0000" };
    expect(committed({ view, statusFields: { restart: stale } })).toEqual(without("restart"));
    expect(
      committed({ view, statusFields: { restart: stale, fingerprint: "fp:value-0000" } }).restart,
    ).toEqual({
      fingerprint: RECORD.fingerprint,
      committedAt: RECORD.committedAt,
    });
  });

  it.each([
    ["that another has taken over: its value may have been read", { id: "attempt5" }, true],
    ["whose writer knows that it delivered nothing", { id: "attempt5", undelivered: true }, false],
    ["that is the one of the commit", { id: RECORD.attempt }, false],
  ] as const)(
    "where no key is known, and an attempt is abandoned %s, calls for a restart: %s",
    (_what, changes, calls) => {
      const view = { dependents: { state: "unread" } } as const;
      const abandoned = [{ ...ATTEMPT, abandonedAt: NOW, listings: 2, ...changes }];
      const { restart: found } = committed({ view, status: { ...wiped, abandoned } });
      expect(found?.fingerprint).toBe(calls ? RECORD.fingerprint : undefined);
    },
  );

  it("calls for no restart where the value is the one of before", () => {
    const view = { dependents: { state: "unread" } } as const;
    expect(committed({ view, statusFields: { previous: [retiring] } })).toEqual(without("restart"));
  });

  it.each([
    ["a create", { op: "create" }, { keyAttempt: ATTEMPT.id }],
    [
      "a roll, which leaves its key the attempt that made it",
      { op: "roll", keyId: "ak_2" },
      without("keyAttempt"),
    ],
    [
      "the roll of an adoption",
      { op: "roll", keyId: "ak_2", description: "by hand" },
      { keyAttempt: ATTEMPT.id },
    ],
  ] as const)("tells the attempt of the key after %s", (_what, changes, expected) => {
    const attempt = { ...ATTEMPT, ...changes };
    const decision = recordCommit(buildPresent({ ...live, secret: ABSENT }), pendingCommitOf({ attempt }));
    expect(decision).toMatchObject({ step: { why: "Committed", status: expected } });
  });
});

function reckoned(changes: ViewChanges): StatusRecord {
  return withRotation(buildPresent({ ...live, ...changes }));
}

describe("the rotation of a delivered key", () => {
  const before = { ...STATUS, nextRotationAt: NOW + 5 };

  it("is reckoned anew", () => {
    expect(reckoned({ status: before })).toEqual(without("nextRotationAt"));
  });

  it.each([
    ["the spec is invalid", { desired: PROBLEM }],
    ["the Secret is lost", { secret: ABSENT }],
    ["the Secret has no record", { secretFields: { record: undefined } }],
  ] satisfies (readonly [string, ViewChanges])[])("stays as it is where %s", (_when, changes) => {
    expect(reckoned({ status: before, ...changes })).toEqual(before);
  });

  it("is unknown where its window never opens", () => {
    const window = { schedule: "0 0 30 2 *", timeZone: "UTC", duration: 3_600_000 };
    expect(reckoned({ desired: { every: 86_400_000, window } })).toEqual(without("nextRotationAt"));
  });
});
