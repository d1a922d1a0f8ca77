import { expect, test } from "vitest";
import { hasUnknown, isUnknown, secret, sendable, UNKNOWN, unwrapSecret } from "./wire.ts";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

test.each([
  [UNKNOWN, true, true],
  ["text", false, false],
  [null, false, false],
  [undefined, false, false],
  [7, false, false],
  [{ trigger: UNKNOWN }, false, true],
  [{ rotation: { every: ["1h", UNKNOWN] } }, false, true],
  [{ rotation: { every: "1h" }, adopt: null }, false, false],
])("%j is unknown: %s, has unknowns: %s", (value, itself, inside) => {
  expect(isUnknown(value)).toBe(itself);
  expect(hasUnknown(value)).toBe(inside);
});

test("a secret is marked as the engine knows it, and unwrapped again", () => {
  const wrapped = secret("value");
  expect(wrapped).toEqual({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value: "value" });
  expect(unwrapSecret(wrapped)).toBe("value");
});

test.each([
  ["text", "text"],
  [undefined, undefined],
  [null, null],
  [{ value: "text" }, { value: "text" }],
  [{ [SIGNATURE]: "another kind" }, undefined],
])("%j unwraps to %j", (value, unwrapped) => {
  expect(unwrapSecret(value)).toEqual(unwrapped);
});

test("what is sent holds no undefined, at which the host would throw after the mint", () => {
  const sent = sendable({ a: undefined, b: { c: undefined, d: 1 }, e: [] });
  expect(sent).toStrictEqual({ b: { d: 1 }, e: [] });
});
