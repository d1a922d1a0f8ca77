import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Canary } from "./canary.ts";

// Made up here, letter by letter, so that nothing in this file looks like a key.
const RANDOM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd";
const VALUE = ["key", "live", RANDOM].join("_");

test.each([
  ["as it is", VALUE],
  ["in a sentence", `the value ${VALUE}.`],
  ["in base64", Buffer.from(VALUE).toString("base64")],
  ["in base64, behind one byte", Buffer.from(`"${VALUE}`).toString("base64")],
  ["in base64, behind two bytes", Buffer.from(`={${VALUE}`).toString("base64")],
  ["in hexadecimal digits", Buffer.from(VALUE).toString("hex")],
  ["cut off at its beginning", VALUE.slice(15)],
  ["cut off at its end", RANDOM.slice(0, 25)],
])("a value is found %s", (_how, text) => {
  expect(new Canary([VALUE]).finds(`{"msg":"${text}"}`)).toBe(true);
});

test("a value that was not seen before is found by how it begins", () => {
  expect(new Canary([]).finds(VALUE)).toBe(true);
});

test.each([
  "an ID such as ak_0123456789abcdef01234567 is no value",
  '{"fingerprint":"0123456789ab","hint":"abcd","uid":"b5c85e53-0875-431b-a3b8-94035d4ab692"}',
  "key_live_ and key_test_ begin values, and are none",
])("nothing is found in: %s", (text) => {
  expect(new Canary([VALUE]).finds(text)).toBe(false);
});

test("a value is found in a file of many pieces, also between two of them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-canary-"));
  const [clean, leaking] = [join(folder, "clean"), join(folder, "leaking")];
  const piece = 4 * 1024 * 1024;
  await writeFile(clean, " ".repeat(piece + 100));
  await writeFile(leaking, " ".repeat(piece - 20) + VALUE + " ".repeat(100));
  expect(await new Canary([VALUE]).findsIn([clean, leaking])).toEqual([leaking]);
  await rm(folder, { recursive: true });
});
