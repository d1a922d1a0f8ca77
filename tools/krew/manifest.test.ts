import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

const text = z.string().min(1);
const oneLine = text.regex(/^[^\r\n]*$/);

/** What krew checks before it takes a manifest (its package internal/index/validation), and no field that it does not know. */
const manifestSchema = z.strictObject({
  apiVersion: z.literal("krew.googlecontainertools.github.com/v1alpha2"),
  kind: z.literal("Plugin"),
  metadata: z.strictObject({ name: z.literal("signatureapi") }),
  spec: z.strictObject({
    version: z.string().regex(/^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/),
    homepage: z.url(),
    // The guide of krew's index asks for no more than 50 characters, without the name of kubectl.
    shortDescription: oneLine.max(50).regex(/^(?!.*kubectl)/i),
    description: text,
    caveats: text.optional(),
    platforms: z
      .array(
        z.strictObject({
          selector: z.strictObject({
            matchLabels: z.strictObject({
              os: z.enum(["linux", "darwin", "windows"]),
              arch: z.enum(["amd64", "arm64"]),
            }),
          }),
          uri: z.url({ protocol: /^https$/ }),
          sha256: z.string().regex(/^[a-f0-9]{64}$/),
          bin: text,
          files: z.array(z.strictObject({ from: text, to: text })).min(1),
        }),
      )
      .min(1),
  }),
});

function manifestOf(archives: Readonly<Record<string, string>>): z.infer<typeof manifestSchema> {
  const folder = mkdtempSync(join(tmpdir(), "krew-"));
  try {
    for (const [name, content] of Object.entries(archives)) writeFileSync(join(folder, name), content);
    const args = [MAIN, "--version", "0.2.0", "--archives", folder];
    return manifestSchema.parse(
      parse(execFileSync(process.execPath, args, { encoding: "utf8", stdio: "pipe" })),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the manifest keeps krew's rules, and names each archive with its checksum", () => {
  const { spec } = manifestOf({
    "kubectl-signatureapi-linux-amd64.tar.gz": "hello",
    "kubectl-signatureapi-windows-amd64.tar.gz": "",
    "other.txt": "",
  });
  expect(spec.version).toBe("v0.2.0");
  expect(spec.platforms.map(({ selector }) => selector.matchLabels)).toEqual([
    { os: "linux", arch: "amd64" },
    { os: "windows", arch: "amd64" },
  ]);
  const [linux, windows] = spec.platforms;
  expect(linux?.uri).toMatch(/\/releases\/download\/v0\.2\.0\/kubectl-signatureapi-linux-amd64\.tar\.gz$/);
  // sha256sum of "hello"
  expect(linux?.sha256).toBe("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  for (const { bin, files } of spec.platforms) expect(files.map(({ from }) => from)).toContain(bin);
  expect([linux?.bin, windows?.bin]).toEqual(["kubectl-signatureapi", "kubectl-signatureapi.exe"]);
});

test.each([{}, { "kubectl-signatureapi-plan9-amd64.tar.gz": "" }])(
  "of %j, no manifest is made",
  (archives) => {
    expect(() => manifestOf(archives)).toThrow();
  },
);
