import type { Problem, Reason } from "@signatureapi-keys/lifecycle";
import type { ManagementApiError, ManagementApiErrorKind } from "@signatureapi-keys/management-api";
import type { KubeError } from "../kube/index.ts";

const MANAGEMENT_REASONS: Record<ManagementApiErrorKind, Reason> = {
  "invalid-token": "InvalidToken",
  "live-mode-disabled": "LiveModeDisabled",
  "live-mode-paused": "LiveModePaused",
  forbidden: "PermissionDenied",
  "not-found": "MintRejected",
  "test-key-exists": "TestKeyExists",
  "validation-error": "MintRejected",
  "too-many-requests": "RateLimited",
  problem: "MintRejected",
  "http-status": "UnexpectedAnswer",
  timeout: "ManagementAPIUnavailable",
  connection: "ManagementAPIUnavailable",
  "untrusted-certificate": "ManagementAPIUnavailable",
  proxy: "ManagementAPIUnavailable",
  "address-not-allowed": "AddressNotAllowed",
  redirect: "UnexpectedAnswer",
  "malformed-answer": "UnexpectedAnswer",
  "answer-too-large": "UnexpectedAnswer",
  "wrong-mode": "WrongMode",
  "wrong-key": "UnexpectedAnswer",
  "foreign-link": "UnexpectedAnswer",
  aborted: "ManagementAPIUnavailable",
};

const TRANSIENT: ReadonlySet<ManagementApiErrorKind> = new Set([
  "too-many-requests",
  "timeout",
  "connection",
  "untrusted-certificate",
  "aborted",
]);

/** A failed call to the management API in the words of a condition. The client's messages hold no secret. */
export function managementProblem(error: ManagementApiError): Problem {
  const server = error.status !== undefined && error.status >= 500;
  return {
    reason: server ? "ManagementAPIUnavailable" : MANAGEMENT_REASONS[error.kind],
    message: error.message,
    transient: server || error.transient || TRANSIENT.has(error.kind),
  };
}

/** What keeps dependents from being restarted or seen. */
export function workloadProblem(message: string, transient: boolean): Problem {
  return { reason: "RestartFailed", message, transient };
}

/** A refused or failed write of the Secret in the words of a condition. */
export function secretWriteProblem(error: KubeError): Problem {
  const immutable =
    error.kind === "invalid" && error.causes.some((cause) => /immutable/i.test(cause.message ?? ""));
  if (immutable) {
    return {
      reason: "SecretImmutable",
      message: `the Secret cannot be changed: ${error.detail}`,
      transient: false,
    };
  }
  const transient = !["forbidden", "invalid", "not-found", "api-status"].includes(error.kind);
  return { reason: "SecretRejected", message: error.message, transient };
}
