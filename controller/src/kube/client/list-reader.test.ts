import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ListReader } from "./list-reader.ts";
import { kubeObjectSchema, type KubeObject } from "./object-meta.ts";
import type { ListPage } from "./options.ts";
import type { ListedType, ObjectIdentity } from "./resource-type.ts";

const THINGS: ListedType = {
  group: "",
  version: "v1",
  plural: "things",
  kind: "Thing",
  namespaced: true,
  schema: kubeObjectSchema,
};
const TARGET = { verb: "list", resource: "things" };

const thing = (name: string, more: object = {}, meta: object = {}) => ({
  metadata: { ...meta, name, namespace: "shop", uid: `uid-${name}`, resourceVersion: "5" },
  ...more,
});

/** Reads a text that arrives in pieces, cut at the places given. */
function read(
  text: string,
  cuts: readonly number[] = [],
  longest = 100_000,
  type = THINGS,
): ListPage<KubeObject> {
  const bytes = Buffer.from(text);
  const reader = new ListReader(type, TARGET, longest);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of places) {
    reader.push(bytes.subarray(start, end));
    start = end;
  }
  return reader.finish();
}

const list = (items: unknown, more: object = {}) =>
  JSON.stringify({ kind: "ThingList", apiVersion: "v1", items, metadata: { resourceVersion: "9", ...more } });

describe("a list that is read while it arrives", () => {
  test("is the same as one that is parsed at once, wherever it is cut and however it is written", () => {
    const extra = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue());
    const items = fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), extra));
    const property = fc.property(items, fc.array(fc.nat()), fc.nat(2), (made, cuts, indent) => {
      const things = made.map(([name, more]) => thing(name, { spec: more, items: [more] }));
      const written = { kind: "ThingList", metadata: { resourceVersion: "9", items: ["x"] }, items: things };
      const text = JSON.stringify(written, null, indent);
      const page = read(text, cuts);
      const { items: plain } = z.object({ items: z.array(z.looseObject({})) }).parse(JSON.parse(text));
      const whole = plain.map((one) => kubeObjectSchema.parse({ apiVersion: "v1", kind: "Thing", ...one }));
      expect(page.items).toEqual(whole);
      expect(page).toMatchObject({ malformed: [], resourceVersion: "9" });
    });
    fc.assert(property);
  });

  test.each([
    ["no items", list([]), undefined],
    ["null for items, as of an empty list", list(null), undefined],
    ["a further page", list([], { continue: "token" }), "token"],
    ["an empty token", list([], { continue: "" }), undefined],
  ])("may have %s", (_name, text, token) => {
    expect(read(text)).toEqual({ items: [], malformed: [], resourceVersion: "9", continue: token });
  });

  test.each([
    ["breaks off within an item", list([thing("a")]).slice(0, 60)],
    ["breaks off behind an item", '{"metadata":{"resourceVersion":"9"},"items":[{}'],
    ["breaks off behind the items", '{"metadata":{"resourceVersion":"9"},"items":[]'],
    ["has an item that is no JSON", '{"metadata":{"resourceVersion":"9"},"items":[{"a":hunter2},{}]}'],
    ["lacks a comma", '{"metadata":{"resourceVersion":"9"},"items":[{}{}]}'],
    ["is an object", JSON.stringify(thing("a"))],
    ["is no JSON", "<html>"],
    ["is empty", ""],
  ])("is malformed if it %s, and is not quoted", (_name, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ kind: "malformed-answer" }));
    expect(() => read(text)).not.toThrow("hunter2");
  });

  test("skips and names an object that is too large alone, and has all others", () => {
    const big = { data: { v: "x".repeat(2_000), w: '","name":"forged' } };
    const page = read(list([thing("a"), thing("big", big), thing("c")]), [], 1_000);
    expect(page.items.map(({ metadata }) => metadata.name)).toEqual(["a", "c"]);
    expect(page.malformed).toMatchObject([{ key: "shop/big", resourceVersion: "5" }]);
    expect(page.malformed[0]?.problem).toContain("larger than any that is read");
  });

  test("does not guess the name of an object whose beginning does not have it", () => {
    const page = read(list([thing("late", {}, { annotations: { a: "x".repeat(2_000) } })]), [], 1_000);
    expect(page.malformed).toMatchObject([{ key: undefined, resourceVersion: undefined }]);
  });

  test("takes in an object above the bound of its kind by its identity, and parses nothing else of it", () => {
    const outline = {
      aboveBytes: 500,
      of: (identity: ObjectIdentity, bytes: number) => ({
        apiVersion: "v1",
        kind: "Thing",
        metadata: { ...identity },
        bytes,
      }),
    };
    const type: ListedType = { ...THINGS, outline };
    const annotations = { name: "forged", "kubectl/last-applied": JSON.stringify(thing("quoted")) };
    const big = thing("big", { data: { secret: "x".repeat(1_000) } }, { annotations });
    const page = read(list([thing("small"), big]), [], 100_000, type);
    expect(page.items).toMatchObject([
      { metadata: { name: "small" } },
      { metadata: { name: "big", namespace: "shop", uid: "uid-big", resourceVersion: "5" } },
    ]);
    expect(page.items[1]).toMatchObject({ bytes: JSON.stringify(big).length });
    expect(JSON.stringify(page.items[1])).not.toContain("forged");
  });
});
