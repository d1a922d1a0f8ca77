import { parse } from "yaml";
import * as z from "zod";

const ruleSchema = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string(),
  labels: z.strictObject({ severity: z.enum(["critical", "warning"]) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});

/** A rule that alerts. */
export type AlertRule = z.infer<typeof ruleSchema>;

const fileSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(ruleSchema) })),
});

/** The alerts of a file of rules. */
export function alertsIn(yaml: string): readonly AlertRule[] {
  return fileSchema.parse(parse(yaml)).groups.flatMap(({ rules }) => rules);
}
