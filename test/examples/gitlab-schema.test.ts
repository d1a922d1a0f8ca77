import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gitlabProblems } from "./gitlab-schema.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, EXAMPLES), "utf8");

test.each(["ci/.gitlab-ci.yml", "pulumi/rotate-in-ci/.gitlab-ci.yml"])(
  "examples/%s is a pipeline by GitLab's schema",
  async (path) => {
    expect(await gitlabProblems(read(path))).toBe("");
  },
);

test.each([
  ["a keyword that there is not", "resource_group: key", "resource_groups: key", "resource_groups"],
  ["a value of the wrong type", "interruptible: false", "interruptible: maybe", "must be boolean"],
  ["a stage that there is not", "stage: verify", "stage: verified", "stage:verified not found"],
])("a pipeline with %s is none", async (_, before, after, problem) => {
  const text = read("ci/.gitlab-ci.yml");
  expect(text).toContain(before);
  expect(await gitlabProblems(text.replaceAll(before, after))).toContain(problem);
});
