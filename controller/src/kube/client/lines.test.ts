import * as fc from "fast-check";
import { expect, test } from "vitest";
import { splitLines } from "./lines.ts";

async function* cut(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const end of [...cuts.map((c) => c % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)) {
    await Promise.resolve();
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function lines(chunks: AsyncIterable<Uint8Array>, longest = 1_000): Promise<string[]> {
  const found: string[] = [];
  for await (const line of splitLines(chunks, longest, (why) => new Error(why)))
    found.push(line.toString("utf8"));
  return found;
}

test("lines are the same wherever the stream is cut, also within a character", async () => {
  const line = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !text.includes("\n") && text.trim() !== "");
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (texts, cuts) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
      expect(await lines(cut(bytes, cuts))).toEqual(texts);
    }),
  );
});

test("a stream that ends within a line is an error, after the complete lines", async () => {
  await expect(lines(cut(Buffer.from("a\nb"), []))).rejects.toThrow("ended within a line");
});

test("a line without an end is given up", async () => {
  await expect(lines(cut(Buffer.from("x".repeat(50)), [10, 20]), 15)).rejects.toThrow("longer than 15 bytes");
});
