import { describe, expect, it } from "vitest";
import { DEFAULT_TIMING as TIMING } from "../../timing.ts";
import { ABSENT, live } from "../testing/plan-table.ts";
import { buildView, NOW, pendingCommitOf, RECORD, type ViewChanges } from "../testing/view-builder.ts";
import { UNTIL_REPLACED, type Retiring } from "../view/status.ts";
import { disbelievedUntil } from "./absence.ts";

const SETTLE = TIMING.settleTime;

function until(changes: ViewChanges, keyId: string): number | undefined {
  return disbelievedUntil(buildView(changes), keyId);
}

function retires(changes: Partial<Retiring>): ViewChanges {
  const retiring = { keyId: "ak_0", revokeAt: NOW + 60_000, reason: "RotationDue", ...changes };
  return { ...live, statusFields: { previous: [retiring] } };
}

const recordedAt = (time: number): ViewChanges => ({
  ...live,
  secret: ABSENT,
  statusFields: { recordedAt: time },
});

describe("that a key is not found", () => {
  it("is believed where nothing says when it was seen last", () => {
    expect(until(live, "ak_9")).toBeUndefined();
    expect(until({ view: { object: { state: "gone" } } }, "ak_9")).toBeUndefined();
  });

  it("is believed of the current key a settle time after it was recorded, and no sooner", () => {
    expect(until(recordedAt(NOW - SETTLE), "ak_1")).toBeUndefined();
    expect(until(recordedAt(NOW - SETTLE + 1), "ak_1")).toBe(NOW + 1);
    expect(until(recordedAt(NOW), "ak_0")).toBeUndefined();
  });

  it("is not believed of a key that was received just now, whatever became of its object", () => {
    const pass = { pendingCommit: pendingCommitOf({ receivedAt: NOW - 400 }) };
    expect(until({ pass, view: { object: { state: "gone" } } }, "ak_2")).toBe(NOW - 400 + SETTLE);
    expect(until({ pass }, "ak_1")).toBeUndefined();
  });

  it("is not believed of a key that the ApiKey's own Secret was just written for", () => {
    const secretFields = { record: { ...RECORD, committedAt: NOW - 5 } };
    const wiped = { ...live, statusFields: { recordedAt: NOW - SETTLE } };
    expect(until({ ...wiped, secretFields }, "ak_1")).toBe(NOW - 5 + SETTLE);
    expect(until({ ...wiped, secretFields: { ...secretFields, owner: "other" } }, "ak_1")).toBeUndefined();
  });

  it("is not believed of a retiring key that was just replaced, or ended without an overlap", () => {
    expect(until(retires({ replacedAt: NOW - 5 }), "ak_0")).toBe(NOW - 5 + SETTLE);
    expect(until(retires({ revokeAt: NOW - 7 }), "ak_0")).toBe(NOW - 7 + SETTLE);
    expect(until(retires({ replacedAt: NOW - SETTLE }), "ak_0")).toBeUndefined();
    const beside = [{ keyId: "ak_0", revokeAt: NOW - 9, reason: "" }];
    expect(until({ ...live, secretFields: { record: { ...RECORD, previous: beside } } }, "ak_0")).toBe(
      NOW - 9 + SETTLE,
    );
  });

  it("is believed where the only time lies ahead: nobody waits for a forged one, or for a replacement", () => {
    expect(until(retires({}), "ak_0")).toBeUndefined();
    expect(until(retires({ revokeAt: UNTIL_REPLACED }), "ak_0")).toBeUndefined();
    expect(until(recordedAt(NOW + SETTLE), "ak_1")).toBe(NOW + 2 * SETTLE);
    expect(until(recordedAt(NOW + SETTLE + 1), "ak_1")).toBeUndefined();
  });
});
