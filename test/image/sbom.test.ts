import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { PackageURL } from "packageurl-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { run, type RunResult } from "../../tools/binaries/run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const sbomSchema = z.object({
  metadata: z.object({ component: z.object({ name: z.string(), version: z.string() }) }),
  components: z.array(z.object({ purl: z.string(), licenses: z.array(z.unknown()).length(1) })),
});

const metafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({ inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })) }),
  ),
});
const manifestSchema = z.object({ name: z.string(), version: z.string() });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-sbom-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function describeBundle(metafile: string, sbom: string, licences: string): Promise<RunResult> {
  const files = ["--metafile", metafile, "--sbom", join(folder, sbom), "--licences", join(folder, licences)];
  return run(process.execPath, [join(ROOT, "tools/packaging/main.ts"), "--name", "signatureapi", ...files]);
}

describe.each(["controller", "management-api"])("the SBOM of the bundle of %s", (room) => {
  let metafile: string;
  let text: string;

  beforeAll(async () => {
    metafile = join(folder, `${room}.meta.json`);
    const flags = ["--outfile", join(folder, room, "bundle.mjs"), "--metafile", metafile];
    const built = await run(process.execPath, [join(ROOT, room, "build.ts"), ...flags]);
    expect(built.code, built.stderr).toBe(0);
    const written = await describeBundle(metafile, `${room}.cdx.json`, `${room}.txt`);
    expect(written.code, written.stderr).toBe(0);
    text = await readFile(join(folder, `${room}.cdx.json`), "utf8");
  }, 120_000);

  test("is CycloneDX 1.6", async () => {
    expect(text).toContain('"specVersion": "1.6"');
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"type": "library"', '"type": "book"'))).not.toBeNull();
  });

  test("names each package of which code is in the bundle, and no other", async () => {
    const { outputs } = metafileSchema.parse(JSON.parse(await readFile(metafile, "utf8")));
    const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
    const bundled = new Set<string>();
    for (const [input, { bytesInOutput }] of inputs) {
      if (bytesInOutput === 0 || !input.includes("node_modules/")) continue;
      const [scopeOrName = "", name = ""] = (input.split("node_modules/").at(-1) ?? "").split("/");
      const folderOfPackage = input.slice(
        0,
        input.lastIndexOf("node_modules/") + "node_modules/".length + scopeOrName.length,
      );
      const manifestFile = `${folderOfPackage}${scopeOrName.startsWith("@") ? `/${name}` : ""}/package.json`;
      const manifest = manifestSchema.parse(JSON.parse(await readFile(join(ROOT, manifestFile), "utf8")));
      bundled.add(`${manifest.name}@${manifest.version}`);
    }
    const named = sbomSchema.parse(JSON.parse(text)).components.map(({ purl }) => {
      const { type, namespace, name, version } = PackageURL.fromString(purl);
      expect(type).toBe("npm");
      return `${namespace ? `${namespace}/` : ""}${name}@${version}`;
    });
    expect(bundled.size).toBeGreaterThan(0);
    expect(named.toSorted()).toEqual([...bundled].toSorted());
  });

  test("is the same each time, and its licences have their texts", async () => {
    await describeBundle(metafile, "again.cdx.json", "again.txt");
    expect(await readFile(join(folder, "again.cdx.json"), "utf8")).toBe(text);
    const licences = await readFile(join(folder, "again.txt"), "utf8");
    const { components } = sbomSchema.parse(JSON.parse(text));
    expect(licences.split("-".repeat(80))).toHaveLength(components.length + 1);
    expect(licences).toContain("THE SOFTWARE IS PROVIDED");
  });
});

/** The metafile of a bundle with one input. */
function metafileOf(input: string, bytesInOutput: number): z.infer<typeof metafileSchema> {
  return { outputs: { out: { inputs: { [input]: { bytesInOutput } } } } };
}

test("a package under a licence that is not on the list is refused by its name", async () => {
  const metafile = join(folder, "refused.meta.json");
  await writeFile(metafile, JSON.stringify(metafileOf("node_modules/caniuse-lite/dist/lib/statuses.js", 1)));
  const { code, stderr } = await describeBundle(metafile, "refused.cdx.json", "refused.txt");
  expect(stderr).toMatch(/may not contain caniuse-lite .*\(CC-BY-4\.0\)/);
  expect(code).toBe(1);
  // What the bundler has left out may have any licence.
  await writeFile(metafile, JSON.stringify(metafileOf("node_modules/caniuse-lite/dist/lib/statuses.js", 0)));
  expect((await describeBundle(metafile, "refused.cdx.json", "refused.txt")).code).toBe(0);
});
