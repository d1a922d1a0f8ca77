import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SKIPPED = new Set(["node_modules", "dist", ".git", ".cache"]);
/** What a link to another site begins with. */
const SCHEME = /^[a-z]+:/;

/** A Markdown file of the repository. */
export class MarkdownFile {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;

  /** @param text what it holds, in place of what is in the file. */
  constructor(path: string, text = readFileSync(join(ROOT, path), "utf8")) {
    this.path = path;
    this.text = text;
  }

  /** The contents of its code blocks of a language, without the indentation of a list that they stand in. */
  codeBlocks(language: string): readonly string[] {
    const blocks = this.text.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^ *\`\`\`$`, "gm"));
    return [...blocks].map(([, indent = "", block = ""]) =>
      block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    );
  }

  /** The targets of its links, as they are written. */
  links(): readonly string[] {
    return [...this.prose().matchAll(/\]\(([^()]+)\)/g)].map(([, link = ""]) => link);
  }

  /** Its links that lead out of the repository. */
  externalLinks(): readonly string[] {
    return this.links().filter((link) => SCHEME.test(link));
  }

  /**
   * Links to files that are not there, or to headings that they do not have. White space in a target is one too: it
   * shows the link as text.
   */
  brokenLinks(): readonly string[] {
    return this.links().filter((link) => /\s/.test(link) || !(SCHEME.test(link) || this.#resolves(link)));
  }

  /** Its headings, without the signs before them. */
  headings(): readonly string[] {
    return [...this.prose().matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  }

  /** The anchors of its headings, as GitHub makes them. */
  anchors(): readonly string[] {
    const seen = new Map<string, number>();
    return this.headings().map((heading) => {
      const anchor = heading
        .replaceAll(/\[([^\]]*)\]\([^()]*\)/g, "$1")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-");
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    });
  }

  /** Its text without blocks of code. */
  prose(): string {
    return this.text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
  }

  /** The codes within its text, each on one line. */
  inlineCodes(): readonly string[] {
    return [...this.prose().matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll(/\s+/g, " "));
  }

  #resolves(link: string): boolean {
    const [target = "", anchor] = link.split("#");
    const path = target === "" ? join(ROOT, this.path) : resolve(ROOT, dirname(this.path), target);
    if (!existsSync(path)) return false;
    if (anchor === undefined) return true;
    return statSync(path).isFile() && new MarkdownFile(relative(ROOT, path)).anchors().includes(anchor);
  }
}

/** Every Markdown file of the repository. */
export function markdownFiles(): readonly MarkdownFile[] {
  return pathsIn("").map((path) => new MarkdownFile(path));
}

function pathsIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pathsIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}
