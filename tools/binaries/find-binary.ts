import type { BinarySpec, Platform } from "./binary-spec.ts";
import { cacheFolder, cachedPath, isExecutable } from "./cache.ts";
import { type BinaryName, catalog } from "./catalog.ts";
import { DEFAULT_TIMEOUTS, type DownloadTimeouts } from "./download.ts";
import { type Attempt, findInAssets, findOnPath } from "./existing.ts";
import { withInstallLock } from "./install-lock.ts";
import { KUBERNETES_SERVERS, KUBERNETES_VERSION, kubernetesServer } from "./kubernetes-release.ts";
import { BinaryNotFoundError, type Way } from "./not-found-error.ts";
import { type Target, obtainByBuild, obtainByDownload, sweepScratchFolders } from "./obtain.ts";

export interface FindOptions {
  /**
   * Default: the process's own. Read are KUBEBUILDER_ASSETS, PATH, SIGNATUREAPI_KEYS_CACHE (a folder, else XDG_CACHE_HOME or
   * ~/.cache), SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR (a URL), SIGNATUREAPI_KEYS_NO_DOWNLOAD (1: only build) and
   * KUBERNETES_VERSION (the version of the servers of Kubernetes, else the catalog's).
   */
  readonly env?: NodeJS.ProcessEnv;
  /** Takes the lines that tell a person what goes on. Default: standard error. */
  readonly log?: (line: string) => void;
  /** Default: this machine's. */
  readonly platform?: Platform;
  /** Default: 10 s for the first byte, 30 s between two pieces. */
  readonly timeouts?: DownloadTimeouts;
}

/**
 * Finds the binary of this name, or gets it: from KUBEBUILDER_ASSETS, the PATH, the cache, an official download,
 * or a build from Go modules. The first time may take minutes, which the log shows; from then on it is in the cache.
 * Returns an absolute path. Rejects with a BinaryNotFoundError that says what each way answered and what to do.
 */
export async function findBinary(name: BinaryName, options: FindOptions = {}): Promise<string> {
  return findBySpec(specOf(name, options.env ?? process.env), options);
}

function specOf(name: BinaryName, env: NodeJS.ProcessEnv): BinarySpec {
  const version = env[KUBERNETES_VERSION] ?? "";
  const server = KUBERNETES_SERVERS.find((candidate) => candidate === name);
  return server === undefined || version === "" ? catalog[name] : kubernetesServer(server, version);
}

/** findBinary for a binary that is not in the catalog. */
export async function findBySpec(spec: BinarySpec, options: FindOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const target: Target = {
    cache: cacheFolder(env),
    platform: options.platform ?? thisPlatform(),
    env,
    timeouts: options.timeouts ?? DEFAULT_TIMEOUTS,
    log: (line) => (options.log ?? logToStderr)(`${spec.name}: ${line}`),
  };
  const reasons: Partial<Record<Way, string>> = {};
  const accept = async (way: Way, attempt: Promise<Attempt>): Promise<string | undefined> => {
    const result = await attempt;
    if ("path" in result) return result.path;
    if (result.failed === true) target.log(`${way}: ${result.reason}`);
    reasons[way] = result.reason;
    return undefined;
  };
  const existing =
    (await accept("KUBEBUILDER_ASSETS", findInAssets(env, spec))) ??
    (await accept("PATH", findOnPath(env, spec))) ??
    (await accept("cache", findInCache(spec, target)));
  if (existing !== undefined) return existing;
  const obtained = await withInstallLock(target.cache, spec.name, target.log, async () => {
    await sweepScratchFolders(target.cache);
    return (
      // the process that held the lock before may have installed it
      (await accept("cache", findInCache(spec, target))) ??
      (await accept("download", tryDownload(spec, target))) ??
      (await accept("build", attemptOf(obtainByBuild(spec, target))))
    );
  });
  if (obtained !== undefined) return obtained;
  throw new BinaryNotFoundError(spec, target.cache, reasons);
}

async function findInCache(spec: BinarySpec, { cache, platform }: Target): Promise<Attempt> {
  for (const source of [spec.download, spec.build]) {
    if (source === undefined) continue;
    const path = cachedPath(cache, spec.name, source.version, platform);
    if (await isExecutable(path)) return { path };
  }
  return { reason: `no ${spec.name} in ${cache}` };
}

async function tryDownload(spec: BinarySpec, target: Target): Promise<Attempt> {
  if (target.env["SIGNATUREAPI_KEYS_NO_DOWNLOAD"] === "1") {
    return { reason: "switched off by SIGNATUREAPI_KEYS_NO_DOWNLOAD" };
  }
  if (spec.download === undefined) return { reason: `no download of ${spec.name} is known` };
  return attemptOf(obtainByDownload(spec, spec.download, target));
}

async function attemptOf(obtaining: Promise<string>): Promise<Attempt> {
  try {
    return { path: await obtaining };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error), failed: true };
  }
}

const logToStderr = (line: string): void => void process.stderr.write(`${line}\n`);

function thisPlatform(): Platform {
  const { platform, arch } = process;
  if ((platform === "linux" || platform === "darwin") && (arch === "x64" || arch === "arm64")) {
    return `${platform}-${arch === "x64" ? "amd64" : "arm64"}`;
  }
  throw new Error(`test clusters run on Linux and macOS with amd64 or arm64, not on ${platform} ${arch}`);
}
