import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { run } from "../../../tools/binaries/run.ts";
import { EXAMPLES } from "./example.ts";

const PYTHON = join(EXAMPLES, "operator-python");

/** Their SDKs are not installed with this repository: PULUMI_LANGUAGES=python,go,yaml lets the tests get and run them. */
export function isAskedFor(language: "python" | "go" | "yaml"): boolean {
  return (process.env["PULUMI_LANGUAGES"] ?? "").split(",").includes(language);
}

async function must(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { cwd });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

/** Prints what a program registers, with the SDK's own mocks in place of an engine. */
const RECORDER = `
import json, runpy, pulumi
class Recorder(pulumi.runtime.Mocks):
    def new_resource(self, args):
        print(json.dumps({"type": args.typ, "inputs": args.inputs}))
        return [args.name, args.inputs]
    def call(self, args):
        return {}
pulumi.runtime.set_mocks(Recorder(), project="operator", stack="dev")
for name, value in CONFIG.items():
    pulumi.runtime.set_config("operator:" + name, value)
@pulumi.runtime.test
def program():
    runpy.run_path("__main__.py")
program()
`;

const registeredSchema = z.object({ type: z.string(), inputs: z.record(z.string(), z.unknown()) });

/** What a program asks the engine for. */
type Registered = z.infer<typeof registeredSchema>;

/** The Python program, with the packages that its requirements name. */
export class PythonProgram implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gets the packages from PyPI. Needs Python >= 3.10. */
  static async install(): Promise<PythonProgram> {
    const program = new PythonProgram(await mkdtemp(join(tmpdir(), "operator-python-")));
    await must("python3", ["-m", "venv", "venv"], program.#folder);
    const requirements = join(PYTHON, "requirements.txt");
    await must(program.#python, ["-m", "pip", "install", "--quiet", "-r", requirements], program.#folder);
    return program;
  }

  get #python(): string {
    return join(this.#folder, "venv/bin/python");
  }

  /** What it registers with a configuration. */
  async run(config: Readonly<Record<string, string>>): Promise<readonly Registered[]> {
    const recorder = join(this.#folder, "record.py");
    await writeFile(recorder, `CONFIG = ${JSON.stringify(config)}\n${RECORDER}`);
    const printed = await must(this.#python, ["-B", recorder], PYTHON);
    const lines = printed.split("\n").filter((line) => line.startsWith("{"));
    return lines.map((line) => registeredSchema.parse(JSON.parse(line)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** Compiles the Go program with the modules that its go.sum pins. Needs Go. @throws Error with what the compiler says. */
export async function vetGo(): Promise<void> {
  const cwd = join(EXAMPLES, "operator-go");
  const badlyFormatted = await must("gofmt", ["-l", "."], cwd);
  if (badlyFormatted !== "") throw new Error(`gofmt would change ${badlyFormatted}`);
  await must("go", ["vet", "-mod=readonly", "./..."], cwd);
}
