import type { DesiredKey } from "./desired.ts";
import type { Problem } from "./problem.ts";
import type { StatusRecord, Verdict } from "./status.ts";

/** The ApiKey. `cached` views are good for deciding that nothing is to be done, and for nothing else. */
export interface ObjectView {
  readonly state: "present";
  readonly read: "cached" | "live";
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly finalizer: boolean;
  readonly deleting: boolean;
  readonly namespaceTerminating: boolean;
  /** The annotation that gives the object up. */
  readonly abandon: boolean;
  /** The annotation that asks for a look now: a new text asks once. */
  readonly reconcile?: string;
  readonly desired: DesiredKey | Problem;
  /** What `spec` says of the end, read also where the rest of it cannot be followed. */
  readonly deletion: { readonly policy: "Revoke" | "Retain"; readonly protection: boolean };
  /** Whether a replaced key lives as long as Pods that may use it; read also where the rest cannot be followed. */
  readonly holdWhileInUse?: boolean;
  readonly status: StatusRecord;
  readonly verdict: Verdict | undefined;
}
