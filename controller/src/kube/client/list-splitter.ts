import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "./json-bytes.ts";

/** What a list says besides its items is a few hundred bytes. */
const LONGEST_ENVELOPE = 1024 * 1024;

/** One item of a list. */
export interface ListItem {
  /** Its JSON; of an item that is too long, its beginning. */
  readonly text: Buffer;
  readonly bytes: number;
  readonly tooLong: boolean;
}

/** Bytes that arrive in pieces, of which no more than `most` are kept. */
class Pieces {
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #kept = 0;
  bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(piece: Uint8Array): void {
    this.bytes += piece.length;
    const kept = piece.subarray(0, this.#most - this.#kept);
    if (kept.length === 0) return;
    this.#pieces.push(kept);
    this.#kept += kept.length;
  }

  take(): ListItem {
    const item = { text: Buffer.concat(this.#pieces), bytes: this.bytes, tooLong: this.bytes > this.#most };
    this.#pieces = [];
    this.#kept = 0;
    this.bytes = 0;
    return item;
  }
}

/**
 * Splits the JSON of a Kubernetes list into its items while it arrives, so that no more than one item is in memory,
 * however long the list is.
 *
 * # Guarantees
 * - Items and envelope are the same wherever the text is cut.
 * - If the envelope and each item are JSON, then the text is, but for a comma too many between items.
 */
export class ListSplitter {
  readonly #onItem: (item: ListItem) => void;
  readonly #item: Pieces;
  readonly #envelope = new Pieces(LONGEST_ENVELOPE);
  /** Brackets that are open, without the strings that hold some. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The string that is being read, or was read last, at the level of the list itself. */
  #word: number[] = [];
  #key = "";
  #inItems = false;

  /** @param longest bytes of an item that are kept */
  constructor(longest: number, onItem: (item: ListItem) => void) {
    this.#item = new Pieces(longest);
    this.#onItem = onItem;
  }

  /** The list without its items. Complete, or cut at 1 MiB: then it is no JSON. */
  envelope(): string {
    return this.#envelope.take().text.toString("utf8");
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString) {
        at = this.#readString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (this.#inItems && this.#depth === 2 && (byte === COMMA || byte === CLOSE_BRACKET)) {
        this.#item.add(chunk.subarray(start, at));
        this.#endItem();
        // The comma between items is left out, and the bracket is the envelope's again.
        start = byte === COMMA ? at + 1 : at;
        if (byte === CLOSE_BRACKET) this.#inItems = false;
      }
      this.#readByte(byte);
      if (byte === OPEN_BRACKET && this.#depth === 2 && this.#key === "items" && !this.#inItems) {
        this.#envelope.add(chunk.subarray(start, at + 1));
        start = at + 1;
        this.#inItems = true;
      }
    }
    (this.#inItems ? this.#item : this.#envelope).add(chunk.subarray(start));
  }

  /** The place of the closing quote, or of the last byte. */
  #readString(chunk: Uint8Array, from: number): number {
    const isWord = this.#depth === 1;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
      if (isWord && this.#word.length < 16) this.#word.push(byte);
    }
    return chunk.length;
  }

  #readByte(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        if (this.#depth === 1) this.#word = [];
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        this.#depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        this.#depth--;
        break;
      case COLON:
        if (this.#depth === 1) this.#key = String.fromCharCode(...this.#word);
        break;
      case COMMA:
        if (this.#depth === 1) this.#key = "";
        break;
      default:
        break;
    }
  }

  #endItem(): void {
    const item = this.#item.take();
    // An empty list has nothing between its brackets.
    if (item.tooLong || item.text.toString("latin1", 0, 64).trim() !== "" || item.bytes > 64)
      this.#onItem(item);
  }
}
