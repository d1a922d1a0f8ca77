import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";

const FOLDER = new URL("../../examples/ci/", import.meta.url);

const textsSchema = z.record(z.string(), z.string());
const githubSchema = z.object({
  on: z.object({ schedule: z.array(z.object({ cron: z.string() })) }).loose(),
  permissions: textsSchema,
  jobs: z.object({
    key: z.object({
      if: z.string(),
      concurrency: z.object({ group: z.string(), "cancel-in-progress": z.boolean() }),
      steps: z.array(
        z.object({
          name: z.string().optional(),
          if: z.string().optional(),
          run: z.string().optional(),
          env: textsSchema.optional(),
        }),
      ),
    }),
  }),
});
const gitlabJobSchema = z.object({
  resource_group: z.string(),
  rules: z.array(z.object({ if: z.string() }).loose()).optional(),
  script: z.array(z.string()),
});
const gitlabSchema = z.object({
  workflow: z.object({ rules: z.array(z.object({ if: z.string() })) }),
  apply: gitlabJobSchema,
  rotate: gitlabJobSchema,
  verify: gitlabJobSchema,
});

/** The text of a file of examples/ci. */
export function ciFile(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

export const githubText = ciFile(".github/workflows/key.yml");
export const github = githubSchema.parse(parse(githubText));
export const gitlab = gitlabSchema.parse(parse(ciFile(".gitlab-ci.yml")));

/** What a pipeline runs: a script for each of its steps. */
export type PipelineStep = "login" | "apply" | "rotate" | "verify";

/** The pipelines of examples/ci, as their services run them. */
export const pipelines: Readonly<Record<"GitHub Actions" | "GitLab CI", (step: PipelineStep) => string>> = {
  "GitHub Actions": (step) => {
    const names = { login: "Log in to the cluster", apply: "Apply", rotate: "Rotate", verify: "Verify" };
    return github.jobs.key.steps.find(({ name }) => name === names[step])?.run ?? "";
  },
  // GitLab puts a variable of type File in place.
  "GitLab CI": (step) => (step === "login" ? "true" : gitlab[step].script.join("\n")),
};
