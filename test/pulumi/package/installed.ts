import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { run } from "../../../tools/binaries/run.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const manifestSchema = z.object({ version: z.string() });

/** The version of a package that this repository has. */
export async function versionHere(name: string): Promise<string> {
  const text = await readFile(join(ROOT, "node_modules", name, "package.json"), "utf8");
  return manifestSchema.parse(JSON.parse(text)).version;
}

/** An empty project into which the packed package was installed. */
export class InstalledProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** An empty project with the tarball in it. */
  static async empty(tarball: string): Promise<InstalledProject> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-installed-"));
    const project = new InstalledProject(folder);
    await copyFile(tarball, join(folder, basename(tarball)));
    await project.write("package.json", JSON.stringify({ name: "shop", private: true }));
    return project;
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(join(this.folder, file), text);
  }

  /** Runs a script of this repository's tools, or of the project's packages, with this Node. Returns what it printed. */
  async node(...args: readonly string[]): Promise<string> {
    return this.command(process.execPath, args);
  }

  /** Runs a command, which has to succeed. Returns what it printed. */
  async command(name: string, args: readonly string[]): Promise<string> {
    const env = {
      ...process.env,
      PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
      // What npm passes to the scripts that it runs is not for another npm or pnpm.
      ...Object.fromEntries(
        Object.keys(process.env).flatMap((key) => (/^npm_/i.test(key) ? [[key, undefined]] : [])),
      ),
    };
    const { code, signal, stdout, stderr } = await run(name, args, { cwd: this.folder, env });
    if (code === 0) return stdout + stderr;
    throw new Error(`${name} ${args.join(" ")} ended with ${code ?? signal}:\n${stdout}${stderr}`);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
