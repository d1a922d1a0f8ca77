import { log } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { redactDebugMessages } from "./redact-debug.ts";

const written: unknown[][] = [];
Object.assign(log, { debug: (...args: unknown[]) => written.push(args) });
redactDebugMessages();
const { debug } = log;

test.each([
  ['resp: {"key":"key_live_0123abcd","keyId":"ak_1"}', 'resp: {"key":"[redacted]","keyId":"ak_1"}'],
  ["key_test_a, key_live_b", "[redacted], [redacted]"],
  ["key_prod_a key_live_", "key_prod_a key_live_"],
  ["nothing", "nothing"],
])("%s is written as %s", (message, redacted) => {
  void debug(message, undefined, 7);
  expect(written.at(-1)).toEqual([redacted, undefined, 7]);
});

test("messages are redacted once, however many keys a program declares", () => {
  redactDebugMessages();
  expect(log.debug).toBe(debug);
});
