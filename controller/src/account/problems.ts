import type { Problem } from "@signatureapi-keys/lifecycle";
import type { ManagementApiError } from "@signatureapi-keys/management-api";
import { managementProblem } from "../apikey/problems.ts";

/** A failed look at the account, in the words of its condition. */
export function probeProblem(error: ManagementApiError): Problem {
  // There is no key in question here: an account that is not found is not the management API's doing.
  if (error.kind === "not-found" || error.kind === "validation-error" || error.kind === "problem") {
    return { ...managementProblem(error), reason: "UnexpectedAnswer" };
  }
  return managementProblem(error);
}
