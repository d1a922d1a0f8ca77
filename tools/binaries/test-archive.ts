import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./run.ts";
import type { BinarySpec, Checksum } from "./binary-spec.ts";

/** An executable script that says that it is this version of itself. */
export const fakeBinary = (version: string): string => `#!/bin/sh\necho "fake v${version}"\n`;

export const sha512 = (content: Buffer): string => createHash("sha512").update(content).digest("hex");
export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/**
 * Writes files (path -> text) below `folder` and packs them, by these paths, into a .tar.gz; returns its bytes.
 * `more` are entries that exist already; they are packed under the very paths given, whatever those are.
 */
export async function packArchive(
  folder: string,
  files: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<Buffer> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content, { mode: 0o755 });
  }
  const archive = join(folder, "..", "made.tar.gz");
  const result = await run("tar", ["-czPf", archive, "-C", folder, ...Object.keys(files), ...more]);
  if (result.code !== 0) throw new Error(result.stderr);
  return readFile(archive);
}

/** A binary `tool` (at least 2.0), published in an archive together with `other`, for linux-amd64. */
export function toolSpec(checksum: Checksum): BinarySpec {
  return {
    name: "tool",
    minimum: [2, 0, 0],
    versionArgs: ["--version"],
    download: {
      version: "2.1.0",
      origin: "https://downloads.example",
      path: (platform) => `/v2.1.0/tool-${platform}.tar.gz`,
      checksum,
      content: { kind: "archive", members: () => ({ tool: "dist/tool", other: "dist/other" }) },
    },
  };
}

/** Where a mirror is asked for the archive of `toolSpec`. */
export const TOOL_PATH = "/downloads.example/v2.1.0/tool-linux-amd64.tar.gz";
