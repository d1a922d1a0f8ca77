import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../tools/binaries/run.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CHART = "charts/signatureapi-controller";

/** What an earlier commit of this repository ships. */
export interface OlderRelease {
  /** The packaged chart. */
  readonly chart: string;
  /** The bundled controller: Node runs it. */
  readonly controller: string;
}

/**
 * Builds chart and controller of a commit, and removes both after their use. Asks the npm registry for the dependencies
 * that the commit's lock file names.
 *
 * @param ref a commit, as git takes it.
 * @throws Error if the repository does not have the commit, as in a shallow clone, or if it cannot be built.
 */
export async function withOlderRelease<R>(
  ref: string,
  use: (release: OlderRelease) => Promise<R>,
): Promise<R> {
  await requireCommit(ref);
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-older-"));
  try {
    const source = await unpackSource(ref, folder);
    await installDependencies(source);
    const controller = join(folder, "controller.mjs");
    await must(process.execPath, ["controller/build.ts", `--outfile=${controller}`], source);
    const chart = join(folder, "chart.tgz");
    await packageChart(ref, chart);
    return await use({ chart, controller });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packages the chart of a commit. @param file a `.tgz` to write. */
async function packageChart(ref: string, file: string): Promise<void> {
  const prefix = `${CHART.split("/").at(-1)}/`;
  await must("git", [
    "archive",
    "--format=tar.gz",
    `--prefix=${prefix}`,
    `--output=${file}`,
    `${ref}:${CHART}`,
  ]);
}

/** The whole ID of a commit. @throws Error if the repository does not have it. */
export async function requireCommit(ref: string): Promise<string> {
  const { code, stdout } = await run("git", ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], {
    cwd: ROOT,
  });
  if (code === 0) return stdout.trim();
  throw new Error(
    `this repository has no commit ${ref}: a shallow clone lacks its history, so run git fetch --unshallow`,
  );
}

async function unpackSource(ref: string, folder: string): Promise<string> {
  const archive = join(folder, "source.tar");
  const source = join(folder, "source");
  await must("git", ["archive", "--format=tar", `--output=${archive}`, ref]);
  await mkdir(source);
  await must("tar", ["-xf", archive, "-C", source]);
  return source;
}

/** Installs what the lock file of the commit names for its controller. Only the bundler is that of this checkout. */
async function installDependencies(source: string): Promise<void> {
  const flags = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"];
  await must("npm", ["ci", "--workspace=controller", ...flags], source);
  await symlink(join(ROOT, "node_modules/esbuild"), join(source, "node_modules/esbuild"));
}

async function must(command: string, args: readonly string[], cwd = ROOT): Promise<void> {
  const { code, stderr } = await run(command, args, { cwd });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr.trim()}`);
}
