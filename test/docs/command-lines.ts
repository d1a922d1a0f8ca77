import { run } from "../../tools/binaries/run.ts";
import { markdownFiles } from "./markdown.ts";

/** One call of a program in a block of a page. */
export interface CommandLine {
  /** The page. */
  readonly page: string;
  /** The words after the program's name. */
  readonly words: readonly string[];
}

/** The calls of a program in the `sh` blocks of all pages. */
export function callsOf(program: string): readonly CommandLine[] {
  return markdownFiles().flatMap(({ path, text }) =>
    [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)]
      .flatMap(([, , script = ""]) => commandsIn(script))
      .filter(([name]) => name === program)
      .map(([, ...words]) => ({ page: path, words })),
  );
}

const QUOTED = /'[^']*'|"(?:\\.|\$\([^)]*\)|[^"\\])*"/;
const TOKEN = new RegExp(
  String.raw`\s+|#.*|&&|\|\||[|;&(){}]|\$\(|(?:${QUOTED.source}|\\.|[^\s'"|;&(){}\\])+`,
  "g",
);
const ENDS_COMMAND = new Set(["&&", "||", "|", ";", "&", "(", ")", "{", "}", "$("]);

/** The simple commands of a script, each as its words, without redirections. It knows no more of shell than our pages use. */
export function commandsIn(script: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const lines = script.replaceAll("\\\n", " ").replaceAll(/<<'?(\w+)'?[^\n]*\n[\s\S]*?^\s*\1$/gm, "");
  for (const line of lines.split("\n")) {
    commands.push([]);
    for (const [token] of line.matchAll(TOKEN)) {
      if (/^\s/.test(token) || token.startsWith("#")) continue;
      if (ENDS_COMMAND.has(token)) commands.push([]);
      else commands.at(-1)?.push(token);
    }
  }
  return commands
    .map((words) => words.filter((word) => !/^\d?[<>]/.test(word) && !["do", "then", "!"].includes(word)))
    .map((words) => words.slice(words.findIndex((word) => !/^\w+=/.test(word))))
    .filter((words) => words.length > 0);
}

/** What the help of a command says. */
interface Help {
  readonly commands: ReadonlySet<string>;
  /** Each flag, long and short, and whether it takes a value. */
  readonly flags: ReadonlyMap<string, boolean>;
}

/** A program whose help lists its commands and flags, as those of cobra do. */
export class CommandHelp {
  readonly #binary: string;
  readonly #everywhere: readonly string[];
  readonly #known = new Map<string, Promise<Help>>();

  /** @param everywhere the command that lists the flags of all commands, if each one's own help does not. */
  constructor(binary: string, everywhere: readonly string[] = []) {
    this.#binary = binary;
    this.#everywhere = everywhere;
  }

  /** What is wrong with a call: a command or a flag that the program does not have. */
  async problemOf(words: readonly string[]): Promise<string | undefined> {
    const path: string[] = [];
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? "";
      if (word === "--") break;
      const help = await this.#help(path);
      if (word.startsWith("-")) {
        const [name = ""] = word.split("=");
        const takesValue = help.flags.get(name);
        if (takesValue === undefined) return `${path.join(" ")} has no flag ${name}`;
        if (takesValue && !word.includes("=")) at += 1;
      } else if (help.commands.has(word)) path.push(word);
      else if (path.length === 0) return `no command ${word}`;
    }
    return path.length === 0 ? "no command" : undefined;
  }

  async #help(path: readonly string[]): Promise<Help> {
    const key = path.join(" ");
    const help = this.#known.get(key) ?? this.#read(path);
    this.#known.set(key, help);
    return help;
  }

  async #read(path: readonly string[]): Promise<Help> {
    const own = await run(this.#binary, [...path, "--help"]);
    const everywhere =
      this.#everywhere.length === 0 ? "" : (await run(this.#binary, this.#everywhere)).stdout;
    const text = own.stdout + everywhere;
    const flags = text.matchAll(/^ +(?:(-\w), )?(--[\w-]+)(?:=('[^']*'|\[[^\]]*\]|\S*):| (\w+)(?![\w[]))?/gm);
    return {
      commands: new Set(
        [...own.stdout.matchAll(/^ {2,4}([a-z][\w-]*)(?: {2,}|$)/gm)].map(([, name = ""]) => name),
      ),
      flags: new Map(
        [...flags].flatMap(([, short, long = "", value, type]) => {
          const takesValue = value === undefined ? type !== undefined : !["true", "false"].includes(value);
          return [
            [long, takesValue] as const,
            ...(short === undefined ? [] : [[short, takesValue] as const]),
          ];
        }),
      ),
    };
  }
}
