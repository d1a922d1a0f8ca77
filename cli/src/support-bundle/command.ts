import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import manifest from "../../package.json" with { type: "json" };
import { defineCommand } from "../command.ts";
import { diagnose } from "../doctor/diagnose.ts";
import { gather } from "../doctor/gather/gather.ts";
import { render, reportOf } from "../doctor/render.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { createStyle } from "../output/style.ts";
import { redactText } from "../redaction/text.ts";
import { archive, PRIVATE, type BundleFile } from "./archive.ts";
import { contentsPage, type Part } from "./contents.ts";
import { gatherParts } from "./gather.ts";

/** `support-bundle`: one redacted archive of what a person needs to help. */
export const supportBundleCommand = defineCommand({
  name: "support-bundle",
  summary: "Collect resources, events, logs and findings in one archive, without values and tokens",
  flags: z.object({
    outputFile: z.string().min(1).optional(),
    secretEntries: z.boolean().default(false),
    controllerNamespace: z.string().min(1).optional(),
  }),
  declare(command) {
    command
      .option("--output-file <file>", "where to write it; by default signatureapi-support-<time>.tar.gz here")
      .option(
        "--secret-entries",
        "list the names of the entries of Secrets, which reads the Secrets as a whole",
      )
      .option(
        "--controller-namespace <name>",
        "the namespace of the controller; by default it is looked for",
      );
  },
  async run(context, _args, { outputFile, secretEntries, controllerNamespace }) {
    const { io, output } = context;
    const kube = await context.client();
    const namespace = context.wantedNamespace;
    const scope = {
      when: "after",
      namespace,
      ownNamespace: await context.namespaceOrDefault(),
      controllerNamespace,
    } as const;
    const at = io.now();
    const facts = await gather(kube, { ...scope, pluginVersion: manifest.version }, io.now);
    const parts: readonly Part[] = [
      { what: "Findings of doctor", files: findingFiles(facts) },
      ...(await gatherParts(kube, { namespace, secretEntries }, facts)),
    ];
    const folder = `signatureapi-support-${at.toISOString().slice(0, 19).replaceAll(/[-:]/gu, "")}Z`;
    const files = [
      contentsPage(parts, { at, version: manifest.version }),
      ...parts.flatMap((part) => ("files" in part ? part.files : [])),
    ];
    const path = resolve(outputFile ?? `${folder}.tar.gz`);
    await writePrivate(path, await archive(folder, files, at));
    const missing = parts.flatMap((part) =>
      "files" in part ? [] : [{ what: part.what, why: part.missing }],
    );
    const report = { file: path, files: files.map(({ name }) => name), missing };
    io.stdout.write(formatted(output, report, () => textOf(report)));
    return EXIT.ok;
  },
});

function findingFiles(facts: Parameters<typeof diagnose>[0]): readonly BundleFile[] {
  const report = reportOf(diagnose(facts));
  return [
    { name: "doctor.txt", text: redactText(render(report.findings, createStyle(false))) },
    { name: "doctor.yaml", text: redactText(stringify(report, { lineWidth: 0 })) },
  ];
}

/** It never replaces a file: what is there may be readable to others. */
async function writePrivate(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await using file = await open(path, "wx", PRIVATE);
    await file.writeFile(bytes);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EEXIST") {
      const next = "Name another file with --output-file, or remove that one.";
      throw new CliError(`${path} exists already`, { next, cause: error });
    }
    throw new CliError(`${path} cannot be written (${code})`, {
      next: "Name another file with --output-file.",
      cause: error,
    });
  }
}

function textOf({
  file,
  files,
  missing,
}: {
  readonly file: string;
  readonly files: readonly string[];
  readonly missing: readonly { readonly what: string; readonly why: string }[];
}): string {
  const lines = [
    ...files.map((name) => `  ${name}`),
    ...missing.map(({ what, why }) => `  missing: ${what}: ${why}`),
    "",
    `Wrote ${file}, which only you can read.`,
    "It holds no values of Secrets. Look through it before you send it: CONTENTS.txt says what is in it.",
  ];
  return `${lines.join("\n")}\n`;
}
