import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutText, fitMessage } from "./text.ts";

describe("a text that is cut", () => {
  test.each([
    ["ab😀cd", { units: 4 }, "…", "ab…"],
    ["ab😀cd", { units: 5 }, "…", "ab😀…"],
    ["ab😀cd", { units: 6 }, "…", "ab😀cd"],
    ["ab😀cd", { units: 3 }, "", "ab"],
    ["ab😀cd", { characters: 3 }, "", "ab😀"],
    ["ab😀cd", { bytes: 5 }, "", "ab"],
    ["ab😀cd", { bytes: 6 }, "", "ab😀"],
    ["é".repeat(9), { characters: 5, bytes: 4 }, "", "éé"],
    ["abcd", { units: 4 }, "…", "abcd"],
    ["abcd", {}, "…", "abcd"],
    ["ab\ud83d", {}, "", "ab\ufffd"],
  ])("%j to %j is cut at a character", (text, limits, ellipsis, expected) => {
    expect(cutText(text, limits, ellipsis)).toBe(expected);
  });

  test("keeps its limits, is well-formed, and stays as it is when it is cut again", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00"), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat(30), fc.nat(30), fc.nat(60), (given, units, characters, bytes) => {
        const cut = cutText(given, { units, characters, bytes });
        expect(cut.length).toBeLessThanOrEqual(units);
        expect(Array.from(cut).length).toBeLessThanOrEqual(characters);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        expect(cut.isWellFormed()).toBe(true);
        expect(cutText(cut, { units, characters, bytes })).toBe(cut);
      }),
    );
  });
});

describe("a message of a condition", () => {
  test("has at most 1024 units, with an ellipsis where it was cut", () => {
    expect(fitMessage("x".repeat(1_024))).toBe("x".repeat(1_024));
    expect(fitMessage("x".repeat(40_000))).toBe(`${"x".repeat(1_023)}…`);
  });

  test("that fits is not changed again", () => {
    const message = fitMessage(`${"x".repeat(1_022)}😀😀`);
    expect(message).toBe(`${"x".repeat(1_022)}…`);
    expect(fitMessage(message)).toBe(message);
  });
});
