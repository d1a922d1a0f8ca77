import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Located, proseStrings } from "./typescript-strings.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHART = "charts/signatureapi-controller";

/** Texts of one file, all of one form. */
export interface Texts {
  readonly file: string;
  readonly form: "markdown" | "plain";
  readonly texts: readonly Located[];
}

/** Generated from sources that are read here themselves. */
const GENERATED = new Set(["docs/reasons.md"]);

/** Every text of the repository that a user or a contributor reads. */
export function repositoryTexts(): readonly Texts[] {
  return [
    ...files("**/*.md")
      .filter((file) => !GENERATED.has(file))
      .map((file): Texts => ({ file, form: "markdown", texts: [{ line: 1, text: read(file) }] })),
    plain(`${CHART}/values.yaml`, commentBlocks(read(`${CHART}/values.yaml`))),
    plain(`${CHART}/templates/NOTES.txt`, noteLines(read(`${CHART}/templates/NOTES.txt`))),
    ...files("{management-api,lifecycle,controller,provider}/src/**/*.ts")
      .filter((file) => !/\.test\.ts$|\/(?:testing|model)\//.test(file))
      .map((file) => plain(file, proseStrings(file, read(file)))),
  ];
}

/** The comments of a YAML file. Lines that follow one another are one text. */
export function commentBlocks(yaml: string): readonly Located[] {
  const blocks: { line: number; text: string }[] = [];
  let open = false;
  for (const [index, line] of yaml.split("\n").entries()) {
    const comment = /^\s*# (.*)$/.exec(line)?.[1];
    const last = blocks.at(-1);
    if (comment === undefined) open = false;
    else if (open && last !== undefined) last.text += ` ${comment}`;
    else {
      blocks.push({ line: index + 1, text: comment });
      open = true;
    }
  }
  return blocks;
}

/** The lines of a chart's notes that are sentences: what is indented is a command. */
function noteLines(notes: string): readonly Located[] {
  return notes
    .split("\n")
    .map((line, index) => ({ line: index + 1, text: line.replaceAll(/\{\{.*?\}\}/g, "X") }))
    .filter(({ text }) => /^[A-Z].*[.:]$/.test(text));
}

function plain(file: string, texts: readonly Located[]): Texts {
  return { file, form: "plain", texts };
}

function files(pattern: string): readonly string[] {
  const found = globSync(pattern, {
    cwd: ROOT,
    exclude: (name) => ["node_modules", "dist", ".git", ".cache"].includes(name),
  });
  return found.map((file) => file.replaceAll("\\", "/")).toSorted();
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
