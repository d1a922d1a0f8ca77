import { copyFile, link, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run } from "../../tools/binaries/run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What programs run with: the engine, and a folder of packages with this one packed as it is published. */
export interface Toolchain {
  readonly pulumi: string;
  /** A folder that holds `node_modules`, to be linked into projects. */
  readonly packages: string;
  /** The packed package. */
  readonly tarball: string;
  /** Comes before the user's own PATH: engine, language host, the host of dynamic providers, Node 24. */
  readonly path: string;
}

/** Finds the engine, packs the package, and puts it beside the SDK of this repository. `remove` deletes the folder. */
export async function prepareToolchain(
  log?: (line: string) => void,
): Promise<{ toolchain: Toolchain; remove: () => Promise<void> }> {
  const options = log === undefined ? {} : { log };
  const pulumi = await findBinary("pulumi", options);
  const languageHost = await findBinary("pulumi-language-nodejs", options);
  const folder = await mkdtemp(join(tmpdir(), "pulumi-toolchain-"));
  const modules = join(folder, "node_modules");
  const tarball = await pack(folder);
  await mkdir(join(modules, "pulumi-signatureapi"), { recursive: true });
  await must("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(modules, "pulumi-signatureapi")]);
  for (const shared of ["@pulumi", "typescript", "@types"]) {
    await symlink(join(ROOT, "node_modules", shared), join(modules, shared));
  }
  // Beside each other, as the official installer puts them: found elsewhere, the engine warns of each at every command.
  const bin = join(folder, "bin");
  await mkdir(bin);
  const host = join(ROOT, "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs");
  for (const program of [pulumi, languageHost, host]) await linkOrCopy(program, join(bin, basename(program)));
  const path = [bin, dirname(process.execPath)].join(delimiter);
  return {
    toolchain: { pulumi: join(bin, "pulumi"), packages: folder, tarball, path },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

/** `npm pack` of the package, as it would be published. */
async function pack(folder: string): Promise<string> {
  await must(process.execPath, [join(ROOT, "provider/build.ts")]);
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const packed = await must("npm", args, join(ROOT, "provider"));
  const name = /"filename":\s*"([^"]+)"/.exec(packed)?.[1];
  if (name === undefined) throw new Error(`npm pack names no file: ${packed}`);
  return join(folder, name);
}

async function must(command: string, args: readonly string[], cwd = ROOT): Promise<string> {
  const { code, signal, stdout, stderr } = await run(command, args, { cwd });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}:\n${stderr}`);
  return stdout;
}
