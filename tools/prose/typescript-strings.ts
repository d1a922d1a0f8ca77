import ts from "typescript";

/** A text of a source file. */
export interface Located {
  /** The line where it begins, from 1. */
  readonly line: number;
  readonly text: string;
}

/** What replaces a `${…}`: one word that no rule knows. */
const HOLE = "X";

/**
 * The texts of a TypeScript file that are prose: string literals and templates of three words and more. Literals
 * that are added up are one text. Comments, module names and patterns are none.
 */
export function proseStrings(file: string, source: string): readonly Located[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Located[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text === undefined) {
      ts.forEachChild(node, visit);
      return;
    }
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    for (const [index, paragraph] of text.split(/\n/).entries())
      if (isProse(paragraph)) found.push({ line: line + index, text: paragraph.trim() });
    // What a template is filled with may hold literals of its own.
    if (ts.isTemplateExpression(node)) for (const span of node.templateSpans) visit(span.expression);
  };
  visit(tree);
  return found;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return ts.isImportDeclaration(node.parent) ? "" : node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => HOLE + literal.text).join("");
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  return undefined;
}

function isProse(text: string): boolean {
  return (
    (text.match(/(?<![\w-])\p{L}[\p{L}'-]*(?=[\s.,:;)]|$)/gu) ?? []).length >= 3 && /\s/.test(text.trim())
  );
}
