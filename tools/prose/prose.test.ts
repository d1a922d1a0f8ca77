import { describe, expect, test } from "vitest";
import { lint } from "./lint.ts";
import { MOST_COLUMNS, MOST_WORDS, WORDS } from "./rules.ts";
import { commentBlocks, repositoryTexts } from "./texts.ts";
import { proseStrings } from "./typescript-strings.ts";

async function rulesBroken(
  text: string,
  form: "markdown" | "plain" = "markdown",
): Promise<readonly string[]> {
  const findings = await lint({ file: "sample", form, texts: [{ line: 1, text }] });
  return findings.map(({ rule, line, message }) => `${rule} ${line}: ${message}`);
}

function words(count: number): string {
  return `${Array.from({ length: count }, () => "word").join(" ")}.`;
}

describe("a word that must not come back", () => {
  test.each(WORDS)("is found: $sample", async ({ sample, instead }) => {
    const expected = [expect.stringMatching(/^words 1: ".*"; use instead: /)];
    expect(instead).not.toBe("");
    expect(await rulesBroken(sample)).toEqual(expected);
    expect(await rulesBroken(sample, "plain")).toEqual(expected);
  });

  test("is found across the end of a line, in a table and in a link, and its line is named", async () => {
    expect(await rulesBroken("Fine.\n\nThe finalizer goes\non.")).toEqual([
      'words 3: "goes on"; use instead: continue',
    ]);
    const table = "| a | b |\n|---|---|\n| c | [anew](x.md) |\n";
    expect(await rulesBroken(table)).toEqual(['words 3: "anew"; use instead: again, a new …']);
  });

  test("is not found in code, in a link's target, in a quoted title, or inside of another word", async () => {
    const text =
      'Read `whoever` in [this](anew.md): a standby, a stand-in ("goes on").\n\n```sh\necho nobody\n```\n';
    expect(await rulesBroken(text)).toEqual([]);
  });
});

describe("a sentence", () => {
  test("may have as many words as the limit says, and no more", async () => {
    expect(await rulesBroken(words(MOST_WORDS), "plain")).toEqual([]);
    expect(await rulesBroken(words(MOST_WORDS + 1), "plain")).toEqual([
      expect.stringContaining("sentence-length 1: a sentence of 31 words"),
    ]);
  });

  test("counts code as one word, and ends with its full stop", async () => {
    const half = words(MOST_WORDS / 2).replaceAll(" ", "\n");
    expect(await rulesBroken(`**${half}** ${half.replace(".", " 0.")} ${half}`)).toEqual([]);
    expect(await rulesBroken(`${half} \`a b c d e f g h i j k l m n o p q\`\n${half} The end.`)).toEqual([]);
    expect(await rulesBroken(`| a |\n|---|\n| ${words(MOST_WORDS + 1)} |\n`)).toHaveLength(1);
  });
});

describe("a line of Markdown", () => {
  const wide = "x".repeat(MOST_COLUMNS + 1);

  test("has a limit", async () => {
    expect(await rulesBroken(`short\n\n${wide}`)).toEqual([
      `line-width 3: a line of ${MOST_COLUMNS + 1} columns, at most ${MOST_COLUMNS}`,
    ]);
    expect(await rulesBroken(wide.slice(1))).toEqual([]);
  });

  test("may be wider in a table, in code, in a heading and by the target of a link", async () => {
    const text = [
      `# ${wide}`,
      `| a |\n|---|\n| ${wide} |`,
      `\`\`\`sh\n${wide}\n\`\`\``,
      `See [here](${wide}.md).`,
    ].join("\n\n");
    expect(await rulesBroken(text)).toEqual([]);
  });
});

describe("the strings of a TypeScript file", () => {
  test("are literals, templates and sums of them, with their lines", () => {
    const source = [
      'import { a } from "a module that is long";',
      'const one = "The key is gone";',
      "// The key is in a comment",
      "const two = `The ${kind} is ${ok ? 'there and fine' : 'gone'}`;",
      'const three = "The key is revoked " + "by another process";',
      'const code = "key-id"; const two_words = "key id";',
      "const more = `First line of text\n  Second line of text`;",
    ].join("\n");
    expect(proseStrings("sample.ts", source)).toEqual([
      { line: 2, text: "The key is gone" },
      { line: 4, text: "The X is X" },
      { line: 4, text: "there and fine" },
      { line: 5, text: "The key is revoked by another process" },
      { line: 7, text: "First line of text" },
      { line: 8, text: "Second line of text" },
    ]);
  });
});

test("comments of YAML that follow one another are one text", () => {
  const yaml = "# One sentence,\n# in two lines.\na: 1 # not this\nb:\n  # Another.\n  c: 2\n";
  expect(commentBlocks(yaml)).toEqual([
    { line: 1, text: "One sentence, in two lines." },
    { line: 5, text: "Another." },
  ]);
});

test("pages, the chart, flags, metrics and descriptions of CRDs are read; tests and generated pages are not", () => {
  const texts = new Map(repositoryTexts().map((found) => [found.file, found.texts]));
  for (const file of [
    "README.md",
    "docs/adr/README.md",
    "charts/signatureapi-controller/values.yaml",
    "charts/signatureapi-controller/templates/NOTES.txt",
    "controller/src/options.ts",
    "controller/src/metrics.ts",
    "controller/src/resources/apikey.ts",
    "lifecycle/src/reasons.ts",
    "management-api/src/contract/openapi.ts",
    "provider/src/dynamic/failure.ts",
  ])
    expect(texts.get(file)?.length, file).toBeGreaterThan(0);
  for (const file of texts.keys())
    expect(file).not.toMatch(/node_modules|\.test\.ts$|testing|docs\/reasons\.md/);
});
