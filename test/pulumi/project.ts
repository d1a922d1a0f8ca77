import { readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { run, type RunResult } from "../../tools/binaries/run.ts";
import { isRunning, kill, startCommand, type Running } from "./running.ts";
import type { Toolchain } from "./toolchain.ts";

const PRELOAD = fileURLToPath(new URL("preload.cjs", import.meta.url));

/** What a project is made of. */
export interface ProjectOptions {
  readonly toolchain: Toolchain;
  /** The base URL of the emulator. */
  readonly baseUrl: string;
  /** The management token that it begins with; `null` for none in the environment. */
  readonly token: string | null;
  /** A folder to copy, or the text of an `index.js` (an ES module). */
  readonly program: { readonly folder: string } | { readonly text: string };
  /** Default `shop`; with `stack` it makes the identity of the stack. */
  readonly name?: string;
  /** Default `dev`. */
  readonly stack?: string;
}

/** What a command left behind. */
export interface Finished extends RunResult {
  /** Standard output and standard error, for assertions and messages. */
  readonly text: string;
}

/** A Pulumi project with a file backend of its own, run by the real engine. */
export class Project {
  readonly folder: string;
  readonly #options: ProjectOptions;
  /** The management token in the environment; `null` for none. */
  token: string | null;
  #hours = 0;
  #outputs: Promise<Record<string, unknown>> | undefined;

  private constructor(folder: string, options: ProjectOptions) {
    this.folder = folder;
    this.#options = options;
    this.token = options.token;
  }

  /** Makes the project and its stack. */
  static async create(options: ProjectOptions): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-project-"));
    const project = new Project(folder, options);
    const { toolchain, program, name = "shop" } = options;
    await mkdir(join(folder, "state"));
    await mkdir(join(folder, "home"));
    await mkdir(join(folder, "tmp"));
    await mkdir(join(folder, "providers"));
    if ("folder" in program) {
      const source = program.folder;
      await cp(source, project.program, {
        recursive: true,
        filter: (path) => !path.endsWith("node_modules"),
      });
    } else {
      await mkdir(project.program);
      await project.write("index.js", program.text);
      await project.write("package.json", JSON.stringify({ name, type: "module", main: "index.js" }));
      await project.write(
        "Pulumi.yaml",
        `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`,
      );
    }
    await project.usePackages(toolchain.packages);
    await project.must("stack", "init", project.stack);
    await project.must("config", "set", "signatureapi:baseUrl", options.baseUrl);
    return project;
  }

  get stack(): string {
    return this.#options.stack ?? "dev";
  }

  /** The folder with Pulumi.yaml. */
  get program(): string {
    return join(this.folder, "program");
  }

  /** Lets the time of everything that runs from now on be this many hours later. */
  advance(hours: number): void {
    this.#hours += hours;
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(join(this.program, file), text);
  }

  /** Has the program run with the packages of another folder, as after `npm install` of other versions. */
  async usePackages(folder: string): Promise<void> {
    const link = join(this.program, "node_modules");
    await rm(link, { force: true });
    await symlink(join(folder, "node_modules"), link);
  }

  /** Lets the engine find one more language host, beside those of the toolchain. @param program its path. */
  async addLanguageHost(program: string): Promise<void> {
    await mkdir(this.#hosts, { recursive: true });
    await symlink(program, join(this.#hosts, basename(program)));
  }

  get #hosts(): string {
    return join(this.folder, "hosts");
  }

  /** The hosts of dynamic providers that run for this project. */
  providers(): number[] {
    return readdirSync(join(this.folder, "providers"))
      .map(Number)
      .filter((pid) => isRunning(pid));
  }

  /** Runs `pulumi`, whatever comes of it. */
  async pulumi(...args: readonly string[]): Promise<Finished> {
    this.#outputs = undefined;
    const result = await run(this.#options.toolchain.pulumi, args, { cwd: this.program, env: this.env() });
    return { ...result, text: `${result.stdout}\n${result.stderr}` };
  }

  /** Runs a script of bash in the folder with Pulumi.yaml, whatever comes of it. */
  async shell(script: string, env: NodeJS.ProcessEnv): Promise<Finished> {
    this.#outputs = undefined;
    const options = { cwd: this.program, env: { ...this.env(), ...env } };
    const result = await run("bash", ["-eo", "pipefail", "-c", script], options);
    return { ...result, text: `${result.stdout}\n${result.stderr}` };
  }

  /** Runs `pulumi`, which has to succeed. Returns what it printed. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, text } = await this.pulumi(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  /** Starts `pulumi` and does not wait for its end. */
  start(...args: readonly string[]): Running {
    this.#outputs = undefined;
    return startCommand(this.#options.toolchain.pulumi, args, { cwd: this.program, env: this.env() });
  }

  async up(...args: readonly string[]): Promise<string> {
    return this.must("up", "--yes", "--skip-preview", ...args);
  }

  async preview(...args: readonly string[]): Promise<string> {
    return this.must("preview", "--diff", ...args);
  }

  /** The outputs of the stack, secrets in plain text. */
  async outputs(): Promise<Record<string, unknown>> {
    if (this.#outputs !== undefined) return this.#outputs;
    const read = async (): Promise<Record<string, unknown>> => {
      const { stdout } = await this.pulumi("stack", "output", "--json", "--show-secrets");
      return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
    };
    const outputs = read();
    this.#outputs = outputs;
    return outputs;
  }

  /** The state file as it is on the disk. */
  async rawState(): Promise<string> {
    const name = this.#options.name ?? "shop";
    return readFile(join(this.folder, `state/.pulumi/stacks/${name}/${this.stack}.json`), "utf8");
  }

  /** Everything that Pulumi keeps of the project, as it is on the disk: state, history, backups, logs, configuration. */
  async allFiles(): Promise<string> {
    const folders = ["state", "home", "tmp", "program"].map((name) => join(this.folder, name));
    const texts = await Promise.all(folders.map((folder) => textsIn(folder)));
    return texts.flat().join("\n");
  }

  /** Ends what a killed engine left running, and deletes the project. */
  async remove(): Promise<void> {
    for (const pid of this.providers()) kill(pid);
    // What was killed a moment ago may still be writing.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  env(): NodeJS.ProcessEnv {
    const { toolchain } = this.#options;
    const { SIGNATUREAPI_MANAGEMENT_TOKEN: _token, NODE_OPTIONS: _options, ...own } = process.env;
    return {
      ...own,
      PATH: [toolchain.path, this.#hosts, process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_HOME: join(this.folder, "home"),
      // Where the engine's log files go.
      TMPDIR: join(this.folder, "tmp"),
      PULUMI_CONFIG_PASSPHRASE: "a passphrase for tests",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      // Programs and providers all load the same SDK.
      NODE_COMPILE_CACHE: join(toolchain.packages, "compile-cache"),
      NODE_OPTIONS: `--require ${PRELOAD}`,
      TEST_PROVIDERS: join(this.folder, "providers"),
      TEST_CLOCK_OFFSET_HOURS: String(this.#hours),
      ...(this.token !== null && { SIGNATUREAPI_MANAGEMENT_TOKEN: this.token }),
    };
  }
}

async function textsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"));
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
}
