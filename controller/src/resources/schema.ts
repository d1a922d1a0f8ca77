import * as z from "zod";

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

/** The longest name of a label or annotation: a prefix, a slash, and a name. */
export const LONGEST_NAME = 317;

/** So many labels or annotations can be declared. */
const MOST_METADATA = 32;

/** Texts by names that a user chooses: labels, annotations. @param longest the longest text, in characters. */
export function texts(longest: number, description: string): z.ZodRecord<z.ZodString, z.ZodString> {
  return (
    z
      .record(z.string(), z.string().max(longest))
      .refine((record) => Object.keys(record).length <= MOST_METADATA, {
        error: `must have at most ${MOST_METADATA} entries`,
      })
      // A schema of the API server's cannot bound the names of a map.
      .refine((record) => Object.keys(record).every((name) => name.length <= LONGEST_NAME), {
        error: `must have no name of more than ${LONGEST_NAME} characters`,
      })
      .meta({ maxProperties: MOST_METADATA, description })
  );
}

/** Bounds of what the controller writes: far above what it ever writes, since a status that does not fit is refused. */
const STATUS = {
  /** IDs, names, fingerprints, in characters. */
  text: 1_024,
  /** A number of things, and a revision. */
  count: 1_000_000_000,
  /** More entries than an object of etcd's size holds. */
  entries: 10_000,
  /** Generations have 64 bits; doubles keep these. */
  generation: 1_000_000_000_000_000,
} as const;

/** A short text in a status. */
export function statusText(description: string): z.ZodString {
  return z.string().max(STATUS.text).describe(description);
}

/** A count in a status. */
export function statusCount(description: string): z.ZodInt {
  return z.int().min(0).max(STATUS.count).describe(description);
}

/** A list in a status. */
export function statusList<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z.array(item).max(STATUS.entries);
}

/** `observedGeneration` of an object that no controller has looked at. */
export const UNOBSERVED = -1;

/** `observedGeneration`. */
export function generation(description: string): z.ZodInt {
  return z.int().min(UNOBSERVED).max(STATUS.generation).describe(description);
}

/** CEL rules of a CRD's schema, as pairs of rule and message. */
export function rules(
  ...pairs: readonly (readonly [rule: string, message: string])[]
): Record<string, unknown> {
  return { "x-kubernetes-validations": pairs.map(([rule, message]) => ({ rule, message })) };
}

/** metav1.Condition. */
const conditionSchema = z.object({
  type: z
    .string()
    .max(316)
    .describe("Ready, Reconciling, Stalled or Degraded; for an account also UnaccountedKeys."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether the condition holds."),
  reason: z.string().max(1024).describe("The reason, in one word."),
  message: z.string().max(32_768).describe("What happened, and what to do."),
  lastTransitionTime: time("When the status last changed."),
  observedGeneration: generation("The generation that the condition describes.").optional(),
});

/** Conditions in the sense of kstatus. */
export const conditionsSchema = z
  .array(conditionSchema)
  .max(100)
  .optional()
  .describe("Ready is always present; the others only while true.")
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

/** A condition as it stands in the API. */
export type Condition = z.output<typeof conditionSchema>;
