import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BUILD = fileURLToPath(new URL("../../controller/build.ts", import.meta.url));

/** The controller as it ships: one file. */
export interface Bundle {
  readonly file: string;
  readonly bytes: number;
}

/** Builds the controller, into a folder. */
export async function buildBundle(folder: string): Promise<Bundle> {
  const file = join(folder, "controller.mjs");
  await promisify(execFile)(process.execPath, [BUILD, "--outfile", file]);
  return { file, bytes: (await stat(file)).size };
}
