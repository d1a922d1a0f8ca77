import { delimiter, join, resolve } from "node:path";
import { run } from "./run.ts";
import type { BinarySpec } from "./binary-spec.ts";
import { isExecutable } from "./cache.ts";
import { formatVersion, isAtLeast, parseVersion } from "./version.ts";

/** What became of one way to get a binary: a path, or why it gave none. `failed` marks a reason that a person should hear of at once. */
export type Attempt = { readonly path: string } | { readonly reason: string; readonly failed?: true };

/** A binary that prints its version takes far less; one that hangs is not to be waited for. */
const VERSION_TIMEOUT_MS = 20_000;

async function rejection(path: string, spec: BinarySpec): Promise<string | undefined> {
  if (spec.versionArgs.length === 0) return undefined;
  try {
    const { stdout, stderr, code, signal } = await run(path, spec.versionArgs, {
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    if (code !== 0) return `${path} ${spec.versionArgs.join(" ")} ended with ${code ?? signal}`;
    const version = parseVersion(stdout) ?? parseVersion(stderr);
    if (version === undefined) return `${path} did not print its version`;
    if (spec.exact === true && formatVersion(version) !== formatVersion(spec.minimum))
      return `${path} is ${formatVersion(version)}, and exactly ${formatVersion(spec.minimum)} is needed`;
    if (isAtLeast(version, spec.minimum)) return undefined;
    return `${path} is ${formatVersion(version)}, older than the ${formatVersion(spec.minimum)} that is needed`;
  } catch (error) {
    return `${path} cannot be run: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Looks for a binary in these folders, in their order; passes over those that are too old or do not run. */
async function findIn(folders: readonly string[], spec: BinarySpec): Promise<Attempt> {
  const passedOver: string[] = [];
  for (const folder of folders) {
    const path = resolve(folder, spec.name);
    if (!(await isExecutable(path))) continue;
    const reason = await rejection(path, spec);
    if (reason === undefined) return { path };
    passedOver.push(reason);
  }
  return passedOver.length > 0
    ? { reason: passedOver.join("; "), failed: true }
    : { reason: `no ${spec.name} in it` };
}

/** The folder that KUBEBUILDER_ASSETS names, as envtest uses it. */
export async function findInAssets(env: NodeJS.ProcessEnv, spec: BinarySpec): Promise<Attempt> {
  const folder = env["KUBEBUILDER_ASSETS"] ?? "";
  return folder === "" ? { reason: "not set" } : findIn([folder], spec);
}

export async function findOnPath(env: NodeJS.ProcessEnv, spec: BinarySpec): Promise<Attempt> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return findIn([...new Set(folders.map((folder) => join(folder)))], spec);
}
