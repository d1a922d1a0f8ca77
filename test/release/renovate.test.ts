import { expect, test } from "vitest";
import * as z from "zod";
import { fileText } from "./workflows.ts";

const age = z.string().regex(/^\d+ (days|hours)$/);
const schedule = z.array(z.string().regex(/^(at any time|(\S+ ){4}\S+)$/));

// The options that are used, as Renovate documents them. Another one is added here first.
const configSchema = z.strictObject({
  $schema: z.literal("https://docs.renovatebot.com/renovate-schema.json"),
  extends: z.array(z.string()),
  timezone: z.string(),
  schedule,
  minimumReleaseAge: age,
  vulnerabilityAlerts: z.strictObject({ minimumReleaseAge: age, schedule }),
  lockFileMaintenance: z.strictObject({ enabled: z.boolean() }),
  packageRules: z.array(
    z.strictObject({
      description: z.string(),
      matchManagers: z.array(z.enum(["dockerfile", "github-actions", "npm"])).optional(),
      matchUpdateTypes: z.array(z.enum(["digest", "major", "minor", "patch", "pin"])).optional(),
      matchDepTypes: z
        .array(z.enum(["dependencies", "devDependencies", "peerDependencies", "engines"]))
        .optional(),
      matchPackageNames: z.array(z.string()).optional(),
      minimumReleaseAge: age.nullable().optional(),
      schedule: schedule.optional(),
      enabled: z.boolean().optional(),
      allowedVersions: z.string().optional(),
    }),
  ),
});

test("renovate.json has known options, and pins images and actions by digest", () => {
  const config = configSchema.parse(JSON.parse(fileText("renovate.json")));
  expect(config.extends).toEqual(
    expect.arrayContaining(["docker:pinDigests", "helpers:pinGitHubActionDigests"]),
  );
});
