import { describe, expect, test } from "vitest";
import {
  isConfigKey,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  qualifiedNamePrefix,
} from "./names.ts";

const cases = {
  isDns1123Label: {
    check: isDns1123Label,
    yes: ["a", "a-1", "1a", "a".repeat(63)],
    no: ["", "-a", "a-", "A", "a.b", "a_b", "a".repeat(64), "a\n"],
  },
  isDns1123Subdomain: {
    check: isDns1123Subdomain,
    yes: ["a", "a.b-c.1", `${"a".repeat(63)}.b`],
    no: ["", ".a", "a.", "a..b", "a/b", "A.b", "a".repeat(254)],
  },
  isQualifiedName: {
    check: isQualifiedName,
    yes: ["a", "A_b.C-1", "example.com/a", "example.com/A.b"],
    no: ["", "/a", "a/", "a/b/c", "Example.com/a", "-a", "a".repeat(64), "example.com/"],
  },
  isLabelValue: {
    check: isLabelValue,
    yes: ["", "a", "A_b.C", "1"],
    no: ["-a", "a-", "a b", "a/b", "a".repeat(64)],
  },
  isConfigKey: {
    check: isConfigKey,
    yes: ["a", ".env", "A_B-c.d", "-"],
    no: ["", ".", "..", "..a", "a/b", "a b", "a".repeat(254)],
  },
};

describe.each(Object.entries(cases))("%s", (_, { check, yes, no }) => {
  test.each(yes)("accepts %j", (text) => expect(check(text)).toBe(true));
  test.each(no)("refuses %j", (text) => expect(check(text)).toBe(false));
});

test("the prefix of a qualified name is what stands before the slash", () => {
  expect([qualifiedNamePrefix("example.com/a"), qualifiedNamePrefix("a")]).toEqual(["example.com", ""]);
});
