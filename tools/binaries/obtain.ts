import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { unpack } from "./archive.ts";
import type { BinarySpec, Download, Platform } from "./binary-spec.ts";
import { cachedPath, install } from "./cache.ts";
import { type DownloadTimeouts, downloadVerified } from "./download.ts";
import { goBuild } from "./go-build.ts";

/** What getting a new binary into the cache needs to know. */
export interface Target {
  readonly cache: string;
  readonly platform: Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly timeouts: DownloadTimeouts;
  readonly log: (line: string) => void;
}

/** The address of a download: with a mirror, the original host becomes the first part of the path. */
function downloadUrl(download: Download, path: string, env: NodeJS.ProcessEnv): string {
  const mirror = (env["SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR"] ?? "").replace(/\/+$/, "");
  return mirror === "" ? download.origin + path : `${mirror}/${new URL(download.origin).host}${path}`;
}

/** A folder on the cache's file system, so that what is finished can be moved into the cache in one step. */
async function inScratchFolder<T>(cache: string, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(cache, "tmp");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "new-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Downloads the binary, with whatever else the same archive brings, and puts it into the cache.
 * Returns its path there. Rejects with the reason; the cache then holds nothing new.
 */
export async function obtainByDownload(
  spec: BinarySpec,
  download: Download,
  target: Target,
): Promise<string> {
  const { cache, platform, log } = target;
  const path = download.path(platform);
  if (path === undefined) throw new Error(`none is published for ${platform}`);
  const url = downloadUrl(download, path, target.env);
  const members =
    download.content.kind === "archive" ? download.content.members(platform) : { [spec.name]: "download" };
  await inScratchFolder(cache, async (folder) => {
    log(`downloading ${url}`);
    const file = join(folder, "download");
    await downloadVerified(url, file, download.checksum, platform, target.timeouts);
    if (download.content.kind === "archive") await unpack(file, folder, Object.values(members));
    for (const [name, member] of Object.entries(members)) {
      await install(join(folder, member), cachedPath(cache, name, download.version, platform));
    }
    log(`downloaded ${Object.keys(members).join(", ")}`);
  });
  return cachedPath(cache, spec.name, download.version, platform);
}

/** Builds the binary with Go and puts it into the cache. Returns its path there; rejects with the reason. */
export async function obtainByBuild(spec: BinarySpec, target: Target): Promise<string> {
  const { build } = spec;
  if (build === undefined) throw new Error(`there is no build of ${spec.name}`);
  const path = cachedPath(target.cache, spec.name, build.version, target.platform);
  await inScratchFolder(target.cache, async (folder) => {
    const module = join(folder, "module");
    if (typeof build.module === "string") await cp(build.module, module, { recursive: true });
    else await build.module(module, target);
    const output = join(folder, spec.name);
    await goBuild(build, { module, output, env: target.env, log: target.log });
    await install(output, path);
  });
  return path;
}

/** Removes what a killed process left half-done. Only while the install lock is held. */
export async function sweepScratchFolders(cache: string): Promise<void> {
  await rm(join(cache, "tmp"), { recursive: true, force: true });
}
