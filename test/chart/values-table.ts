import { isMap, isNode, isScalar, parseDocument, type YAMLMap } from "yaml";

/** One value of the chart, as values.yaml describes it. */
export interface ValueRow {
  /** `image.repository` */
  readonly path: string;
  readonly fallback: unknown;
  readonly text: string;
}

/**
 * The values of a values.yaml, in its order. What has a comment is a value; what has none is a group of values.
 *
 * @throws Error for a value that neither has a comment nor is a group.
 */
export function valueRows(valuesYaml: string): readonly ValueRow[] {
  const { contents } = parseDocument(valuesYaml);
  if (!isMap(contents)) throw new Error("values.yaml is no map");
  return rowsOf(contents, "");
}

function rowsOf(map: YAMLMap, prefix: string): readonly ValueRow[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair;
    if (!isScalar(key)) throw new Error(`a key below ${prefix} is no text`);
    const path = `${prefix}${String(key.value)}`;
    // A comment before the first key of a map belongs to the map.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    if (typeof comment === "string") return [{ path, fallback: plain(value), text: textOf(comment) }];
    if (isMap(value)) return rowsOf(value, `${path}.`);
    throw new Error(`the value ${path} has no comment`);
  });
}

function plain(node: unknown): unknown {
  return isNode(node) ? node.toJSON() : node;
}

/** The last paragraph: what stands before it is about the file. */
function textOf(comment: string): string {
  const paragraph = comment.split(/\n\s*\n/).at(-1) ?? "";
  return paragraph
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

/** The rows as a table in Markdown. */
export function valuesTable(rows: readonly ValueRow[]): string {
  const lines = rows.map(
    ({ path, fallback, text }) => `| \`${path}\` | \`${cell(JSON.stringify(fallback))}\` | ${cell(text)} |`,
  );
  return ["| Value | Default | What it is |", "|---|---|---|", ...lines].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
