import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  startEmulator,
  type Emulator,
  type EmulatorOptions,
} from "@signatureapi-keys/management-api/emulator";
import { expect, inject } from "vitest";
import * as z from "zod";
import { Vendor } from "../../demo/vendor.ts";
import { Project } from "../project.ts";

/** Where the examples stand. */
export const EXAMPLES = fileURLToPath(new URL("../../../examples/pulumi", import.meta.url));

/** How an example is run. */
interface ExampleOptions {
  readonly emulator?: EmulatorOptions;
  /** The management token in the environment; by default the emulator's; `null` for none. */
  readonly token?: string | null;
  /** An emulator that runs already, and is ended by its owner; `emulator` is for one of its own. */
  readonly running?: Emulator;
  /** The stack's name; default `dev`. */
  readonly stack?: string;
  /** The stack's configuration; a value that begins with `secret:` is set as a secret, without that. */
  readonly config?: Readonly<Record<string, string>>;
}

/** An example as a user runs it, copied into a project of its own; everything that it prints is kept. */
export class Example implements AsyncDisposable {
  readonly project: Project;
  readonly emulator: Emulator;
  readonly vendor: Vendor;
  readonly #ownsEmulator: boolean;
  readonly #printed: string[] = [];
  readonly #values = new Set<string>();

  private constructor(project: Project, emulator: Emulator, ownsEmulator: boolean) {
    this.#ownsEmulator = ownsEmulator;
    this.project = project;
    this.emulator = emulator;
    this.vendor = new Vendor(emulator);
  }

  /** Starts an emulator, and makes the stack `dev`. */
  static async start(folder: string, options: ExampleOptions = {}): Promise<Example> {
    const { token = "emulator-token", config = {} } = options;
    const emulator = options.running ?? (await startEmulator(options.emulator));
    const project = await Project.create({
      toolchain: inject("toolchain"),
      baseUrl: emulator.url,
      token,
      program: { folder: join(EXAMPLES, folder) },
      name: `signatureapi-${folder}`,
      ...(options.stack !== undefined && { stack: options.stack }),
    });
    for (const [name, value] of Object.entries(config)) {
      const [, secret] = /^secret:(.*)$/.exec(value) ?? [];
      await project.must(
        "config",
        "set",
        ...(secret === undefined ? [] : ["--secret"]),
        name,
        secret ?? value,
      );
    }
    return new Example(project, emulator, options.running === undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project.remove();
    if (this.#ownsEmulator) await this.emulator.close();
  }

  /** Runs `pulumi`, which has to succeed. Returns what it printed. */
  async pulumi(...args: readonly string[]): Promise<string> {
    const text = await this.project.must(...args);
    this.#printed.push(text);
    return text;
  }

  async up(): Promise<string> {
    return this.pulumi("up", "--yes", "--skip-preview");
  }

  async preview(): Promise<string> {
    return this.pulumi("preview", "--diff");
  }

  async destroy(): Promise<string> {
    return this.pulumi("destroy", "--yes", "--skip-preview");
  }

  /** An output that is text; a secret one is noted as a value that must not stand anywhere else. */
  async output(name: string): Promise<string> {
    return z.string().parse((await this.project.outputs())[name]);
  }

  /** The value of a key in the outputs, noted so that it is noticed wherever it should turn up. */
  async value(name: string): Promise<string> {
    const value = await this.output(name);
    expect(value).toMatch(/^key_(test|live)_/);
    this.#values.add(value);
    return value;
  }

  noteValue(value: string): void {
    this.#values.add(value);
  }

  /** Replaces a piece of the program, as an editor does. It has to be there. */
  async edit(before: string, after: string): Promise<void> {
    const text = await readFile(join(this.project.program, "index.ts"), "utf8");
    expect(text).toContain(before);
    await this.project.write("index.ts", text.replaceAll(before, after));
  }

  /** What the data plane says to a key: `200 live`, `401 invalid-api-key`. */
  async answerTo(value: string): Promise<string> {
    const { status, mode, error } = await this.vendor.tryKey(value);
    return `${status} ${mode ?? error}`;
  }

  /** Runs a script in the project's folder, as its pipeline does; it has to succeed. Returns what it printed. */
  async shell(script: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { code, text } = await this.project.shell(script, env);
    if (code !== 0) throw new Error(`${script} ended with ${code}:\n${text}`);
    this.#printed.push(text);
    return text;
  }

  /** The states of all keys that were ever made, in the order of their making. */
  keys(): readonly { readonly id: string; readonly status: string; readonly description: string }[] {
    return this.emulator.admin.keys();
  }

  /** No value is in what was printed, or in the state as it is on the disk. */
  async expectNoValueShown(): Promise<void> {
    expect(this.#values.size).toBeGreaterThan(0);
    const state = await this.project.rawState();
    for (const value of this.#values) {
      expect(this.#printed.filter((text) => text.includes(value))).toEqual([]);
      expect(state).not.toContain(value);
      expect(state).not.toContain(Buffer.from(value).toString("base64"));
    }
  }
}
