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
