import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { chartFile } from "./helm.ts";
import { valueRows, valuesTable } from "./values-table.ts";

/** Properties of the schema that only a parent chart sets. */
const OF_PARENT_CHARTS = ["global", "enabled"];

interface Schema {
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
}

const schemaSchema: z.ZodType<Schema> = z.looseObject({
  additionalProperties: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), schemaSchema).optional();
  },
});

/** The paths of a schema's leaves; a node whose path is documented as a whole is one, too. */
function leaves(schema: Schema, documented: ReadonlySet<string>, prefix = ""): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    if (documented.has(path) || property.properties === undefined) return [path];
    return leaves(property, documented, `${path}.`);
  });
}

/** The paths of objects that take names they do not list. */
function loose(schema: Schema, prefix = ""): readonly string[] {
  const own = schema.properties !== undefined && schema.additionalProperties !== false ? [prefix] : [];
  return [
    ...own,
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      loose(property, `${prefix}${name}.`),
    ),
  ];
}

describe("values.yaml", () => {
  test("describes every value that the schema takes, and no other", async () => {
    const rows = valueRows(await chartFile("values.yaml")).map(({ path }) => path);
    const schema = schemaSchema.parse(JSON.parse(await chartFile("values.schema.json")));
    const paths = leaves(schema, new Set(rows)).filter((path) => !OF_PARENT_CHARTS.includes(path));
    expect(rows.toSorted()).toEqual(paths.toSorted());
    expect(loose(schema)).toEqual([]);
  });

  test("is what the README's table says", async () => {
    const script = fileURLToPath(new URL("readme-values.ts", import.meta.url));
    await expect(promisify(execFile)(process.execPath, [script, "--check"])).resolves.toMatchObject({
      stderr: "",
    });
  });
});

describe("the table of values", () => {
  test("lists what has a comment, nested values by their path", () => {
    const yaml =
      "# About the file.\n\n# The first.\na: 1\ngroup:\n  # Inside | of it.\n  b: []\n  # As a whole.\n  c:\n    d: x\n";
    expect(valueRows(yaml)).toEqual([
      { path: "a", fallback: 1, text: "The first." },
      { path: "group.b", fallback: [], text: "Inside | of it." },
      { path: "group.c", fallback: { d: "x" }, text: "As a whole." },
    ]);
    expect(valuesTable(valueRows(yaml))).toContain("| `group.b` | `[]` | Inside \\| of it. |");
  });

  test("refuses a value without a comment", () => {
    expect(() => valueRows("# One.\na: 1\nb: 2\n")).toThrow("the value b has no comment");
  });
});
