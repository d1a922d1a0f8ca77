import { expect, test } from "vitest";
import { KubeError, type KubeErrorKind } from "./kube-error.ts";
import { retryDelay } from "./retry.ts";

function ask(
  kind: KubeErrorKind,
  more: { read?: boolean; after?: number; retries?: number; leftMs?: number; effect?: "none" | "unknown" },
) {
  const { read = true, after, retries = 0, leftMs = 30_000, effect = "none" } = more;
  const fields = { kind, effect, verb: "get", resource: "secrets", message: "m", retryAfterSeconds: after };
  return retryDelay({ error: new KubeError(fields), idempotentRead: read, retries, leftMs, random: () => 0 });
}

test.each<KubeErrorKind>(["too-many-requests", "unavailable", "server-error", "connection"])(
  "a read is repeated after %s",
  (kind) => {
    expect(ask(kind, {})).toBe(100);
  },
);

test.each<KubeErrorKind>([
  "not-found",
  "conflict",
  "forbidden",
  "timeout",
  "aborted",
  "gone",
  "malformed-answer",
])("a read is not repeated after %s", (kind) => {
  expect(ask(kind, {})).toBeUndefined();
});

test.each<KubeErrorKind>(["unavailable", "server-error", "connection", "timeout"])(
  "a write is never repeated after %s",
  (kind) => {
    expect(ask(kind, { read: false, effect: "unknown" })).toBeUndefined();
    expect(ask(kind, { read: false, effect: "none", after: 1 })).toBeUndefined();
  },
);

test("a write is repeated after a 429 that says when, and not after another one", () => {
  expect(ask("too-many-requests", { read: false, after: 2 })).toBe(2_100);
  expect(ask("too-many-requests", { read: false })).toBeUndefined();
  expect(ask("too-many-requests", { read: false, after: 2, effect: "unknown" })).toBeUndefined();
});

test("nothing is repeated past its deadline or too often", () => {
  expect(ask("unavailable", { leftMs: 50 })).toBeUndefined();
  expect(ask("unavailable", { after: 60 })).toBeUndefined();
  expect(ask("unavailable", { retries: 10 })).toBeUndefined();
});
