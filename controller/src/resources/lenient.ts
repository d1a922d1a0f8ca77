import * as z from "zod";

const text = z.string().min(1).optional().catch(undefined);

/** The fields of a spec that are needed even where the rest of it does not fit its schema. */
const lenientSpecSchema = z
  .looseObject({
    mode: text,
    accountRef: z.looseObject({ kind: text, name: text }).optional().catch(undefined),
    secret: z.looseObject({ name: text }).optional().catch(undefined),
    rotation: z.looseObject({ holdWhileInUse: z.unknown().optional() }).optional().catch(undefined),
    deletionPolicy: z.unknown().optional(),
    deletionProtection: z.boolean().optional().catch(undefined),
    credentials: z.looseObject({ name: text }).optional().catch(undefined),
  })
  .catch({});

/** What can be read of a spec that does not fit its schema. */
export type LenientSpec = z.infer<typeof lenientSpecSchema>;

/** Reads what can be read of a spec, whatever else is wrong with it. */
export function readLenientSpec(spec: unknown): LenientSpec {
  return lenientSpecSchema.parse(spec);
}

/** The first thing that is wrong with a spec, with the path of its field. */
export function specIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "spec is invalid" : `${["spec", ...issue.path].join(".")}: ${issue.message}`;
}
