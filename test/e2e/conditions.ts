import type { KubeObject } from "@signatureapi-keys/controller/kube";
import * as z from "zod";

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.number().optional(),
});
const statusSchema = z
  .looseObject({ conditions: z.array(conditionSchema).default([]) })
  .catch({ conditions: [] });

/** The condition of a type. */
export function conditionOf(
  object: KubeObject | undefined,
  type: string,
): z.infer<typeof conditionSchema> | undefined {
  return statusSchema.parse(object?.["status"]).conditions.find((condition) => condition.type === type);
}

/** Holds when Ready is true, for {@link Watcher.until}. */
export function isReady(object: KubeObject | undefined): true | undefined {
  return conditionOf(object, "Ready")?.status === "True" ? true : undefined;
}

/** What keeps an object from being ready, or is wrong with one that is. */
export function problemOf(object: KubeObject | undefined): z.infer<typeof conditionSchema> | undefined {
  return conditionOf(object, "Stalled") ?? conditionOf(object, "Degraded");
}

/** Gives the message once Ready is false for a reason. */
export function refusedFor(reason: string): (object: KubeObject | undefined) => string | undefined {
  return (object) => {
    const ready = conditionOf(object, "Ready");
    return ready?.status === "False" && ready.reason === reason ? ready.message : undefined;
  };
}
