import { REASONS } from "@signatureapi-keys/lifecycle";
import { existsSync, readFileSync, statSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { installKinds } from "./e2e/install-kinds.ts";
import { sharedCluster } from "./cluster/shared-cluster.ts";
import { schemaOf, type CrdSchema } from "./docs/checks/crd-fields.ts";
import { reasonsPage } from "./docs/generate-reasons.ts";
import { markdownFiles } from "./docs/markdown.ts";

interface Snippet {
  readonly where: string;
  readonly text: string;
}

const snippets: readonly Snippet[] = markdownFiles()
  .flatMap((file) =>
    file.codeBlocks("yaml").map((text, i) => ({ where: `${file.path}, YAML ${i + 1}`, text })),
  )
  .filter(({ text }) => /^apiVersion:/m.test(text));

function namespacesOf(text: string): readonly string[] {
  return parseAllDocuments(text)
    .map((document) => document.getIn(["metadata", "namespace"]))
    .filter((namespace): namespace is string => typeof namespace === "string");
}

describe("YAML in the documentation", () => {
  beforeAll(async () => {
    const cluster = sharedCluster();
    await installKinds(cluster);
    const namespaces = [...new Set(snippets.flatMap(({ text }) => namespacesOf(text)))];
    const manifests = namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
    await cluster.apply(manifests.map((manifest) => stringify(manifest)).join("---\n"));
  });

  test("there is some, in the README and in docs", () => {
    const where = snippets.map((snippet) => snippet.where).join("\n");
    for (const page of ["README.md", "docs/apikey.md", "docs/account.md"]) expect(where).toContain(page);
  });

  test.each(snippets)("the API server accepts $where", async ({ text }) => {
    const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
    const { code, stderr } = await sharedCluster().kubectl(args, { input: text });
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });
});

/** The paths of all fields of a schema, such as `spec.secret.key`; `[]` marks the entries of a list. */
function fieldsOf(schema: CrdSchema | undefined, path: string): readonly string[] {
  if (schema?.items?.type === "object") return fieldsOf(schema.items, `${path}[]`);
  const properties = Object.entries(schema?.properties ?? {});
  return properties.length === 0
    ? [path]
    : properties.flatMap(([name, inner]) => fieldsOf(inner, `${path}.${name}`));
}

/** Parts whose fields are explained by the part itself. */
const WHOLE = [
  /^(spec\.secret\.template)\[\].*/,
  /^(spec\.rotation\.window)\..*/,
  /^(spec\.allow\[\]\.namespaceSelector)\..*/,
];

test.each([
  ["apikeys", "docs/apikey.md"],
  ["accounts", "docs/account.md"],
  ["clusteraccounts", "docs/account.md"],
])("every field of %s is explained in %s", (plural, page) => {
  const fields = fieldsOf(schemaOf(plural).properties?.["spec"], "spec");
  expect(fields.length).toBeGreaterThan(5);
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  const named = fields.map((field) => WHOLE.reduce((path, whole) => path.replace(whole, "$1"), field));
  expect(named.filter((field) => !text.includes(`\`${field}\``))).toEqual([]);
});

test("docs/reasons.md has what the code says of every reason", () => {
  const page = readFileSync(new URL("../docs/reasons.md", import.meta.url), "utf8");
  expect(page).toBe(reasonsPage());
  for (const reason of Object.keys(REASONS)) expect(page).toContain(`## ${reason}\n`);
});

describe.each([
  ["docs/reliability.md", 1, 25],
  ["SECURITY.md", 26, 35],
])("the hard cases in %s", (path, first, last) => {
  const page = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)].map(([, number = "", held = ""]) => ({
    number,
    held,
  }));

  test(`are those from ${first} to ${last}`, () => {
    expect(rows.map(({ number }) => Number(number))).toEqual(
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
  });

  test.each(rows)("names tests for row $number that are there, and quotes them rightly", ({ held }) => {
    const files = [...held.matchAll(/`([\w./-]+)`(?: \("([^"]+)"\))?/g)];
    for (const [, file = "", quoted] of files) {
      const url = new URL(`../${file}`, import.meta.url);
      expect(existsSync(url), file).toBe(true);
      if (quoted !== undefined && statSync(url).isFile()) expect(readFileSync(url, "utf8")).toContain(quoted);
    }
    expect(held).toMatch(/`|explorer|matrix|frozen|chaos|not .* yet/);
  });
});
