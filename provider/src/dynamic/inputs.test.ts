import { expect, test } from "vitest";
import { readInputs } from "./inputs.ts";
import { IDENTITY, iso, NOW } from "./testing/fixtures.ts";
import { UNKNOWN, type Properties } from "./wire.ts";

const CHECKED: Properties = {
  mode: "live",
  description: "Checkout service",
  deletionPolicy: "Retain",
  ...IDENTITY,
  generation: 3,
  retiredGeneration: 1,
};

test("checked inputs are read with their schedule", () => {
  const rotation = { every: "90d" };
  const retireAt = { "2": iso(NOW) };
  expect(
    readInputs({
      ...CHECKED,
      rotation,
      adopt: { keyId: "ak_1" },
      rotateAt: iso(NOW),
      retireAt,
      __provider: "code",
    }),
  ).toEqual({
    mode: "live",
    description: "Checkout service",
    deletionPolicy: "Retain",
    ...IDENTITY,
    rotation,
    adopt: { keyId: "ak_1" },
    schedule: { generation: 3, retiredGeneration: 1, rotateAt: iso(NOW), retireAt },
  });
});

test.each(["mode", "description", "deletionPolicy", "installation", "owner"])(
  "inputs whose %s is still unknown are refused",
  (name) => {
    expect(() => readInputs({ ...CHECKED, [name]: UNKNOWN })).toThrow("incomplete");
  },
);

test("inputs without a schedule are refused", () => {
  const { generation: _generation, ...unchecked } = CHECKED;
  expect(() => readInputs(unchecked)).toThrow("incomplete");
});

test("inputs that are wrong are refused with every mistake", () => {
  expect(() => readInputs({ ...CHECKED, mode: "prod", deletionPolicy: "Keep" })).toThrow(
    /^mode must be "test" or "live"; deletionPolicy must be/,
  );
});
