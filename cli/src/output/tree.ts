/** A node of a tree of text. */
export interface TreeNode {
  /** The first line, then lines that belong to it. */
  readonly lines: readonly string[];
  readonly children: readonly TreeNode[];
}

/** Draws trees with lines, one root after the other. */
export function drawTrees(roots: readonly TreeNode[]): string {
  return roots.map((root) => drawn(root, "", "").join("")).join("\n");
}

function drawn({ lines, children }: TreeNode, head: string, body: string): readonly string[] {
  const bar = children.length > 0 ? "│ " : "  ";
  const own = lines.map((line, index) => `${index === 0 ? head : body + bar}${line}\n`);
  const below = children.flatMap((child, index) =>
    index === children.length - 1
      ? drawn(child, `${body}└─ `, `${body}   `)
      : drawn(child, `${body}├─ `, `${body}│  `),
  );
  return [...own, ...below];
}
