import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { buildBundle as build } from "../../test/e2e/bundle.ts";

/** The controller as it ships. */
export interface Bundle {
  readonly file: string;
  /** The image's entry point, next to it, which sizes the heap. */
  readonly launcher: string;
  /** Of the file and of what it loads on demand. */
  readonly bytes: number;
}

/** Builds the controller, into a folder. */
export async function buildBundle(folder: string): Promise<Bundle> {
  const file = join(folder, "signatureapi-controller.mjs");
  await build(file);
  const chunks = join(folder, "chunks");
  const files = [file, ...(await readdir(chunks)).map((name) => join(chunks, name))];
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return { file, launcher: join(folder, "launch.mjs"), bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
