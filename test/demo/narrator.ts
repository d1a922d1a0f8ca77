import { styleText } from "node:util";

/** Where the demo writes to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const PROGRESS_MS = 2_000;

/**
 * Tells the story, and remembers every line of it, so that the whole of it can be searched for values of keys.
 * Escape codes are written to terminals only, and never where NO_COLOR is set.
 */
export class Narrator {
  readonly #output: Output;
  readonly #colours: boolean;
  readonly #values = new Set<string>();
  #transcript = "";
  #claims = 0;

  constructor(output: Output, env: Readonly<Record<string, string | undefined>>) {
    this.#output = output;
    this.#colours = output.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  }

  /** How many claims were checked. */
  get claims(): number {
    return this.#claims;
  }

  chapter(title: string): void {
    this.#line(`\n${this.#styled("bold", title)}`);
  }

  say(text: string): void {
    this.#line(text);
  }

  /** A command as a user would type it, and what it printed. */
  command(line: string, printed: string): void {
    this.#line(this.#styled("cyan", `  $ ${line}`));
    for (const row of printed.trimEnd().split("\n")) this.#line(`    ${row.trimEnd()}`);
  }

  /** A claim that has just been checked on the running system. */
  checked(claim: string): void {
    this.#claims++;
    this.#line(`  ${this.#styled("green", "✓")} ${claim}`);
  }

  failed(text: string): void {
    this.#line(`\n${this.#styled("red", "✗")} ${text}`);
  }

  /** Shows every two seconds that something is still going on. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    const start = performance.now();
    const tick = setInterval(() => {
      const seconds = Math.round((performance.now() - start) / 1_000);
      this.#line(this.#styled("dim", `  … ${what} (${seconds} s)`));
    }, PROGRESS_MS);
    try {
      return await work;
    } finally {
      clearInterval(tick);
    }
  }

  /** Takes note of the value of a key, which must not stand anywhere in the story. */
  noteValue(value: string): void {
    this.#values.add(value);
  }

  /** How many of the noted values stand in a text, or in the story itself: as they are, or in base64. */
  leaksIn(text = this.#transcript): number {
    return [...this.#values].filter((value) => spellings(value).some((spelling) => text.includes(spelling)))
      .length;
  }

  #line(text: string): void {
    this.#transcript += `${text}\n`;
    this.#output.write(`${this.#redacted(text)}\n`);
  }

  // A leak is reported, and the report does not repeat it.
  #redacted(text: string): string {
    let safe = text;
    for (const value of this.#values)
      for (const spelling of spellings(value)) safe = safe.replaceAll(spelling, "[value]");
    return safe;
  }

  #styled(style: "bold" | "cyan" | "green" | "red" | "dim", text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

function spellings(value: string): readonly string[] {
  return [value, Buffer.from(value).toString("base64")];
}
