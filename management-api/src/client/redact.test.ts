import { expect, test } from "vitest";
import { redact } from "./redact.ts";

test("keys and the token do not come through, also not with invisible characters inside or at the cut", () => {
  expect(redact("a key_live_abc123 b")).toBe("a [redacted] b");
  expect(redact("KEY_TEST_ABC.")).not.toContain("ABC");
  expect(redact("bad token sesame!", "sesame")).toBe("bad token [redacted]!");
  expect(redact(`key_\u202elive_abc`)).not.toContain("\u202e");
  expect(redact(`${"x".repeat(295)}key_live_abcdef`)).not.toContain("key_");
});

test("a key is taken out with each character that a value may have", () => {
  expect(redact("(key_live_AZaz09_.~+/=-)")).toBe("([redacted])");
});

test("half a character becomes a whole one", () => {
  expect(redact("a\ud83d")).toBe("a\ufffd");
});

test("control characters become spaces and long text is cut after 300 characters", () => {
  expect(redact("a\r\nb\u001b[31mc")).toBe("a b [31mc");
  expect(redact("😀".repeat(400))).toBe(`${"😀".repeat(300)}…`);
});
