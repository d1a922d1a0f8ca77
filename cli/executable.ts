import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { inject } from "postject";

const BUILD = fileURLToPath(new URL("build.ts", import.meta.url));
const DEFAULT_OUTFILE = fileURLToPath(
  new URL(`dist/kubectl-signatureapi${process.platform === "win32" ? ".exe" : ""}`, import.meta.url),
);

// Node's documentation names both: where the program is put, and what says that there is one.
const RESOURCE = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * Makes one executable for this platform, with Node in it: `node cli/executable.ts [--outfile FILE]`.
 *
 * The Node that runs this script is the one that is put in. On macOS, `codesign` signs the result ad hoc, without which
 * Apple silicon starts nothing.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { outfile: { type: "string", default: DEFAULT_OUTFILE } } });
  const folder = mkdtempSync(join(tmpdir(), "kubectl-signatureapi-"));
  try {
    await writeExecutable(values.outfile, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function writeExecutable(outfile: string, folder: string): Promise<void> {
  const bundle = join(folder, "main.cjs");
  const blob = join(folder, "main.blob");
  const config = join(folder, "sea.json");
  runNode([BUILD, "--format", "cjs", "--outfile", bundle]);
  writeFileSync(config, JSON.stringify({ main: bundle, output: blob, disableExperimentalSEAWarning: true }));
  runNode(["--experimental-sea-config", config]);
  copyFileSync(process.execPath, outfile);
  chmodSync(outfile, 0o755);
  const isMac = process.platform === "darwin";
  if (isMac) execFileSync("codesign", ["--remove-signature", outfile]);
  await inject(outfile, RESOURCE, readFileSync(blob), {
    sentinelFuse: FUSE,
    ...(isMac && { machoSegmentName: "NODE_SEA" }),
  });
  if (isMac) execFileSync("codesign", ["--sign", "-", outfile]);
}

function runNode(args: readonly string[]): void {
  execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
}

await main();
