import { describe, expect, test } from "vitest";
import { isAllowed, licenceTexts } from "./licences.ts";

describe("a licence of bundled code", () => {
  test.each([
    ["MIT", true],
    ["Apache-2.0", true],
    ["(MIT OR GPL-3.0-only)", true],
    ["MIT AND ISC", true],
    ["MIT AND GPL-3.0-only", false],
    ["GPL-3.0-only", false],
    ["Apache-2.0 WITH LLVM-exception", false],
    ["SEE LICENSE IN LICENSE.md", false],
    ["UNLICENSED", false],
  ])("%s: %s", (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });
});

test("each licence goes with its text", () => {
  const one = { description: undefined, homepage: undefined, license: "MIT" };
  const text = licenceTexts("a product", [
    { ...one, name: "first", version: "1.0.0", licenseText: "Copyright of the first" },
    { ...one, name: "second", version: "2.0.0", licenseText: "Copyright of the second" },
  ]);
  expect(text).toMatch(/^a product contains code of these packages:/);
  expect(text).toContain("first 1.0.0 (MIT)\n\nCopyright of the first");
  expect(text).toContain("second 2.0.0 (MIT)\n\nCopyright of the second");
});
