import { redact } from "../client/redact.ts";
import { isRecord } from "../contract/mapping/move.ts";
import type { ManagementToken } from "../management-token.ts";
import { plainTextOf } from "../secret-value.ts";

/** What of an answer belongs to the account. */
const PRIVATE: Readonly<Record<string, string>> = {
  id: "[id]",
  description: "[description]",
  name: "[name]",
};
/** Shorter texts are in every sentence. */
const SHORTEST = 4;

/** Replaces what belongs to the account: the token, values, IDs, descriptions, its name. It learns them from answers. */
export class Redactor {
  readonly #learned = new Map<string, string>();

  constructor(token: ManagementToken) {
    this.#learned.set(plainTextOf(token), "[redacted]");
  }

  learn(body: unknown): void {
    if (Array.isArray(body)) for (const item of body) this.learn(item);
    if (!isRecord(body)) return;
    for (const [name, value] of Object.entries(body)) {
      const instead = PRIVATE[name];
      if (typeof value === "string" && value.length >= SHORTEST && instead !== undefined)
        this.#learned.set(value, instead);
      else this.learn(value);
    }
  }

  /** The text without what was learned, in whatever case: some parts of an answer are compared in lower case. */
  redact(text: string): string {
    // The longest first: a name may be a part of a description.
    const learned = [...this.#learned].toSorted(([a], [b]) => b.length - a.length);
    return redact(
      learned.reduce(
        (shown, [value, instead]) => shown.replaceAll(new RegExp(escapeRegExp(value), "gi"), instead),
        text,
      ),
    );
  }
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
