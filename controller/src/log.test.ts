import { expect, test } from "vitest";
import { createLog, redactLine } from "./log.ts";

function logged(format: "json" | "text", tell: (log: ReturnType<typeof createLog>) => void): string {
  let output = "";
  tell(createLog({ level: "info", format, write: (line) => (output += line) }));
  return output;
}

test("a line of JSON names its level, and holds the fields", () => {
  const line = logged("json", (log) => log.warn({ kind: "ApiKey" }, "odd"));
  expect(JSON.parse(line)).toMatchObject({ level: "warn", kind: "ApiKey", msg: "odd" });
});

test("a line of text reads from left to right", () => {
  expect(logged("text", (log) => log.info({ name: "checkout" }, "at rest"))).toMatch(
    /^\S+Z INFO {2}at rest name=checkout\n$/,
  );
});

test("a text of others forges no line and no field of a text log, and hides nothing", () => {
  const forged = "ak_1\n2026-01-01T00:00:00Z INFO  key revoked keyId=ak_2";
  const line = logged("text", (log) =>
    log.info({ keyId: forged, [forged]: 1, odd: "a\u202eb\u0085\u2028\u001b[31m", why: { forged } }, forged),
  );
  expect(line.split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
  expect(line).toContain(String.raw`keyId="ak_1\n2026-01-01T00:00:00Z INFO  key revoked keyId=ak_2"`);
  expect(line).toContain(String.raw`odd="a\u202eb\u0085\u2028\u001b[31m"`);
});

test("a value is taken out with each character that one may have", () => {
  const rest = "AZaz09_.~+/=-";
  expect(redactLine(`(key_test_${rest}${rest})`)).toBe("([redacted])");
  expect(redactLine("keys begin with key_test_ or key_live_.")).toContain("key_live_.");
});

test("what looks like a key or a bearer token does not get through, wherever it stands", () => {
  const value = `key_live_${"0".repeat(24)}`;
  const line = logged("json", (log) =>
    log.error({ error: new Error(`got ${value}`), header: "Bearer abc.def" }, value),
  );
  expect(line).not.toContain("0000");
  expect(line).not.toContain("abc.def");
  expect(JSON.parse(line)).toMatchObject({ level: "error" });
  expect(redactLine("ak_0123456789abcdef")).toBe("ak_0123456789abcdef");
});
