import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { changesOf, withAnnotations } from "./artifact-hub.ts";
import { CHART, chartFile, render } from "./helm.ts";
import { only, podOf } from "./rendered.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const chartSchema = z.looseObject({
  version: z.string(),
  appVersion: z.string(),
  home: z.string(),
  icon: z.string(),
  annotations: z.record(z.string(), z.string()),
});
const chart = async (): Promise<z.infer<typeof chartSchema>> =>
  chartSchema.parse(parse(await chartFile("Chart.yaml")));

/** The value of an annotation, which is YAML in a text. */
async function annotation(name: string): Promise<unknown> {
  return parse((await chart()).annotations[`artifacthub.io/${name}`] ?? "");
}

describe("Chart.yaml", () => {
  test("has the version and the licence of the project, and an icon that is in the repository", async () => {
    const { version, appVersion, home, icon, annotations } = await chart();
    const manifest = z
      .looseObject({ version: z.string(), license: z.string() })
      .parse(JSON.parse(read("package.json")));
    expect([version, appVersion]).toEqual([manifest.version, manifest.version]);
    expect(annotations["artifacthub.io/license"]).toBe(manifest.license);
    const raw = `${home.replace("github.com", "raw.githubusercontent.com")}/main/`;
    expect(icon.startsWith(raw)).toBe(true);
    expect(read(icon.slice(raw.length))).toMatch(/^<svg /);
    // It is not signed with a key.
    expect(annotations).not.toHaveProperty("artifacthub.io/signKey");
  });

  test("names the image that the chart runs, every kind, and an example of each", async () => {
    const { image } = podOf(only(await render(), "Deployment")).container;
    expect(await annotation("images")).toEqual([{ name: "controller", image }]);
    const kinds = z
      .array(
        z.looseObject({ kind: z.string(), name: z.string(), version: z.string(), description: z.string() }),
      )
      .parse(await annotation("crds"));
    const files = await readdir(join(CHART, "files/crds"));
    expect(kinds.map(({ name }) => name).toSorted()).toEqual(
      files.map((file) => file.split(".").slice(0, -1).join(".")).toSorted(),
    );
    for (const { description, version } of kinds) {
      expect(version).toBe("v1");
      expect(description).toMatch(/\.$/);
    }
    const examples = z.array(z.looseObject({ kind: z.string() })).parse(await annotation("crdsExamples"));
    expect(examples.map(({ kind }) => kind).toSorted()).toEqual(kinds.map(({ kind }) => kind).toSorted());
  });

  test("is what the generator writes, and links to pages that are there", async () => {
    const { image } = podOf(only(await render(), "Deployment")).container;
    const text = await chartFile("Chart.yaml");
    expect(withAnnotations(text, read("CHANGELOG.md"), image)).toBe(text);
    const links = z.array(z.object({ name: z.string(), url: z.string() })).parse(await annotation("links"));
    for (const { url } of links) {
      const [, path] = /\/(?:blob|tree)\/v[^/]+\/(.*)$/.exec(url) ?? [];
      if (path !== undefined) expect(readdirSafe(path), url).toBe(true);
    }
    expect(links.length).toBeGreaterThan(2);
  });
});

function readdirSafe(path: string): boolean {
  return path === "docs" || read(path) !== "";
}

describe("the changes of a version", () => {
  const CHANGELOG = [
    "# Changelog\n",
    "## [Unreleased]\n",
    "### Added\n",
    "- Not yet.\n",
    "## [1.2.0] - 2026-12-01\n",
    "### Added\n",
    "- The flag `--x` ([page](docs/x.md)),\n  which v1.5 needs. More about it.\n- One without an end",
    "\n### Fixed\n",
    "- A fault.\n",
    "## [1.1.0] - 2026-11-01\n",
    "### Removed\n",
    "- Old.\n",
  ].join("\n");

  test("are the first sentences of its entries, and of no other version", () => {
    expect(changesOf(CHANGELOG, "1.2.0")).toEqual([
      { kind: "added", description: "The flag --x (page), which v1.5 needs." },
      { kind: "added", description: "One without an end" },
      { kind: "fixed", description: "A fault." },
    ]);
    expect(changesOf(CHANGELOG, "1.1.0")).toEqual([{ kind: "removed", description: "Old." }]);
    expect(changesOf(CHANGELOG, "2.0.0")).toEqual([]);
  });

  test("are in the annotations once the version is released, and whether it is a prerelease", () => {
    const yaml = "version: 1.2.0\nhome: https://example.com\n";
    const released = withAnnotations(yaml, CHANGELOG, "image:1");
    expect(parse(released)).toMatchObject({ annotations: { "artifacthub.io/prerelease": "false" } });
    expect(released).toMatch(/artifacthub\.io\/changes: [|][\s\S]*kind: fixed/);
    const next = withAnnotations(released.replace("1.2.0", "1.3.0-rc.1"), CHANGELOG, "image:1");
    expect(next).not.toContain("artifacthub.io/changes");
    expect(next).toContain('artifacthub.io/prerelease: "true"');
  });

  test("are refused with a heading that Artifact Hub does not know", () => {
    expect(() => changesOf("## [1.0.0]\n\n### Notes\n\n- x\n", "1.0.0")).toThrow(
      /no kind of change for "Notes"/,
    );
  });

  test("of this repository can all be read, so that a release does not fail over them", () => {
    const released = read("CHANGELOG.md").replace("## [Unreleased]", "## [9.9.9]");
    const changes = changesOf(released, "9.9.9");
    expect(changes.length).toBeGreaterThan(50);
    for (const { description } of changes) expect(description).toMatch(/^\S.{10,}[.]$/);
  });
});
