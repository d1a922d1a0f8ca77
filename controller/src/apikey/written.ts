import * as z from "zod";
import { SECRET_ANNOTATIONS as A } from "../resources/names.ts";

/** What we wrote last into a Secret: names, so that they can be taken out later, and what the entries held. */
const writtenSchema = z.object({
  shape: z.string(),
  labels: z.array(z.string()),
  annotations: z.array(z.string()),
  entries: z.record(z.string(), z.string()),
});

export type Written = z.infer<typeof writtenSchema>;

/** Reads the annotation that tells it; `undefined` where it is missing or damaged. */
export function readWritten(annotations: Readonly<Record<string, string>> | undefined): Written | undefined {
  try {
    return writtenSchema.parse(JSON.parse(annotations?.[A.written] ?? ""));
  } catch {
    return undefined;
  }
}
