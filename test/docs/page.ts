import { MarkdownFile } from "./markdown.ts";

/** A block of code in a page, without the indentation of a list that it stands in. */
export interface Block {
  /** The heading of the second or third level that it is under. */
  readonly section: string;
  /** What follows the backticks, such as `sh`, `yaml` or `yaml values`. */
  readonly language: string;
  readonly text: string;
}

/** The blocks of code of a page, in their order. @param path from the repository's root. */
export function blocksOf(path: string): readonly Block[] {
  const { text } = new MarkdownFile(path);
  return text
    .split(/^###? /m)
    .slice(1)
    .flatMap((part) => {
      const section = part.slice(0, part.indexOf("\n"));
      const found = part.matchAll(/^( *)```([\w ]+)\n(.*?)^ *```$/gms);
      return [...found].map(([, indent = "", language = "", code = ""]) => ({
        section,
        language,
        text: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      }));
    });
}
