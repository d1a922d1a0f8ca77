import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { EXAMPLES } from "./example.ts";

const FOLDER = join(EXAMPLES, "rotate-in-ci");

const textsSchema = z.record(z.string(), z.string());
const stepSchema = z.object({ run: z.string().optional(), env: textsSchema.optional() });
const githubSchema = z.object({
  on: z.object({
    push: z.object({ branches: z.array(z.string()) }),
    schedule: z.array(z.object({ cron: z.string() })),
  }),
  permissions: textsSchema,
  env: textsSchema,
  jobs: z.record(
    z.string(),
    z.object({
      if: z.string(),
      concurrency: z.object({ group: z.string(), "cancel-in-progress": z.boolean() }).optional(),
      steps: z.array(stepSchema),
    }),
  ),
});
const gitlabJobSchema = z.object({
  rules: z.array(z.object({ if: z.string() })),
  resource_group: z.string().optional(),
  interruptible: z.boolean().optional(),
  script: z.array(z.string()),
});
const gitlabSchema = z.object({
  variables: textsSchema,
  default: z.object({ before_script: z.array(z.string()) }),
  preview: gitlabJobSchema,
  up: gitlabJobSchema,
});

export const githubText = await readFile(join(FOLDER, ".github/workflows/pulumi.yml"), "utf8");
const gitlabText = await readFile(join(FOLDER, ".gitlab-ci.yml"), "utf8");
export const github = githubSchema.parse(parse(githubText));
export const gitlab = gitlabSchema.parse(parse(gitlabText));

/** What a pipeline runs, besides the installation of packages. */
export interface Pipeline {
  readonly preview: string;
  readonly up: string;
  /** The variables that it sets itself. */
  readonly env: Readonly<Record<string, string>>;
}

/** The pipelines of the example, as their services run them. */
export const pipelines: Readonly<Record<"GitHub Actions" | "GitLab CI", Pipeline>> = {
  "GitHub Actions": { preview: githubScript("preview"), up: githubScript("up"), env: github.env },
  "GitLab CI": {
    preview: gitlab.preview.script.join("\n"),
    up: gitlab.up.script.join("\n"),
    env: gitlab.variables,
  },
};

function githubScript(job: string): string {
  const scripts = (github.jobs[job]?.steps ?? []).flatMap((step) => step.run ?? []);
  return scripts.filter((script) => script !== "npm ci").join("\n");
}
