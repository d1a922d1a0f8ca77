import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SKIPPED = new Set(["node_modules", "dist", ".git", ".cache"]);

/** A Markdown file of the repository. */
export class MarkdownFile {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;

  constructor(path: string) {
    this.path = path;
    this.text = readFileSync(join(ROOT, path), "utf8");
  }

  /** The contents of its code blocks of a language, without the indentation of a list that they stand in. */
  codeBlocks(language: string): readonly string[] {
    const blocks = this.text.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^ *\`\`\`$`, "gm"));
    return [...blocks].map(([, indent = "", block = ""]) =>
      block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    );
  }

  /** Links to files that are not there, or to headings that they do not have. */
  brokenLinks(): readonly string[] {
    const links = this.#prose().matchAll(/\]\(([^()\s]+)\)/g);
    return [...links]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !this.#resolves(link));
  }

  /** The anchors of its headings, as GitHub makes them. */
  anchors(): readonly string[] {
    return [...this.#prose().matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    );
  }

  #prose(): string {
    return this.text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
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
