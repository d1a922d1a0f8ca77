import { expect, test } from "vitest";
import { redactorFor } from "./redact.ts";

const value = 'not-a-"real"\nvalue';

test.each([
  ["plain", value],
  ["encoded", Buffer.from(value).toString("base64")],
  ["quoted once", JSON.stringify(value)],
  ["quoted twice", JSON.stringify(JSON.stringify({ v: value }))],
  ["its first line", 'not-a-"real"'],
])("takes a value of stringData out of a text where it stands %s", (_, text) => {
  const redact = redactorFor({ stringData: { key: value } });
  expect(redact(`refused: ${text}.`)).not.toContain("real");
  expect(redact(`refused: ${text}.`)).toContain("[redacted]");
});

test("takes the decoded form of data out, and values in JSON patches", () => {
  const encoded = Buffer.from("placeholder-value").toString("base64");
  expect(redactorFor({ data: { key: encoded } })("x placeholder-value x")).toBe("x [redacted] x");
  const patch = [{ op: "add", path: "/data/key", value: encoded }];
  expect(redactorFor(patch)(`bad: ${encoded}`)).toBe("bad: [redacted]");
});

test("leaves names and other texts alone", () => {
  const redact = redactorFor({ metadata: { name: "checkout-key" }, data: { key: "c2hvcnQ=" } });
  expect(redact('secrets "checkout-key" is invalid')).toBe('secrets "checkout-key" is invalid');
});
