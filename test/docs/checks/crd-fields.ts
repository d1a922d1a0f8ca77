import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";

const FOLDER = fileURLToPath(new URL("../../../charts/signatureapi-controller/files/crds/", import.meta.url));

const schemaSchema = z.object({
  type: z.string().optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional().catch(undefined),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), schemaSchema).optional();
  },
  get items() {
    return schemaSchema.optional();
  },
});

/** A part of the schema of a kind. */
export type CrdSchema = z.infer<typeof schemaSchema>;

const crdSchema = z.object({
  spec: z.object({
    versions: z.tuple([z.object({ schema: z.object({ openAPIV3Schema: schemaSchema }) })]),
  }),
});

/** The schema of a kind, as the chart installs it. @param plural such as `apikeys`. */
export function schemaOf(plural: string): CrdSchema {
  const text = readFileSync(`${FOLDER}${plural}.signatureapi.com.yaml`, "utf8");
  const [version] = crdSchema.parse(parse(text)).spec.versions;
  return version.schema.openAPIV3Schema;
}

/** The paths of all fields of a kind, groups included: `spec`, `spec.secret`, `spec.allow[].modes`, `status.keyId`. */
export function crdFields(plural: string): readonly string[] {
  const { properties = {} } = schemaOf(plural);
  return ["spec", "status"].flatMap((name) => inside(properties[name], name));
}

/** The part of a schema at a path, such as `spec.allow[].modes`; `undefined` where there is none. */
export function partAt(plural: string, path: string): CrdSchema | undefined {
  let part: CrdSchema | undefined = schemaOf(plural);
  for (const name of path.split(".")) {
    part = part?.properties?.[name.replace("[]", "")];
    if (name.endsWith("[]")) part = part?.items;
  }
  return part;
}

function inside(schema: CrdSchema | undefined, path: string): readonly string[] {
  const own = schema?.items === undefined ? [path] : [path, `${path}[]`];
  const { properties } = schema?.items ?? schema ?? {};
  const prefix = own.at(-1) ?? path;
  return [
    ...own,
    ...Object.entries(properties ?? {}).flatMap(([name, part]) => inside(part, `${prefix}.${name}`)),
  ];
}
