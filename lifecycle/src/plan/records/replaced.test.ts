import { describe, expect, it } from "vitest";
import { ABSENT, live, retiring, without, zero } from "../testing/plan-table.ts";
import {
  buildPresent,
  KEY,
  keyNamed,
  NOW,
  RECORD,
  STATUS,
  type ViewChanges,
} from "../testing/view-builder.ts";
import { type Retiring, UNTIL_REPLACED } from "../view/status.ts";
import { retiringAfter, retiringBeside, retiringValue, type Replacing } from "./replaced.ts";

const HOUR = 3_600_000;
const CREATE: Replacing = { op: "create", reason: "RotationDue" };
const ROLL: Replacing = { op: "roll", reason: "RotationDue" };
const FORCED: Replacing = { op: "create", reason: "RotationForced" };
/** The commit of a key that replaces the one of {@link live}. */
const LATER = { ...RECORD, keyId: "ak_2", committedAt: NOW - 100 };
const waiting: Retiring = { keyId: "ak_5", revokeAt: UNTIL_REPLACED, reason: "AttemptRevived" };

function beside(
  changes: ViewChanges,
  attempt: Replacing = CREATE,
  record: typeof LATER & { previous: readonly Retiring[] } = LATER,
): unknown {
  const retires = retiringBeside(buildPresent({ ...live, ...changes }), record, attempt);
  return "step" in retires ? retires.step : retires.previous;
}

function after(previous: readonly Retiring[], attempt: Replacing): readonly Retiring[] {
  return retiringAfter(buildPresent({ ...live, statusFields: { previous } }), attempt, NOW - 100);
}

describe("who retires already", () => {
  it("gets its time with a new key, where it was to live until then", () => {
    expect(after([retiring, waiting], CREATE)).toEqual([
      retiring,
      { keyId: "ak_5", reason: "AttemptRevived", revokeAt: NOW - 100 + HOUR, replacedAt: NOW - 100 },
    ]);
  });

  it("gets its time with an adoption that ends in a roll, but with no other roll", () => {
    expect(after([waiting], { op: "roll", reason: "Adopted" })).toMatchObject([
      { revokeAt: NOW - 100 + HOUR },
    ]);
    expect(after([waiting], ROLL)).toEqual([waiting]);
  });

  it("is ended by an emergency, whatever it waits for", () => {
    const ended = { reason: "RotationForced", revokeAt: NOW - 100 };
    expect(after([{ ...retiring, revokeAt: NOW + HOUR, replacedAt: NOW }, waiting], FORCED)).toEqual([
      { keyId: "ak_0", ...ended },
      { keyId: "ak_5", ...ended },
    ]);
  });

  it("keeps the attempt that made it", () => {
    expect(after([{ ...waiting, attempt: "attempt7" }], FORCED)).toMatchObject([{ attempt: "attempt7" }]);
  });
});

function replaced(reason: Replacing["reason"], status = STATUS): Retiring {
  return retiringValue(buildPresent({ ...live, status }), "ak_1", reason, NOW);
}

describe("the key that a commit replaces", () => {
  it("lives for the overlap, and is known by its value", () => {
    expect(replaced("RotationDue", { ...STATUS, keyAttempt: "attempt2" })).toEqual({
      keyId: "ak_1",
      attempt: "attempt2",
      reason: "RotationDue",
      revokeAt: NOW + HOUR,
      replacedAt: NOW,
      fingerprint: STATUS.fingerprint,
    });
  });

  it("is known by no value where that was dead, leaked, or not on record", () => {
    const { fingerprint: _lost, ...unknown } = STATUS;
    for (const retires of [
      replaced("KeyRolled"),
      replaced("RotationForced"),
      replaced("Declared", unknown),
    ]) {
      expect("fingerprint" in retires).toBe(false);
      expect(retires.attempt).toBe("attempt2");
    }
  });
});

function claims(...previous: readonly Retiring[]): typeof LATER & { previous: readonly Retiring[] } {
  return { ...LATER, previous };
}

describe("beside a commit that is accepted after the fact", () => {
  const known = { statusFields: { previous: [retiring] } };

  it("retires the keys that the status knows, and the one that the commit replaced", () => {
    expect(beside(known)).toMatchObject([
      retiring,
      { keyId: "ak_1", replacedAt: NOW - 100, reason: "RotationDue" },
    ]);
  });

  it("retires no key after a roll, which keeps its key", () => {
    expect(beside(known, ROLL)).toEqual([retiring]);
    expect(beside({ statusFields: { keyId: "ak_2", previous: [retiring, waiting] } }, CREATE)).toEqual([
      retiring,
      waiting,
    ]);
  });

  it("retires all at once in an emergency, also where a roll keeps its key", () => {
    const changes = { statusFields: { keyId: "ak_2", previous: [retiring] } };
    expect(beside(changes, { op: "roll", reason: "RotationForced" })).toEqual([
      { keyId: "ak_0", reason: "RotationForced", revokeAt: NOW - 100 },
    ]);
  });

  it("names no key twice", () => {
    const changes = { statusFields: { previous: [{ ...retiring, keyId: "ak_1" }, retiring] } };
    expect(beside(changes)).toEqual([{ ...retiring, keyId: "ak_1" }, retiring]);
    expect(beside(known, ROLL, claims(retiring))).toEqual([retiring]);
  });

  it("does not have the committed key retire, whatever the annotations say", () => {
    expect(beside({}, ROLL, claims({ ...retiring, keyId: "ak_2" }))).toEqual([]);
  });

  it("has each other key looked at that only the annotations name", () => {
    expect(beside({}, ROLL, claims(retiring))).toEqual({ kind: "get-key", keyId: "ak_0" });
    expect(beside(known, ROLL, claims({ ...retiring, keyId: "ak_5" }))).toEqual({
      kind: "get-key",
      keyId: "ak_5",
    });
  });

  it("retires those of them that carry our tag, with times that are possible", () => {
    const claimed = { ...retiring, revokeAt: NOW + 10 * HOUR, replacedAt: NOW + 5 };
    const found = beside({ pass: { remote: { ak_0: zero } } }, ROLL, claims(claimed));
    expect(found).toEqual([{ ...retiring, revokeAt: NOW + HOUR, replacedAt: NOW }]);
    expect(beside({ pass: { remote: { ak_0: zero } } }, ROLL, claims(retiring))).toEqual([
      without("replacedAt"),
    ]);
  });

  it("forgets those that are gone, and those that are not ours", () => {
    const remote = {
      ak_0: "absent",
      ak_7: { ...keyNamed("ak_7", "attempt7"), description: "by hand" },
      ak_1: KEY,
    } as const;
    const claimed = claims(retiring, { ...retiring, keyId: "ak_7" });
    expect(beside({ pass: { remote }, secret: ABSENT }, ROLL, claimed)).toEqual([]);
  });
});
