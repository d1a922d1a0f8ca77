import { inspect } from "node:util";
import { deserialize, serialize } from "node:v8";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as index from "./index.ts";
import { KeyValue } from "./key-value.ts";
import { ManagementToken } from "./management-token.ts";
import { revealKeyValue } from "./reveal.ts";
import { fingerprintOf } from "./secret-value.ts";

const PLAIN = "key_test_not-a-real-value-wxyz";
const TOKEN = "not-a-real-token";

/** Everything that somebody may do to a value without meaning to show it. */
const ACCIDENTS: Record<string, (value: KeyValue | ManagementToken) => unknown> = {
  "a template": (value) => `the value is ${String(value)}`,
  concatenation: (value) => ["the value is ", value].join(""),
  "JSON.stringify": (value) => JSON.stringify({ value }),
  "util.inspect": (value) => inspect({ value }, { showHidden: true, depth: null }),
  "util.inspect without its custom form": (value) =>
    inspect(value, { customInspect: false, showHidden: true }),
  structuredClone: (value) =>
    inspect(structuredClone(value), { showHidden: true }) + JSON.stringify(structuredClone(value)),
  "v8.serialize": (value) =>
    inspect(deserialize(serialize(value)), { showHidden: true }) + serialize(value).toString(),
  "Object.assign": (value) => JSON.stringify(Object.assign({}, value)),
  "own keys": (value) => JSON.stringify(Reflect.ownKeys(value)),
  "Object.entries": (value) => JSON.stringify(Object.entries(value)),
  "an error's cause": (value) => inspect(new Error("x", { cause: value })),
};

for (const [name, accident] of Object.entries(ACCIDENTS)) {
  test(`a key value is not shown by ${name}`, () => {
    expect(accident(KeyValue.of(PLAIN))).not.toContain("wxyz");
  });
  test(`a management token is not shown by ${name}`, () => {
    expect(accident(ManagementToken.of(TOKEN))).not.toContain("not-a-real");
  });
}

test("a key value says [redacted] instead", () => {
  const value = KeyValue.of(PLAIN);
  expect([String(value), JSON.stringify(value), inspect(value)]).toEqual([
    "[redacted]",
    '"[redacted]"',
    "[redacted]",
  ]);
});

test("revealKeyValue gives the plain value, and the ordinary index does not export it", () => {
  expect(revealKeyValue(KeyValue.of(PLAIN))).toBe(PLAIN);
  expect(Object.keys(index)).not.toContain("revealKeyValue");
  expect(Object.keys(index)).not.toContain("plainTextOf");
});

test("fingerprint is the first 12 hex digits of the SHA-256, of strings and bytes alike", () => {
  const expected = createHash("sha256").update(PLAIN).digest("hex").slice(0, 12);
  expect(KeyValue.of(PLAIN).fingerprint).toBe(expected);
  expect(fingerprintOf(PLAIN)).toBe(expected);
  expect(fingerprintOf(Buffer.from(PLAIN))).toBe(expected);
});

test("hint is the last four characters, and nothing for a value that is too short to show any", () => {
  expect(KeyValue.of(PLAIN).hint).toBe("wxyz");
  expect(KeyValue.of("short").hint).toBe("");
});

test("mode follows the prefix", () => {
  expect(KeyValue.of("key_test_x").mode).toBe("test");
  expect(KeyValue.of("key_live_x").mode).toBe("live");
  expect(KeyValue.of("key_other_x").mode).toBeUndefined();
});

test("equals compares with another value, a string and bytes", () => {
  const value = KeyValue.of(PLAIN);
  expect(value.equals(KeyValue.of(PLAIN))).toBe(true);
  expect(value.equals(PLAIN)).toBe(true);
  expect(value.equals(Buffer.from(PLAIN))).toBe(true);
  expect(value.equals(`${PLAIN}\n`)).toBe(false);
  expect(value.equals(KeyValue.of("key_test_other-value"))).toBe(false);
});

test("an empty key value is refused", () => {
  expect(() => KeyValue.of("")).toThrow("empty");
});

test("a token loses one trailing line break, as files have it", () => {
  const { fingerprint } = ManagementToken.of(TOKEN);
  expect(ManagementToken.of(`${TOKEN}\n`).fingerprint).toBe(fingerprint);
  expect(ManagementToken.of(`${TOKEN}\r\n`).fingerprint).toBe(fingerprint);
  expect(ManagementToken.of(Buffer.from(`${TOKEN}\n`)).fingerprint).toBe(fingerprint);
});

test.each([
  ["two lines", `${TOKEN}\nx: y`],
  ["a space", `${TOKEN} ${TOKEN}`],
  ["a NUL", `${TOKEN}\0`],
  ["a letter outside of ASCII", `${TOKEN}é`],
  ["two trailing line breaks", `${TOKEN}\n\n`],
  ["bytes that are not UTF-8", Buffer.concat([Buffer.from(TOKEN), Buffer.of(0xff)])],
  ["nothing", ""],
  ["nothing but a line break", "\n"],
])("a token that holds %s is refused, and the message does not repeat it", (_, content) => {
  let message = "";
  try {
    ManagementToken.of(content);
  } catch (error) {
    message = inspect(error);
  }
  expect(message).toMatch(/management token (is|holds)/);
  expect(message).not.toContain(TOKEN);
});
