import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DESCRIPTION_LIMITS, descriptionProblem } from "./description.ts";
import { formatTag, keepsTag, parseTag, withoutTag, withTag, type Tag } from "./tag.ts";

const TAG: Tag = { installation: "0123456789", owner: "0123456789abcdef", revision: 7, attempt: "abcdefg2" };
const hex = (length: number) => text("0123456789abcdef", length);

function text(alphabet: string, length: number) {
  return fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength: length, maxLength: length });
}

const anyTag: fc.Arbitrary<Tag> = fc
  .record({
    installation: hex(10),
    owner: hex(16),
    revision: fc.integer({ min: 0, max: 999_999 }),
    attempt: text("abcdefghijklmnopqrstuvwxyz234567", 8),
    unconfirmed: fc.boolean(),
  })
  .map(({ unconfirmed, ...tag }) => (unconfirmed ? { ...tag, unconfirmed } : tag));

describe("a tag", () => {
  it("reads back as it was written, behind any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), anyTag, (description, tag) => {
        expect(parseTag(withTag(description, tag))).toEqual(tag);
      }),
    );
  });

  it("comes off again and leaves the user's text", () => {
    fc.assert(
      fc.property(fc.string(), anyTag, (description, tag) => {
        fc.pre(parseTag(description) === undefined);
        expect(withoutTag(withTag(description, tag))).toBe(description.trimEnd());
      }),
    );
  });

  it("is all of a description without a text", () => {
    expect(withTag("", TAG)).toBe(formatTag(TAG));
  });

  it("fits into 255 characters behind every text that is allowed", () => {
    const longest = "x".repeat(DESCRIPTION_LIMITS.characters);
    expect(descriptionProblem(longest)).toBeUndefined();
    const tag = { ...TAG, revision: 999_999, unconfirmed: true };
    expect(Buffer.byteLength(withTag(longest, tag))).toBeLessThanOrEqual(255);
    expect(formatTag(tag).length + 1 + DESCRIPTION_LIMITS.bytes).toBeLessThanOrEqual(255);
  });

  it("is kept by a description that ends in it, and by no other tag, confirmed or not", () => {
    const unconfirmed = { ...TAG, unconfirmed: true };
    expect(keepsTag(withTag("Checkout", TAG), TAG)).toBe(true);
    expect(keepsTag(withTag("Another text", unconfirmed), unconfirmed)).toBe(true);
    for (const other of [unconfirmed, { ...TAG, attempt: "bbbbbbbb" }, { ...TAG, revision: 8 }]) {
      expect(keepsTag(withTag("Checkout", other), TAG)).toBe(false);
    }
    expect(keepsTag("Checkout", TAG)).toBe(false);
  });

  it("is the last one where a text carries two", () => {
    const forged = formatTag({ ...TAG, installation: "ffffffffff" });
    expect(parseTag(withTag(forged, TAG))).toEqual(TAG);
  });

  it.each([
    ["nothing", ""],
    ["a cut end", formatTag(TAG).slice(0, -1)],
    ["a cut attempt", formatTag(TAG).replace("abcdefg2", "abcdefg")],
    ["capitals", formatTag(TAG).toUpperCase()],
    ["a digit that base32 does not have", formatTag(TAG).replace("abcdefg2", "abcdefg1")],
    ["seven digits of revision", formatTag({ ...TAG, revision: 1_000_000 })],
    ["a negative revision", formatTag({ ...TAG, revision: -1 })],
    ["a line break inside", formatTag(TAG).replace(":", ":\n")],
    ["two question marks", formatTag(TAG).replace("]", "??]")],
  ])("is not read out of %s", (_what, description) => {
    expect(parseTag(description)).toBeUndefined();
  });

  it("stays readable behind the start of another tag", () => {
    expect(parseTag(`[ak:${formatTag(TAG)}`)).toEqual(TAG);
  });
});
