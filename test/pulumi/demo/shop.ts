import * as z from "zod";
import { ClaimError } from "../../demo/claim.ts";
import type { Narrator } from "../../demo/narrator.ts";
import type { Project } from "../project.ts";

const outputsSchema = z.object({ key: z.string(), keyId: z.string(), revision: z.number() });

/** A key as the stack's outputs give it, with its value, which the demo tries out and never prints. */
export type StackKey = z.infer<typeof outputsSchema>;

/** The quickstart's project, as its user sees it. */
export class Shop {
  readonly #project: Project;
  readonly #narrator: Narrator;
  #printed = "";

  constructor(project: Project, narrator: Narrator) {
    this.#project = project;
    this.#narrator = narrator;
  }

  /** Everything that Pulumi has printed. */
  get printed(): string {
    return this.#printed;
  }

  /** Runs `pulumi`, and shows the command and what it printed. @throws ClaimError where it fails. */
  async show(...args: readonly string[]): Promise<string> {
    const line = `pulumi ${args.join(" ")}`;
    const { code, text } = await this.#narrator.during(line, this.#project.pulumi(...args));
    this.#printed += text;
    const shown = withoutProgress(text);
    if (shown === "") this.#narrator.say(`  $ ${line}`);
    else this.#narrator.command(line, shown);
    if (code !== 0) throw new ClaimError(`${line} succeeds`, `exit code ${code}`);
    return text;
  }

  /** The key in the outputs; its value is noted, so that it is noticed wherever it should turn up. */
  async key(): Promise<StackKey> {
    const key = outputsSchema.parse(await this.#project.outputs());
    this.#narrator.noteValue(key.key);
    return key;
  }

  /** The state as it lies on the disk. */
  async state(): Promise<string> {
    return this.#project.rawState();
  }

  /** From now on it is so many hours later, for programs and providers. */
  later(hours: number): void {
    this.#project.advance(hours);
  }
}

/** What Pulumi prints, without blank lines and signs of life. */
function withoutProgress(text: string): string {
  return text
    .split("\n")
    .filter(
      (line) => line.trim() !== "" && !/^@ |^\s+\[urn=|^Duration:|^(The resources in|If you want)/.test(line),
    )
    .join("\n");
}
