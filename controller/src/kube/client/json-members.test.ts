import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { membersOf, stringIn } from "./json-members.ts";

const members = (text: string | Buffer): (readonly [string, string])[] =>
  [...membersOf(Buffer.from(text))].map(({ name, value }) => [name, value.toString("utf8").trim()] as const);

describe("the members of an object", () => {
  test("are what a parser finds, however the object is written", () => {
    const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue());
    const property = fc.property(object, fc.nat(3), (made, indent) => {
      const text = JSON.stringify(made, null, indent);
      const parsed: unknown = JSON.parse(text);
      const found = members(text).map(([name, value]) => [name, JSON.parse(value) as unknown] as const);
      expect(Object.fromEntries(found)).toEqual(parsed);
    });
    fc.assert(property);
  });

  test("of a text that breaks off anywhere are those before, and the one that it breaks off in", () => {
    const text = JSON.stringify({ a: 'x"}],', b: { c: [1, "]"] }, d: null });
    const whole = members(text);
    for (let end = 0; end < text.length; end++) {
      const found = members(text.slice(0, end));
      for (const [index, [name, value]] of found.entries()) {
        expect(name).toBe(whole[index]?.[0]);
        const isLast = index === found.length - 1;
        if (isLast) expect(whole[index]?.[1].startsWith(value)).toBe(true);
        else expect(value).toBe(whole[index]?.[1]);
      }
    }
  });

  test.each(["", "[]", '"a"', "7", "{", "nonsense", "{}"])("of %s are none", (text) => {
    expect(members(text)).toEqual([]);
  });
});

test.each([
  ['"a\\u00e4"', "aä"],
  ["7", undefined],
  ['"broken', undefined],
])("%s is the string %s", (text, string) => {
  expect(stringIn(Buffer.from(text))).toBe(string);
});
