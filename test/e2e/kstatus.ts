import type { KubeObject } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { conditionOf } from "./conditions.ts";

/** What tools that use kstatus (Flux, Helm 4, kpt) take an object for. */
export type KStatus = "Terminating" | "InProgress" | "Failed" | "Current";

const observedSchema = z.looseObject({ observedGeneration: z.number().optional() }).catch({});

/**
 * The published rules of kstatus for kinds that it does not know: sigs.k8s.io/cli-utils, `pkg/kstatus/README.md`, "The
 * status conditions of custom resources".
 */
export function kstatusOf(object: KubeObject): KStatus {
  const { deletionTimestamp, generation } = object.metadata;
  if (deletionTimestamp !== undefined) return "Terminating";
  const { observedGeneration } = observedSchema.parse(object["status"]);
  if (observedGeneration !== undefined && observedGeneration !== generation) return "InProgress";
  if (conditionOf(object, "Reconciling")?.status === "True") return "InProgress";
  if (conditionOf(object, "Stalled")?.status === "True") return "Failed";
  const ready = conditionOf(object, "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}
