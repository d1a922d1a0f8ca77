import { describe, expect, test } from "vitest";
import type { KubeErrorKind } from "./kube-error.ts";
import { errorFromAnswer } from "./status.ts";

const target = { verb: "create", resource: "secrets", namespace: "shop", name: "x" };
const status = (code: number, reason: string) =>
  JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: "why" });
const error = (code: number, body: string, headers: Record<string, string> = {}, mutating = true) =>
  errorFromAnswer({ status: code, headers, body }, target, mutating, (text) => text);

describe("an answer with a Status", () => {
  test.each<[number, string, KubeErrorKind, "none" | "unknown"]>([
    [400, "BadRequest", "api-status", "none"],
    [401, "Unauthorized", "unauthorized", "none"],
    [403, "Forbidden", "forbidden", "none"],
    [404, "NotFound", "not-found", "none"],
    [408, "Timeout", "api-status", "unknown"],
    [409, "AlreadyExists", "already-exists", "none"],
    [409, "Conflict", "conflict", "none"],
    [410, "Expired", "gone", "none"],
    [422, "Invalid", "invalid", "none"],
    [429, "TooManyRequests", "too-many-requests", "none"],
    [500, "InternalError", "server-error", "unknown"],
    [503, "ServiceUnavailable", "unavailable", "unknown"],
    [504, "Timeout", "server-error", "unknown"],
  ])("%i %s is %s, with the effect %s on a write", (code, reason, kind, effect) => {
    expect(error(code, status(code, reason))).toMatchObject({
      kind,
      effect,
      reason,
      status: code,
      detail: "why",
    });
    expect(error(code, status(code, reason), {}, false).effect).toBe("none");
  });

  test("tells causes, the object it is about, and when to come back", () => {
    const body = JSON.stringify({
      kind: "Status",
      code: 422,
      reason: "Invalid",
      message: "no",
      details: {
        kind: "namespaces",
        name: "gone",
        causes: [{ field: "type", message: "immutable" }],
        retryAfterSeconds: 3,
      },
    });
    expect(error(422, body)).toMatchObject({
      causes: [{ field: "type", message: "immutable" }],
      about: { kind: "namespaces", name: "gone" },
      retryAfterSeconds: 3,
    });
    expect(error(429, status(429, "TooManyRequests"), { "retry-after": "7" }).retryAfterSeconds).toBe(7);
  });

  test("says in its message what was tried on which object", () => {
    expect(error(500, status(500, "InternalError")).message).toBe(
      "could not create secrets shop/x: why [server-error, HTTP 500] (it may have taken effect nevertheless)",
    );
  });
});

describe("an answer without a Status", () => {
  test.each([404, 403, 409, 413])("a %i is not what the API server said, and promises nothing", (code) => {
    expect(error(code, "<html>nope</html>")).toMatchObject({ kind: "api-status", effect: "unknown" });
  });

  test("a refusal in plain text by priority and fairness was not executed", () => {
    const text = "Too many requests, please try again later.";
    expect(error(429, text, { "retry-after": "1" })).toMatchObject({
      kind: "too-many-requests",
      effect: "none",
    });
    expect(error(429, text).effect).toBe("unknown");
  });

  test("is never quoted", () => {
    expect(error(502, "some-page").message).not.toContain("some-page");
  });
});
