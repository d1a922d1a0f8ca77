import type { Fault } from "./kube-proxy.ts";

/** A refusal as the API server sends it. */
function kubeStatus(code: number, reason: string, message = reason): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, reason, message };
}

/** The refusal of a watch whose version is too old. */
export const EXPIRED = kubeStatus(410, "Expired", "too old resource version");

/** A proxy's answer with such a refusal. */
export function refusal(code: number, reason: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify(kubeStatus(code, reason));
  return { kind: "answer", status: code, headers: { "content-type": "application/json", ...headers }, body };
}
