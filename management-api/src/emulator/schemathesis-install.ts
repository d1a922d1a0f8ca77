import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The first Python of the PATH that is new enough for Schemathesis (3.10), or `undefined`. */
export async function findPython(): Promise<string | undefined> {
  const check = "import sys, venv; sys.exit(sys.version_info < (3, 10))";
  return run("python3", ["-c", check]).then(
    () => "python3",
    () => undefined,
  );
}

/**
 * The Python interpreter of a virtual environment with this version of Schemathesis, in the user's cache folder. It is
 * built aside and renamed, so that what is there is complete, also if several runs build it at once.
 */
export async function schemathesisInterpreter(python: string, version: string): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "signatureapi-keys", "schemathesis", version);
  const interpreter = join(folder, "bin", "python");
  if (await exists(interpreter)) return interpreter;
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.`);
  try {
    await run(python, ["-m", "venv", building]);
    await run(join(building, "bin", "python"), [
      "-m",
      "pip",
      "install",
      "--quiet",
      `schemathesis==${version}`,
    ]);
    await rename(building, folder);
  } catch (error) {
    // Another run may have been first; its environment is as good.
    if (!(await exists(interpreter))) throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return interpreter;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
