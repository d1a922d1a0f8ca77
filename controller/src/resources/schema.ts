import { z } from "zod";

/** A point in time, in RFC 3339. */
export function time(description: string): z.ZodString {
  return z.string().meta({ format: "date-time", description });
}

/** A DNS label of RFC 1123, as names of accounts are. */
export function dnsLabel(): z.ZodString {
  return z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
}

/** A DNS subdomain of RFC 1123, as names of Secrets are. */
export function dnsSubdomain(): z.ZodString {
  return z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
}

/** CEL rules of a CRD's schema, as pairs of rule and message. */
export function rules(
  ...pairs: readonly (readonly [rule: string, message: string])[]
): Record<string, unknown> {
  return { "x-kubernetes-validations": pairs.map(([rule, message]) => ({ rule, message })) };
}

/** metav1.Condition. */
const conditionSchema = z.object({
  type: z.string().describe("Ready, Reconciling, Stalled or Degraded; for an account also UnaccountedKeys."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether the condition holds."),
  reason: z.string().describe("The reason, in one word."),
  message: z.string().describe("What happened, and what to do."),
  lastTransitionTime: time("When the status last changed."),
  observedGeneration: z.int().optional().describe("The generation that the condition describes."),
});

/** Conditions in the sense of kstatus. */
export const conditionsSchema = z
  .array(conditionSchema)
  .optional()
  .describe("Ready is always present; the others only while true.")
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

/** A condition as it stands in the API. */
export type Condition = z.output<typeof conditionSchema>;
