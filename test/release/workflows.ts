import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const permissionsSchema = z.record(z.string(), z.enum(["read", "write", "none"]));

const workflowSchema = z.looseObject({
  permissions: permissionsSchema,
  env: z.record(z.string(), z.string()).optional(),
  jobs: z.record(
    z.string(),
    z.looseObject({
      permissions: permissionsSchema.optional(),
      "timeout-minutes": z.number(),
      steps: z.array(
        z.looseObject({
          id: z.string().optional(),
          uses: z.string().optional(),
          run: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    }),
  ),
});

/** A workflow of the repository. */
export interface Workflow {
  /** Such as `release.yml`. */
  readonly name: string;
  readonly text: string;
  readonly content: z.infer<typeof workflowSchema>;
}

/** All workflows of the repository. */
export function workflows(): readonly Workflow[] {
  const folder = join(ROOT, ".github/workflows");
  return readdirSync(folder).map((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    return { name, text, content: workflowSchema.parse(parse(text)) };
  });
}

/** The text of a file, by its path from the root. */
export function fileText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
