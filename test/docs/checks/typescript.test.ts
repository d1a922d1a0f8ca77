import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { markdownFiles } from "../markdown.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a program has that a page does not repeat in each block. */
const PRELUDE = `import { ApiKey, Provider } from "pulumi-signatureapi";
import { Config } from "@pulumi/pulumi";
const config = new Config();
`;

const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  types: ["node"],
  paths: { "pulumi-signatureapi": [`${ROOT}provider/src/index.ts`] },
};

/** What the compiler says of some programs, as if they were files of the provider's folder. */
function problems(programs: readonly string[]): readonly string[] {
  const files = new Map(programs.map((text, index) => [`${ROOT}provider/block-${index}.mts`, text]));
  const host = ts.createCompilerHost(OPTIONS);
  host.readFile = (name) => files.get(name) ?? ts.sys.readFile(name);
  host.fileExists = (name) => files.has(name) || ts.sys.fileExists(name);
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  return [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "),
    );
  });
}

const blocks = markdownFiles()
  .flatMap((file) => file.codeBlocks("ts"))
  .map((text) => (text.startsWith("import ") ? text : PRELUDE + text));

test("the compiler accepts every TypeScript block of the pages, and no argument that is not there", () => {
  expect(blocks.length).toBeGreaterThan(2);
  expect(problems(blocks)).toEqual([]);
  const [first = ""] = blocks;
  expect(problems([first.replace("overlap:", "overlapping:")])).toEqual([
    expect.stringContaining("'overlapping' does not exist"),
  ]);
});
