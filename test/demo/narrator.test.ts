import { expect, test } from "vitest";
import { Narrator } from "./narrator.ts";

const VALUE = `key_test_${"x".repeat(20)}`;

function narrator(options: { isTTY?: boolean; env?: Record<string, string> } = {}) {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), isTTY: options.isTTY ?? false };
  return { narrator: new Narrator(output, options.env ?? {}), text: () => written.join("") };
}

test.each([
  ["as it is", VALUE],
  ["in base64", Buffer.from(VALUE).toString("base64")],
])("a value that was printed %s is counted as a leak, also when it is learned later", (_, printed) => {
  const { narrator: teller } = narrator();
  teller.say(`the value is ${printed}`);
  expect(teller.leaksIn()).toBe(0);
  teller.noteValue(VALUE);
  expect(teller.leaksIn()).toBe(1);
});

test("a value that is known is not written, and is a leak nevertheless", () => {
  const { narrator: teller, text } = narrator();
  teller.noteValue(VALUE);
  teller.say(`the value is ${VALUE}`);
  expect(text()).toBe("the value is [value]\n");
  expect(teller.leaksIn()).toBe(1);
});

test.each([
  ["a terminal", true, {}, true],
  ["a terminal with NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["no terminal", false, {}, false],
])("escape codes for %s: %s", (_, isTTY, env, coloured) => {
  const { narrator: teller, text } = narrator({ isTTY, env });
  teller.checked("so it is");
  expect(text().includes(String.fromCodePoint(27))).toBe(coloured);
});

test("something that takes longer than two seconds is seen to go on", async () => {
  const { narrator: teller, text } = narrator();
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = teller.during("waiting for it", promise);
  await expect.poll(text, { timeout: 5_000 }).toContain("… waiting for it (2 s)");
  resolve();
  await done;
});
