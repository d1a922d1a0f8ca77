import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";

const EXAMPLES = new URL("../../examples/pulumi/", import.meta.url);
const FILES = { python: "__main__.py", go: "main.go", yaml: "Pulumi.yaml" } as const;

const read = async (folder: string, file: string): Promise<string> =>
  readFile(new URL(`${folder}/${file}`, EXAMPLES), "utf8");

const projectSchema = z.object({
  name: z.string(),
  // Pulumi YAML warns of a description.
  config: z.record(z.string(), z.object({ type: z.string(), default: z.string() })),
});

async function configOf(folder: string): Promise<z.infer<typeof projectSchema>> {
  return projectSchema.parse(parse(await read(folder, "Pulumi.yaml")));
}

/** The names, numbers and texts of a program. */
function wordsOf(program: string): ReadonlySet<string> {
  return new Set(program.match(/[\w./=-]+/g));
}

describe.each(["python", "go", "yaml"] as const)("operator-%s", (language) => {
  test("says what the example in TypeScript says", async () => {
    const program = wordsOf(await read(`operator-${language}`, FILES[language]));
    const spec = [
      "ClusterAccount",
      "live",
      "Checkout",
      "service",
      "every",
      "90d",
      "overlap",
      "24h",
      "trigger",
    ];
    const texts = [
      "signatureapi.com/v1",
      "ApiKey",
      "pulumi.com/waitFor",
      "condition=Ready",
      "secretName",
      ...spec,
    ];
    const typescript = wordsOf(await read("operator", "index.ts"));
    for (const text of texts)
      expect([text, typescript.has(text), program.has(text)]).toEqual([text, true, true]);
  });

  test("is configured as the example in TypeScript is", async () => {
    const [here, there] = await Promise.all([configOf(`operator-${language}`), configOf("operator")]);
    expect(here.name).toBe(`signatureapi-operator-${language}`);
    expect(here.config).toMatchObject(there.config);
  });
});
