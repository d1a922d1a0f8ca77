import { describe, expect, it } from "vitest";
import { cutToFit, defaultDescription, descriptionProblem } from "./description.ts";

describe("a description", () => {
  it.each([
    ["plain words", "Checkout service"],
    ["180 code points", "x".repeat(180)],
    ["100 letters of two bytes", "ä".repeat(100)],
    ["50 emoji, counted as code points", "🔑".repeat(50)],
    ["brackets that start no tag", "[akkadian] [ak]"],
  ])("may be %s", (_what, text) => {
    expect(descriptionProblem(text)).toBeUndefined();
  });

  it.each([
    ["nothing", "", /is empty/],
    ["blanks", " \t ", /is empty/],
    ["181 code points", "x".repeat(181), /181 characters, at most 180/],
    ["more than 200 bytes", "ä".repeat(101), /202 bytes of UTF-8, at most 200/],
    ["51 emoji", "🔑".repeat(51), /204 bytes/],
    ["the start of a tag", "a [ak:b", /starts our own tag/],
    ["a line break", "a\nb", /control/],
    ["a NUL", "a\u0000b", /control/],
    ["an escape of a C1 terminal", "a\u009Bb", /control/],
    ["a line separator", "a\u2028b", /control/],
    ["a right-to-left override", "a\u202Eb", /bidirectional/],
    ["an isolate", "a\u2066b", /bidirectional/],
    ["an Arabic letter mark", "a\u061Cb", /bidirectional/],
    ["half a surrogate pair", "a\uD83Db", /surrogate/],
  ])("may not be %s", (_what, text, problem) => {
    expect(descriptionProblem(text)).toMatch(problem);
  });

  it("defaults to namespace and name", () => {
    expect(defaultDescription("shop", "checkout")).toBe("shop/checkout");
  });

  it("is whole where the default has just as many characters as a description may have", () => {
    const name = "m".repeat(175);
    expect(defaultDescription("shop", name)).toBe(`shop/${name}`);
  });

  it("is cut where the default is too long, and then fits", () => {
    const longest = defaultDescription("n".repeat(63), "m".repeat(253));
    expect(longest).toHaveLength(180);
    expect(longest.endsWith("…")).toBe(true);
    expect(descriptionProblem(longest)).toBeUndefined();
  });
});

describe("a text that another user wrote", () => {
  it.each([
    ["stays as it is where it fits", "made by hand", "made by hand"],
    ["keeps as many characters as fit", "x".repeat(181), "x".repeat(180)],
    ["keeps as many bytes as fit", "ä".repeat(101), "ä".repeat(100)],
    ["keeps no half of a character", "x" + "🔑".repeat(50), "x" + "🔑".repeat(49)],
    ["loses half a surrogate pair", "a\uD83Db", "a\uFFFDb"],
    ["loses the blanks at its new end", `${"x".repeat(179)}  y`, "x".repeat(179)],
  ])("%s", (_what, text, cut) => {
    expect(cutToFit(text)).toBe(cut);
  });
});
