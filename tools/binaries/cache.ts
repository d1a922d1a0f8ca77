import { access, chmod, constants, mkdir, rename, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Platform } from "./binary-spec.ts";

/** The folder in which found binaries stay from run to run. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const chosen = env["SIGNATUREAPI_KEYS_CACHE"] ?? "";
  if (chosen !== "") return chosen;
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  return join(xdg === "" ? join(homedir(), ".cache") : xdg, "signatureapi-keys");
}

/** Where one version of a binary is in the cache, whether it is there or not. */
export function cachedPath(cache: string, name: string, version: string, platform: Platform): string {
  return join(cache, "bin", name, `${version}-${platform}`, name);
}

/** Is this a file that may be executed? */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Moves a finished binary into its place in one step: no process ever sees half of it. Both on one file system. */
export async function install(from: string, to: string): Promise<void> {
  await chmod(from, 0o755);
  await mkdir(join(to, ".."), { recursive: true });
  await rename(from, to);
}
