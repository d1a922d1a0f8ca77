import { expect, test } from "vitest";
import { isAbout } from "./about.ts";
import { logLines } from "./lines.ts";

test.each([
  ['{"apiKey":"shop/checkout","msg":"minted"}', true],
  ["key of ApiKey shop/checkout: minted", true],
  ["shop/checkout", true],
  ['{"apiKey":"shop/checkout-2"}', false],
  ['{"apiKey":"web-shop/checkout"}', false],
  ['{"apiKey":"shop/checkout.eu"}', false],
  ["shop/checkout-2 and shop/checkout", true],
  ["checkout", false],
])("%s is about shop/checkout: %s", (line, expected) => {
  expect(isAbout(line, "shop/checkout")).toBe(expected);
});

async function linesOf(
  chunks: AsyncIterable<Uint8Array>,
  signal = new AbortController().signal,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of logLines(chunks, signal)) lines.push(line);
  return lines;
}

async function* stream(chunks: readonly Uint8Array[], end?: Error): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
  if (end !== undefined) throw end;
}

test("lines are whole, wherever the stream is cut, also within a character", async () => {
  const bytes = new TextEncoder().encode("one\ntwo …\n\nthree");
  for (let at = 0; at <= bytes.length; at++)
    expect(await linesOf(stream([bytes.slice(0, at), bytes.slice(at)]))).toEqual([
      "one",
      "two …",
      "",
      "three",
    ]);
});

test("a stream that breaks is an error, unless the user has interrupted it", async () => {
  const stop = new AbortController();
  const broken = async () => linesOf(stream([], new Error("broken")), stop.signal);
  await expect(broken()).rejects.toThrow("broken");
  stop.abort();
  expect(await broken()).toEqual([]);
});
