import { createReadStream } from "node:fs";

/** How a value begins, in each spelling and at each alignment in which it could be printed. */
const BEGINNINGS: readonly RegExp[] = [
  /key_(?:test|live)_[A-Za-z0-9]{12}/,
  ...["key_test_", "key_live_"].flatMap((prefix) => [
    new RegExp(Buffer.from(prefix).toString("hex"), "i"),
    ...[0, 1, 2].map((shift) => new RegExp(base64Within(prefix, shift))),
  ]),
];
/** More than any spelling of a value is long, so that none is missed between two pieces of a file. */
const OVERLAP = 512;

/** The middle of a text's base64 where it stands so many bytes behind a multiple of three. */
function base64Within(text: string, shift: number): string {
  const encoded = Buffer.from(" ".repeat(shift) + text).toString("base64");
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor(((shift + text.length) * 8) / 6);
  return encoded.slice(from, to);
}

/** Pieces this long of a known value are found, wherever they were cut off. */
const PIECE = 20;
const RUN = new RegExp(`[A-Za-z0-9]{${PIECE},}`, "g");

/** Looks for values in texts: for everything that begins like one, in any spelling, and for pieces of known ones. */
export class Canary {
  readonly #pieces = new Set<string>();

  /** @param values that are known; they are held in pieces. */
  constructor(values: Iterable<string>) {
    for (const value of values) {
      const random = value.slice(value.lastIndexOf("_") + 1);
      for (let at = 0; at + PIECE <= random.length; at += 1) this.#pieces.add(random.slice(at, at + PIECE));
    }
  }

  /** Whether a text holds a value. */
  finds(text: string): boolean {
    if (BEGINNINGS.some((beginning) => beginning.test(text))) return true;
    for (const [run] of text.matchAll(RUN)) {
      for (let at = 0; at + PIECE <= run.length; at += 1)
        if (this.#pieces.has(run.slice(at, at + PIECE))) return true;
    }
    return false;
  }

  /** Says which files hold a value. */
  async findsIn(files: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const file of files) if (await this.#findsInFile(file)) found.push(file);
    return found;
  }

  async #findsInFile(file: string): Promise<boolean> {
    let before = "";
    for await (const piece of createReadStream(file, { encoding: "utf8", highWaterMark: 4 * 1024 * 1024 })) {
      const text = before + String(piece);
      if (this.finds(text)) return true;
      before = text.slice(-OVERLAP);
    }
    return false;
  }
}
