import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments, parseDocument, stringify } from "yaml";
import * as z from "zod";
import { MarkdownFile } from "../docs/markdown.ts";
import { CHART } from "./helm.ts";

/** What Artifact Hub shows of the chart, made of what the repository says elsewhere. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** An entry of `artifacthub.io/changes`. */
export interface Change {
  readonly kind: "added" | "changed" | "deprecated" | "removed" | "fixed" | "security";
  readonly description: string;
}

const KINDS: Readonly<Record<string, Change["kind"]>> = {
  Added: "added",
  Changed: "changed",
  Deprecated: "deprecated",
  Removed: "removed",
  Fixed: "fixed",
  Security: "security",
};

/**
 * What a changelog says of a version: the first sentence of each entry, without Markdown. Nothing for a version that it
 * does not name, such as one that is not released yet.
 *
 * @throws Error for a heading that Artifact Hub has no word for.
 */
export function changesOf(changelog: string, version: string): readonly Change[] {
  const section = changelog
    .split(/^## /m)
    .find((text) => text.startsWith(`[${version}]`) || text.startsWith(`${version} `));
  const parts = (section ?? "").split(/^### /m).slice(1);
  return parts.flatMap((part) => {
    const [heading = "", ...lines] = part.split("\n");
    const kind = KINDS[heading.trim()];
    if (kind === undefined)
      throw new Error(`CHANGELOG.md: Artifact Hub knows no kind of change for "${heading}"`);
    const entries = lines.join("\n").split(/^- /m).slice(1);
    return entries.map((entry) => ({ kind, description: firstSentence(plain(entry)) }));
  });
}

function plain(markdown: string): string {
  return markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("`", "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Up to a full stop that ends a sentence: one before a space and a capital, or at the end. */
function firstSentence(text: string): string {
  return /^.*?[.](?=\s+[A-Z`]|$)/.exec(text)?.[0] ?? text;
}

const crdSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    names: z.looseObject({ kind: z.string() }),
    versions: z.array(
      z.looseObject({
        name: z.string(),
        storage: z.boolean(),
        schema: z.looseObject({ openAPIV3Schema: z.looseObject({ description: z.string() }) }),
      }),
    ),
  }),
});

/** The kinds, as `artifacthub.io/crds` lists them. */
function kinds(): readonly object[] {
  const folder = join(CHART, "files/crds");
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      const { metadata, spec } = crdSchema.parse(parse(readFileSync(join(folder, file), "utf8")));
      const version = spec.versions.find(({ storage }) => storage);
      if (version === undefined) throw new Error(`${file} stores no version`);
      return {
        kind: spec.names.kind,
        version: version.name,
        name: metadata.name,
        displayName: spec.names.kind,
        description: firstSentence(version.schema.openAPIV3Schema.description.replaceAll(/\s+/g, " ")),
      };
    });
}

/** One example of each kind, which other tests give to an API server. */
function examples(): readonly unknown[] {
  const quickstart = ["10-account.yaml", "20-apikey.yaml"].map((file) =>
    readFileSync(join(ROOT, "examples/kubernetes/quickstart", file), "utf8"),
  );
  const page = new MarkdownFile("docs/account.md").codeBlocks("yaml");
  const texts = [...quickstart, page.find((text) => text.includes("kind: ClusterAccount")) ?? ""];
  return texts
    .flatMap((text) => parseAllDocuments(text))
    .map((document): unknown => document.toJS())
    .filter((object) => objectSchema.safeParse(object).data?.apiVersion.startsWith("signatureapi.com/"));
}

const objectSchema = z.looseObject({ apiVersion: z.string() });
const chartSchema = z.looseObject({ version: z.string(), home: z.string() });

/** Chart.yaml with the annotations of Artifact Hub that can be computed; what else is in it stays. @param image that the chart runs by default. */
export function withAnnotations(chartYaml: string, changelog: string, image: string): string {
  const document = parseDocument(chartYaml);
  const { version, home } = chartSchema.parse(document.toJS());
  const changes = changesOf(changelog, version);
  const annotations: Readonly<Record<string, unknown>> = {
    "artifacthub.io/prerelease": String(version.includes("-")),
    "artifacthub.io/images": [{ name: "controller", image }],
    "artifacthub.io/links": [
      { name: "Documentation", url: `${home}/tree/v${version}/docs` },
      { name: "Changelog", url: `${home}/blob/v${version}/CHANGELOG.md` },
      { name: "Security", url: `${home}/blob/v${version}/SECURITY.md` },
      { name: "Support", url: `${home}/issues` },
    ],
    "artifacthub.io/crds": kinds(),
    "artifacthub.io/crdsExamples": examples(),
    "artifacthub.io/changes": changes.length === 0 ? undefined : changes,
  };
  for (const [name, value] of Object.entries(annotations)) {
    const path = ["annotations", name];
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, typeof value === "string" ? value : stringify(value, { lineWidth: 0 }));
  }
  return document.toString({ lineWidth: 0 });
}
