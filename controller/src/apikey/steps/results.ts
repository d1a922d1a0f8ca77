import { outcomeOfFailure, type Observed, type Problem, type StepResult } from "@signatureapi-keys/lifecycle";
import { ManagementApiError } from "@signatureapi-keys/management-api";
import { isKubeError, type KubeError } from "../../kube/index.ts";
import { managementProblem } from "../problems.ts";

type FailedStep = StepResult & { outcome: "rejected" | "unknown" };

/** The step had its effect, and this was seen. */
export function done(observed: Observed = {}): StepResult {
  return { outcome: "done", observed };
}

/** The step certainly had no effect. */
export function rejected(problem: Problem): FailedStep {
  return { outcome: "rejected", problem, conflict: false };
}

/**
 * Turns a failed call into one of the three outcomes.
 *
 * @param toProblem how a failure of Kubernetes reads in a condition.
 * @throws whatever is not a failure of one of the two APIs: a bug of ours, which must not pass for an outcome.
 */
export function failed(error: unknown, toProblem: (error: KubeError) => Problem): StepResult {
  if (error instanceof ManagementApiError) return managementFailure(error);
  if (!isKubeError(error)) throw error;
  const { outcome } = outcomeOfFailure(error);
  const conflict = isKubeError(error, "conflict", "already-exists", "not-found");
  return { outcome, problem: toProblem(error), conflict };
}

/** A failed call of the management API. One that was not answered, and certainly had no effect, was not sent. */
export function managementFailure(error: ManagementApiError): FailedStep {
  const { outcome } = outcomeOfFailure(error);
  const unsent = outcome === "rejected" && error.status === undefined;
  return {
    outcome,
    problem: managementProblem(error),
    conflict: false,
    ...(unsent ? { unsent } : {}),
  };
}

/** A failed read or write of the ApiKey itself. */
export function objectProblem(error: KubeError): Problem {
  return { reason: "KubernetesAPIUnavailable", message: error.message, transient: true };
}
