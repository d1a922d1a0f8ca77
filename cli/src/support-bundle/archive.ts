import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { buffer } from "node:stream/consumers";

/** One file of a bundle. */
export interface BundleFile {
  /** Below the folder of the bundle: `log/controller-0.log`. */
  readonly name: string;
  readonly text: string;
}

/** Only its owner may read a bundle, and what is unpacked from it. */
export const PRIVATE = 0o600;

/** A .tar.gz of files, all in one folder. @param now when they were made */
export async function archive(folder: string, files: readonly BundleFile[], now: Date): Promise<Uint8Array> {
  const tar = pack();
  for (const { name, text } of files)
    tar.entry({ name: `${folder}/${name}`, mode: PRIVATE, mtime: now }, text);
  tar.finalize();
  return gzipSync(await buffer(tar));
}
