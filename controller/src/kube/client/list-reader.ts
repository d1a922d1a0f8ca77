import * as z from "zod";
import type { KubeError, RequestTarget } from "./kube-error.ts";
import { type ListItem, ListSplitter } from "./list-splitter.ts";
import type { KubeObject } from "./object-meta.ts";
import type { ListPage, MalformedObject } from "./options.ts";
import { malformedAnswer, parseJson, problemOf } from "./parse.ts";
import { parseText } from "./parse-text.ts";
import type { ListedType } from "./resource-type.ts";

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.never()).nullable(),
});

/** Parses a page of a list while it arrives, its objects one by one: what they are parsed into is all that is kept. */
export class ListReader<T extends KubeObject> {
  readonly #type: ListedType<T>;
  readonly #target: RequestTarget;
  readonly #splitter: ListSplitter;
  readonly #items: T[] = [];
  readonly #malformed: MalformedObject[] = [];
  #failure: KubeError | undefined;

  /** @param longest bytes of one object above which it is skipped, and named among the malformed */
  constructor(type: ListedType<T>, target: RequestTarget, longest: number) {
    this.#type = type;
    this.#target = target;
    this.#splitter = new ListSplitter(longest, (item) => this.#read(item));
  }

  /** Takes the next bytes of the answer; never throws. */
  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#splitter.push(chunk);
  }

  /**
   * The page, once the answer is complete.
   * @throws KubeError `malformed-answer` if it is no list
   */
  finish(): ListPage<T> {
    if (this.#failure !== undefined) throw this.#failure;
    const list = listSchema.safeParse(parseJson(this.#splitter.envelope(), this.#target, false));
    if (!list.success) throw malformedAnswer(this.#target, false, `not a list: ${problemOf(list.error)}`);
    const { resourceVersion, continue: next } = list.data.metadata;
    return {
      items: this.#items,
      malformed: this.#malformed,
      resourceVersion,
      continue: next === "" ? undefined : next,
    };
  }

  #read(item: ListItem): void {
    if (this.#failure !== undefined) return;
    try {
      const parsed = parseText(this.#type, item);
      if ("object" in parsed) this.#items.push(parsed.object);
      else this.#malformed.push(parsed.malformed);
    } catch {
      // The parser's own message quotes the text.
      this.#failure = malformedAnswer(
        this.#target,
        false,
        `an item of the list (${item.bytes} bytes) is not JSON`,
      );
    }
  }
}
