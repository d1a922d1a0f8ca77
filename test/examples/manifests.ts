import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import * as z from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional() }).optional(),
  spec: z.looseObject({}).optional(),
});

/** An object in a file of the examples. */
export type ExampleObject = z.infer<typeof objectSchema>;

/** A YAML file of the examples. */
export interface ExampleFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** The YAML files below a folder, with those of its folders. @param folder from the repository's root. */
export function yamlFilesIn(folder: string): readonly ExampleFile[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** The objects of a file. @throws ZodError for a document that is none. */
export function objectsOf({ text }: Pick<ExampleFile, "text">): readonly ExampleObject[] {
  return parseAllDocuments(text).map((document) => objectSchema.parse(document.toJS()));
}

/** Is this file one of objects? Pipelines and the like have no kind. */
export function isManifest({ text }: Pick<ExampleFile, "text">): boolean {
  return /^apiVersion:/m.test(text) && /^kind:/m.test(text);
}

/** The objects of one kind below a folder. */
export function objectsOfKind(folder: string, kind: string): readonly ExampleObject[] {
  return yamlFilesIn(folder)
    .filter(isManifest)
    .flatMap(objectsOf)
    .filter((object) => object.kind === kind);
}

/** The folders directly below a folder. @param folder from the repository's root. */
export function foldersIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["node_modules", "venv"].includes(entry.name))
    .map(({ name }) => name)
    .toSorted();
}
