import { TextlintKernel } from "@textlint/kernel";
import markdown from "@textlint/textlint-plugin-markdown";
import text from "@textlint/textlint-plugin-text";
import { MARKDOWN_RULES, PROSE_RULES } from "./rules.ts";
import type { Texts } from "./texts.ts";

/** A place where a rule is broken. */
export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  /** The line that it is about. */
  readonly quoted: string;
}

const kernel = new TextlintKernel();

/** Node and vitest differ in what a default import of a CommonJS module is. */
function pluginOf(module: typeof markdown | typeof text): (typeof markdown)["default"] {
  return "default" in module ? module.default : module;
}

/** What the rules find in these texts. */
export async function lint({ file, form, texts }: Texts): Promise<readonly Finding[]> {
  const [ext, pluginId, plugin, rules] =
    form === "markdown"
      ? ([".md", "markdown", markdown, MARKDOWN_RULES] as const)
      : ([".txt", "text", text, PROSE_RULES] as const);
  const findings: Finding[] = [];
  for (const { line, text: prose } of texts) {
    const options = { ext, plugins: [{ pluginId, plugin: pluginOf(plugin) }], rules: [...rules] };
    const { messages } = await kernel.lintText(prose, options);
    for (const { loc, ruleId, message } of messages) {
      const quoted = prose.split("\n")[loc.start.line - 1] ?? "";
      findings.push({ file, line: line + loc.start.line - 1, rule: ruleId, message, quoted });
    }
  }
  return findings;
}
