import { stringify } from "yaml";

/** How much of each request the audit log holds: who and what, also the request's body, also the answer's. */
export type AuditLevel = "Metadata" | "Request" | "RequestResponse";

/** An audit policy that logs every request once, when it is complete, at one level. */
export function auditPolicy(level: AuditLevel): string {
  return stringify({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived", "ResponseStarted"],
    rules: [{ level }],
  });
}
