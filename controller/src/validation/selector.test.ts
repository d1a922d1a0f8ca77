import { expect, test } from "vitest";
import { selects } from "./selector.ts";

const LABELS = { tier: "prod", team: "pay" };

test.each([
  ["an empty selector selects all", {}, true],
  ["labels that are all there", { matchLabels: { tier: "prod", team: "pay" } }, true],
  ["a label of another value", { matchLabels: { tier: "dev" } }, false],
  ["a label that is missing", { matchLabels: { zone: "a" } }, false],
  ["In", { matchExpressions: [{ key: "tier", operator: "In" as const, values: ["dev", "prod"] }] }, true],
  [
    "In without the label",
    { matchExpressions: [{ key: "zone", operator: "In" as const, values: ["a"] }] },
    false,
  ],
  [
    "NotIn an empty value, without the label",
    { matchExpressions: [{ key: "zone", operator: "NotIn" as const, values: [""] }] },
    true,
  ],
  [
    "NotIn without the label",
    { matchExpressions: [{ key: "zone", operator: "NotIn" as const, values: ["a"] }] },
    true,
  ],
  ["NotIn", { matchExpressions: [{ key: "tier", operator: "NotIn" as const, values: ["prod"] }] }, false],
  ["Exists", { matchExpressions: [{ key: "tier", operator: "Exists" as const }] }, true],
  [
    "a label that each object of the language has",
    { matchExpressions: [{ key: "constructor", operator: "Exists" as const }] },
    false,
  ],
  ["DoesNotExist", { matchExpressions: [{ key: "tier", operator: "DoesNotExist" as const }] }, false],
  [
    "one requirement of two fails",
    { matchLabels: { tier: "prod" }, matchExpressions: [{ key: "team", operator: "DoesNotExist" as const }] },
    false,
  ],
])("%s", (_name, selector, expected) => {
  expect(selects(selector, LABELS)).toBe(expected);
});

test.each([
  ["one that selects all is satisfied", {}, true],
  ["one that asks for a label is not", { matchLabels: { tier: "prod" } }, false],
  [
    "one that asks for the absence of a label is not",
    { matchExpressions: [{ key: "tier", operator: "DoesNotExist" as const }] },
    false,
  ],
  [
    "one that excludes a value is not",
    { matchExpressions: [{ key: "tier", operator: "NotIn" as const, values: ["dev"] }] },
    false,
  ],
])("by labels that are not known, %s", (_name, selector, expected) => {
  expect(selects(selector, undefined)).toBe(expected);
});
