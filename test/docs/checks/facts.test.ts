import { describe, expect, test } from "vitest";
import { markdownFiles } from "../markdown.ts";
import { FACTS } from "./facts.ts";
import { numberIn } from "./sources.ts";

const WORDS = [
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
  "sixteen seventeen eighteen nineteen twenty",
]
  .join(" ")
  .split(" ");

const NUMBER = String.raw`(\d[\d,.]*\d|\d|${WORDS.join("|")}|an?)`;

/** What a page says by a number: `45`, `1,024`, `ten`, `a`. */
function numberOf(text: string): number {
  if (/^an?$/i.test(text)) return 1;
  const word = WORDS.indexOf(text.toLowerCase());
  return word === -1 ? Number(text.replaceAll(",", "")) : word;
}

function pattern(phrase: string): RegExp {
  const parts = phrase.split("{n}").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(parts.join(NUMBER), "gi");
}

// A changelog says what was true when it was written.
const pages = markdownFiles()
  .filter(({ path }) => path !== "CHANGELOG.md")
  .map(({ path, text }) => ({ path, text: text.replaceAll(/\s+/g, " ") }));

describe("the documentation states what the code does:", () => {
  test.each(FACTS)("$fact", ({ value, phrases }) => {
    const stated = phrases.map((phrase) => ({
      phrase,
      says: pages.flatMap(({ path, text }) =>
        [...text.matchAll(pattern(phrase))].map(([, number = ""]) => ({ path, says: numberOf(number) })),
      ),
    }));
    expect(stated.filter(({ says }) => says.length === 0).map(({ phrase }) => phrase)).toEqual([]);
    expect(stated.flatMap(({ says }) => says).filter(({ says }) => says !== value)).toEqual([]);
  });
});

test("numbers are read in digits and as words", () => {
  expect(["45", "1,024", "ten", "A", "an", "Two"].map((text) => numberOf(text))).toEqual([
    45, 1024, 10, 1, 1, 2,
  ]);
});

test("a constant that is gone or renamed is an error", () => {
  expect(() => numberIn("controller/src/controller.ts", "NO_SUCH_MS")).toThrow("0 times");
});
