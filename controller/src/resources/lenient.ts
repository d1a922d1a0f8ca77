import { z } from "zod";
import type { CustomObject } from "./types.ts";

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

/** Reads what can be read of a spec, whatever else is wrong with it. */
export function lenientSpec(object: CustomObject): z.infer<typeof lenientSpecSchema> {
  return lenientSpecSchema.parse(object.spec);
}
