import { describe, expect, test } from "vitest";
import { readOutputs, recordedIds, toState } from "./outputs.ts";
import { iso, NOW, outputs, previous } from "./testing/fixtures.ts";

describe("a state", () => {
  test("reads back as it was written", () => {
    const full = outputs({
      deletionPolicy: "Retain",
      retiredGeneration: 2,
      nextRotationAt: iso(NOW),
      previous: [previous()],
      unrecordedKeys: [{ keyId: "ak_1", createdAt: iso(NOW) }],
      providerName: "sales",
    });
    expect(readOutputs(toState(full))).toEqual(full);
  });

  test("holds the value as a secret only, and no undefined", () => {
    const state = toState(outputs({ nextRotationAt: undefined }));
    expect(state["key"]).toEqual({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: outputs().key,
    });
    expect(state).not.toHaveProperty("nextRotationAt");
    expect(JSON.stringify({ ...state, key: undefined })).not.toContain(outputs().key);
  });

  test("may hold the value in plain text, as the engine sends it", () => {
    expect(readOutputs({ ...toState(outputs()), key: "key_live_x" }).key).toBe("key_live_x");
  });

  test("of an older version is completed", () => {
    const {
      deletionPolicy,
      retiredGeneration,
      previous: none,
      unrecordedKeys,
      providerName,
      ...rest
    } = toState(outputs());
    expect([deletionPolicy, retiredGeneration, none, unrecordedKeys, providerName]).not.toContain(undefined);
    expect(readOutputs(rest)).toEqual(outputs());
  });

  test("of an older version loses the output suspects", () => {
    const suspects = [{ keyId: "ak_1", createdAt: iso(NOW) }];
    expect(toState(readOutputs({ ...toState(outputs()), suspects }))).toEqual(toState(outputs()));
  });

  test("loses the code of the provider, which the host puts back", () => {
    expect(readOutputs({ ...toState(outputs()), __provider: "code" })).toEqual(outputs());
  });

  test("that was edited is refused with the fields that are wrong, and never with a value", () => {
    const edited = {
      ...toState(outputs()),
      keyId: 7,
      status: "key_live_secret",
      previous: [{ keyId: 1 }],
      unrecordedKeys: [{}],
    };
    expect(() => readOutputs(edited)).toThrow(
      /cannot be read \(keyId, previous\.0\.keyId.*unrecordedKeys\.0\.keyId, unrecordedKeys\.0\.createdAt, status\)/,
    );
    expect(() => readOutputs(edited)).not.toThrow(/key_live_secret/);
    expect(() => readOutputs({})).toThrow(/\(key, keyId, attempt/);
  });
});

test("the recorded keys are the one in use and the replaced ones", () => {
  expect(recordedIds(outputs())).toEqual(["ak_current"]);
  expect(recordedIds(outputs({ previous: [previous(), previous({ keyId: "ak_2" })] }))).toEqual([
    "ak_current",
    "ak_old",
    "ak_2",
  ]);
});
