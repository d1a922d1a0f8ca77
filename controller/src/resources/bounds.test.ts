import { describe, expect, test } from "vitest";
import * as z from "zod";
import { customResourceDefinitions } from "./crd.ts";

const schemaNode = z.looseObject({
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
});

/** What may hold any number of bytes, digits or entries, by its path in the schema. */
function unbounded(schema: unknown, path: string): readonly string[] {
  const node = schemaNode.parse(schema);
  const { type, properties = {}, additionalProperties, items } = node;
  const inner = [
    ...Object.entries(properties).flatMap(([name, each]) => unbounded(each, `${path}.${name}`)),
    ...(additionalProperties === undefined ? [] : unbounded(additionalProperties, `${path}.*`)),
    ...(items === undefined ? [] : unbounded(items, `${path}[]`)),
  ];
  const has = (...names: readonly string[]): boolean => names.every((name) => node[name] !== undefined);
  const isBounded = {
    string: has("maxLength") || has("enum") || has("format"),
    integer: has("minimum", "maximum"),
    number: has("minimum", "maximum"),
    array: has("maxItems"),
    // An object of known fields is as large as they are.
    object: additionalProperties === undefined ? has("properties") : has("maxProperties"),
    boolean: true,
  }[type ?? ""];
  return isBounded === true ? inner : [`${path}: ${type ?? "of no type"}`, ...inner];
}

const crdSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    versions: z.tuple([
      z.looseObject({
        schema: z.looseObject({
          openAPIV3Schema: z.looseObject({
            properties: z.looseObject({ spec: z.unknown(), status: z.unknown() }),
          }),
        }),
      }),
    ]),
  }),
});

describe("every field of a kind has a bound", () => {
  test.each(
    customResourceDefinitions().map((definition) => {
      const { metadata, spec } = crdSchema.parse(definition);
      return [metadata.name, spec.versions[0].schema.openAPIV3Schema.properties] as const;
    }),
  )("%s", (_name, { spec, status }) => {
    expect([...unbounded(spec, "spec"), ...unbounded(status, "status")]).toEqual([]);
  });
});
