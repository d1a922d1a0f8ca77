import { describe, expect, it, test } from "vitest";
import { countKeys, countsAgainstLimit, refuseBeyondLimit } from "./key-limit.ts";
import { OLD, retiring } from "../plan/testing/plan-table.ts";
import { pendingCommitOf, NOW, STATUS } from "../plan/testing/view-builder.ts";
import { DEFAULT_TIMING } from "../timing.ts";

const HOUR = 3_600_000;

test.each([
  ["nothing that was never asked for", {}, 0],
  ["the current key and those that retire", { ...STATUS, previous: [retiring, retiring] }, 3],
  ["a key that is being asked for", { attempt: pendingCommitOf().attempt }, 1],
  [
    "a key that is being adopted",
    {
      attempt: { ...pendingCommitOf().attempt, op: "adopt" as const, keyId: "ak_1", description: "by hand" },
    },
    1,
  ],
  [
    "no roll, which makes none",
    { ...STATUS, attempt: { ...pendingCommitOf().attempt, op: "roll" as const } },
    1,
  ],
  ["what an attempt without an outcome may have left", { abandoned: [OLD] }, 1],
  [
    "nothing of a roll without an outcome",
    { abandoned: [{ ...OLD, op: "roll" as const, abandonedAt: NOW }] },
    0,
  ],
  ["nothing of an attempt that is settled", { abandoned: [{ ...OLD, listings: 2 }] }, 0],
])("an ApiKey's keys count %s", (_what, status, count) => {
  expect(countKeys({ revision: 0, abandoned: [], previous: [], ...status }, NOW, DEFAULT_TIMING)).toBe(count);
});

test.each([
  ["a first key", { op: "create", reason: "Declared" }, 0, true],
  ["a rotation", { op: "create", reason: "RotationDue" }, 1, false],
  ["a key whose Secret was lost", { op: "create", reason: "SecretLost" }, 1, false],
  ["a second rotation within the overlap", { op: "create", reason: "RotationTriggered" }, 2, true],
  ["an emergency within the overlap", { op: "create", reason: "RotationForced" }, 2, false],
  ["a roll", { op: "roll", reason: "RotationDue" }, 1, false],
  ["a roll within an overlap", { op: "roll", reason: "RotationDue" }, 2, false],
] as const)("%s counts against a limit, or does not", (_what, wanted, held, needs) => {
  expect(countsAgainstLimit(wanted, held)).toBe(needs);
});

describe("a limit of keys", () => {
  const limit = {
    namespace: "shop",
    account: "ClusterAccount acme",
    maxKeys: 3,
    used: 3,
    left: 0,
    nextRevocation: undefined,
  };

  it("allows a key below it, and none at it", () => {
    expect(refuseBeyondLimit({ ...limit, used: 2 })).toBeUndefined();
    expect(refuseBeyondLimit(limit)?.problem).toMatchObject({ reason: "KeyLimitReached", transient: false });
  });

  it("names the keys whose ApiKey is gone, and what to do about them", () => {
    expect(refuseBeyondLimit(limit)?.problem.message).not.toContain("left by");
    expect(refuseBeyondLimit({ ...limit, left: 2 })?.problem.message).toMatch(
      /has 3 of the 3 keys.*; 2 of them were left by ApiKeys.*revoke those in the vendor's dashboard/,
    );
  });

  it("says whose it is, and when the next key is revoked", () => {
    const refused = refuseBeyondLimit({ ...limit, nextRevocation: NOW + HOUR });
    expect(refused?.retryAt).toBe(NOW + HOUR);
    expect(refused?.problem.message).toMatch(
      /shop has 3 of the 3 keys.*ClusterAccount acme.*2026-11-01T13:00/,
    );
  });
});
