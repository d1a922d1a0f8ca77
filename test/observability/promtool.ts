import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run, type RunResult } from "../../tools/binaries/run.ts";

/** Runs promtool on a YAML file of this content. A fault that it finds is a result (`code` is not 0), not an error. */
export async function promtool(command: readonly string[], content: unknown): Promise<RunResult> {
  const binary = await findBinary("promtool");
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-promtool-"));
  try {
    const file = join(folder, "input.yaml");
    await writeFile(file, stringify(content));
    return await run(binary, [...command, file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
