import type { Output } from "../io.ts";
import { shortSpan } from "./age.ts";

const CLEAR_LINE = "\r\u001B[2K";

/**
 * Reports steps as they happen, one line each with the time since the start. On a terminal, the last line shows what is
 * waited for now; elsewhere there are plain lines only.
 */
export class ProgressLog {
  readonly #output: Output;
  readonly #now: () => Date;
  readonly #startedAt: number;
  #current = "";
  #isShown = false;

  constructor(output: Output, now: () => Date) {
    this.#output = output;
    this.#now = now;
    this.#startedAt = now().getTime();
  }

  /** A step that is done. */
  step(text: string): void {
    this.#hide();
    const span = shortSpan(this.#now().getTime() - this.#startedAt);
    this.#output.write(`${span.padStart(5)}  ${text}\n`);
    this.#show();
  }

  /** What is waited for now. */
  current(text: string): void {
    if (text === this.#current) return;
    this.#hide();
    this.#current = text;
    this.#show();
  }

  /** Removes the line about the present, so that other text can follow. */
  end(): void {
    this.#hide();
    this.#current = "";
  }

  #show(): void {
    if (!this.#output.isTTY || this.#current === "") return;
    const line = `   …  ${this.#current.replaceAll(/\s+/gu, " ")}`;
    // A line that wraps could not be removed again.
    const width = this.#output.columns - 1;
    this.#output.write(line.length > width ? `${line.slice(0, width - 1)}…` : line);
    this.#isShown = true;
  }

  #hide(): void {
    if (this.#isShown) this.#output.write(CLEAR_LINE);
    this.#isShown = false;
  }
}
