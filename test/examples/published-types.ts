import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { ExampleObject } from "./manifests.ts";

/** A file that is never written, next to this one, so that packages are found. */
const VIRTUAL = join(fileURLToPath(new URL(".", import.meta.url)), "objects-of-examples.ts");

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
};

/** An object, and the published type that it claims to be of. */
export interface Claim {
  /** Shown in errors. */
  readonly where: string;
  readonly object: ExampleObject;
  /** A module that exports the type `I<kind>`. */
  readonly module: string;
}

/**
 * What the compiler has to say of objects, each as a literal of the published type: a field that there is not, one that
 * is missing, a value that is not allowed. Empty if nothing is wrong.
 */
export function typeErrors(claims: readonly Claim[]): readonly string[] {
  const lines = claims.map(({ object, module }, i) => {
    const type = `import("${module}").I${object.kind}`;
    return `export const object${i}: ${type} = ${JSON.stringify(object)};`;
  });
  const host = ts.createCompilerHost(OPTIONS);
  const [read, exists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)];
  host.fileExists = (file) => file === VIRTUAL || exists(file);
  host.getSourceFile = (file, options, ...rest) =>
    file === VIRTUAL ? ts.createSourceFile(file, lines.join("\n"), options) : read(file, options, ...rest);
  const program = ts.createProgram([VIRTUAL], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file?.fileName === VIRTUAL ? file.getLineAndCharacterOfPosition(start).line : -1;
    return `${claims[line]?.where ?? file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}
