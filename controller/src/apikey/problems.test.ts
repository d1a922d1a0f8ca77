import { ManagementApiError } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { KubeError, type KubeErrorKind } from "../kube/index.ts";
import { managementProblem, secretWriteProblem } from "./problems.ts";

const CALL = { operation: "createApiKey", effect: "unknown", reason: "r" } as const;

describe("a failed call to the management API", () => {
  test.each([
    [{ kind: "invalid-token", status: 401 }, "InvalidToken", false],
    [{ kind: "test-key-exists", status: 409 }, "TestKeyExists", false],
    [{ kind: "too-many-requests", status: 429 }, "RateLimited", true],
    [{ kind: "timeout" }, "ManagementAPIUnavailable", true],
    [{ kind: "connection" }, "ManagementAPIUnavailable", true],
    [{ kind: "aborted" }, "ManagementAPIUnavailable", true],
    [{ kind: "malformed-answer", status: 200 }, "UnexpectedAnswer", false],
    [{ kind: "malformed-answer", transient: true }, "UnexpectedAnswer", true],
    [{ kind: "http-status", status: 499 }, "UnexpectedAnswer", false],
    [{ kind: "http-status", status: 500 }, "ManagementAPIUnavailable", true],
    [{ kind: "problem", status: 503 }, "ManagementAPIUnavailable", true],
  ] as const)("%j reads %s, and waiting can help: %s", (details, reason, transient) => {
    const problem = managementProblem(new ManagementApiError({ ...CALL, ...details }));
    expect(problem).toMatchObject({ reason, transient });
  });
});

function failed(kind: KubeErrorKind, causes: readonly { message?: string }[] = []): KubeError {
  const about = { verb: "update", resource: "secrets", effect: "none", message: "m" } as const;
  return new KubeError({ ...about, kind, causes });
}

describe("a refused write of the Secret", () => {
  test.each<readonly [KubeErrorKind, string | undefined, string, boolean]>([
    ["invalid", "field is immutable when `immutable` is set", "SecretImmutable", false],
    ["invalid", "must be shorter", "SecretRejected", false],
    ["invalid", undefined, "SecretRejected", false],
    ["forbidden", "field is immutable", "SecretRejected", false],
    ["not-found", undefined, "SecretRejected", false],
    ["api-status", undefined, "SecretRejected", false],
    ["timeout", undefined, "SecretRejected", true],
    ["conflict", undefined, "SecretRejected", true],
  ])("%s (%s) reads %s, and waiting can help: %s", (kind, message, reason, transient) => {
    const error = failed(kind, [message === undefined ? {} : { message }]);
    expect(secretWriteProblem(error)).toMatchObject({ reason, transient });
  });
});
