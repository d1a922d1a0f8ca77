import { isKubeError, type KubeError } from "@signatureapi-keys/controller/kube";
import { CliError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";

/** An error as it is printed. */
export interface Explained {
  readonly message: string;
  readonly next: string | undefined;
  readonly exitCode: ExitCode;
}

/** Says what an error means for the user: never a stack, and never what the API server did not say itself. */
export function explainError(error: unknown, interrupted: boolean): Explained {
  if (error instanceof CliError)
    return { message: error.message, next: error.next, exitCode: error.exitCode };
  if (interrupted) return { message: "interrupted", next: undefined, exitCode: EXIT.interrupted };
  if (isKubeError(error)) return explainKubeError(error);
  const message = error instanceof Error ? error.message : String(error);
  return { message, next: undefined, exitCode: EXIT.failed };
}

function explainKubeError(error: KubeError): Explained {
  const { message } = error;
  const failed = { message, next: undefined, exitCode: EXIT.failed };
  const unreachable = { message, exitCode: EXIT.unreachable };
  switch (error.kind) {
    case "forbidden":
      return { ...failed, next: `Ask an administrator for the right to ${error.verb} ${error.resource}.` };
    case "not-found":
      return { ...failed, next: notFoundAdvice(error) };
    case "conflict":
      return { ...failed, next: "Another process changed the object meanwhile. Run the command again." };
    case "unauthorized":
      return {
        ...unreachable,
        next: "Log in to the cluster, or check the user of the kubeconfig's context.",
      };
    case "connection":
    case "timeout":
    case "unavailable":
      return { ...unreachable, next: "Check --context and --server, and that `kubectl version` works." };
    default:
      return failed;
  }
}

function notFoundAdvice({ objectName, resource, namespace, detail }: KubeError): string | undefined {
  // The API server's own words for a kind that it does not serve.
  const isMissingKind = objectName === undefined || detail === "the answer is not a Kubernetes Status";
  if (isMissingKind && resource.endsWith("signatureapi.com"))
    return "The cluster does not serve this kind. Install the controller, which brings its CRDs.";
  if (resource === "apikeys.signatureapi.com")
    return `List what is there: kubectl get apikeys${namespace === undefined ? "" : ` -n ${namespace}`}`;
  return undefined;
}
