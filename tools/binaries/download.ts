import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Checksum, Platform } from "./binary-spec.ts";

type Digested = Exclude<Checksum, { kind: "unpublished" }>;

/** How long a download may keep us waiting, in milliseconds. */
export interface DownloadTimeouts {
  /** From the start to the first byte of an answer: what a network that swallows everything costs. */
  readonly connectMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
}

export const DEFAULT_TIMEOUTS: DownloadTimeouts = { connectMs: 10_000, idleMs: 30_000 };

/** Says why a request failed: fetch hides the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = cause !== undefined && "code" in cause ? String(cause.code) : undefined;
  return [error.message, cause?.message === "" ? code : (cause?.message ?? code)]
    .filter((part) => part !== undefined && part !== "")
    .join(": ");
}

/** Fetches a URL piece by piece. Rejects with the URL and the reason, or when a time-out passes. */
async function* fetchPieces(url: string, timeouts: DownloadTimeouts): AsyncGenerator<Uint8Array> {
  const abort = new AbortController();
  const giveUp = (ms: number, what: string): NodeJS.Timeout =>
    setTimeout(() => abort.abort(new Error(`${what} for ${ms / 1000} s`)), ms);
  let timer = giveUp(timeouts.connectMs, "no answer");
  try {
    const response = await fetch(url, { signal: abort.signal, redirect: "follow" });
    if (!response.ok) throw new Error(`answered ${response.status} ${response.statusText}`.trim());
    if (response.body === null) throw new Error("answered without a body");
    for await (const piece of response.body) {
      clearTimeout(timer);
      yield piece;
      timer = giveUp(timeouts.idleMs, "nothing came");
    }
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function fetchText(url: string, timeouts: DownloadTimeouts): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of fetchPieces(url, timeouts)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8").trim();
}

async function publishedDigest(url: string, timeouts: DownloadTimeouts): Promise<string> {
  const digest = /^[0-9a-f]{64}\b/i.exec(await fetchText(url, timeouts))?.[0];
  if (digest === undefined) throw new Error(`${url} does not begin with a SHA-256 digest`);
  return digest.toLowerCase();
}

/** The digest of `name` in a list as `sha256sum` writes it. */
async function listedDigest(url: string, name: string, timeouts: DownloadTimeouts): Promise<string> {
  const lines = (await fetchText(url, timeouts)).split("\n").map((line) => line.trim().split(/\s+\*?/));
  const digest = lines.find(([, file]) => file === name)?.[0] ?? "";
  if (!/^[0-9a-f]{64}$/i.test(digest)) throw new Error(`${url} lists no SHA-256 digest of ${name}`);
  return digest.toLowerCase();
}

async function expectedDigest(
  url: string,
  checksum: Digested,
  platform: Platform,
  timeouts: DownloadTimeouts,
): Promise<string> {
  if (checksum.kind === "published") return publishedDigest(url + checksum.suffix, timeouts);
  if (checksum.kind === "listed") {
    const slash = url.lastIndexOf("/") + 1;
    return listedDigest(url.slice(0, slash) + checksum.file, url.slice(slash), timeouts);
  }
  const digest = checksum.digests[platform];
  if (digest === undefined) throw new Error(`no checksum of ${url} is known for ${platform}`);
  return digest;
}

/**
 * Downloads a file and checks it against its checksum, if there is one.
 * When this rejects, whatever stands at `file` is worthless: it belongs into a folder that is thrown away.
 */
export async function downloadVerified(
  url: string,
  file: string,
  checksum: Checksum,
  platform: Platform,
  timeouts: DownloadTimeouts,
): Promise<void> {
  if (checksum.kind === "unpublished") return pipeline(fetchPieces(url, timeouts), createWriteStream(file));
  const expected = await expectedDigest(url, checksum, platform, timeouts);
  const hash = createHash(checksum.algorithm);
  await pipeline(
    fetchPieces(url, timeouts),
    async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        hash.update(piece);
        yield piece;
      }
    },
    createWriteStream(file),
  );
  const actual = hash.digest("hex");
  if (actual !== expected) {
    throw new Error(
      `${url}: its ${checksum.algorithm} is ${actual}, not ${expected}; nothing of it was used`,
    );
  }
}
