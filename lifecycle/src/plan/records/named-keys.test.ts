import { describe, expect, it } from "vitest";
import { ATTEMPT, retiring, wiped } from "../testing/plan-table.ts";
import type { StatusRecord } from "../view/status.ts";
import { recordedAttempt, recordsKey } from "./named-keys.ts";

describe("a status", () => {
  const status: StatusRecord = {
    ...wiped,
    keyId: "ak_1",
    keyAttempt: "attempt2",
    previous: [retiring, { ...retiring, keyId: "ak_5", attempt: "attempt5" }],
    attempt: { ...ATTEMPT, op: "roll", keyId: "ak_6" },
  };

  it("records the current key, those that retire, and the one that an attempt is about", () => {
    expect(["ak_0", "ak_1", "ak_5", "ak_6", "ak_7"].filter((keyId) => recordsKey(status, keyId))).toEqual([
      "ak_0",
      "ak_1",
      "ak_5",
      "ak_6",
    ]);
    expect(recordsKey(wiped, "ak_6")).toBe(false);
  });

  it("knows the attempt of each key that it names", () => {
    const attempts = ["ak_1", "ak_5", "ak_0", "ak_7"].map((keyId) => recordedAttempt(status, keyId));
    expect(attempts).toEqual(["attempt2", "attempt5", undefined, undefined]);
  });
});
