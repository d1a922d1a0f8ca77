import { createPrivateKey, X509Certificate } from "node:crypto";
import { watch, type FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repeat, type Clock } from "../kube/index.ts";
import type { KeyPair } from "./x509.ts";

/** The entries of a Secret of type kubernetes.io/tls, which are the names of files where it is mounted. */
const CERTIFICATE_FILE = "tls.crt";
const KEY_FILE = "tls.key";

/** Not every file system reports changes, so that the files are read again at this interval too. */
const POLL_MS = 10_000;

/** What is reported of the files. */
export interface CertificateFilesOptions {
  readonly clock: Clock;
  /** Called with each certificate that differs from the one before. */
  readonly onChange: (pair: KeyPair) => void;
  /** Called when the files cannot be used. The certificate before stays. */
  readonly onProblem: (problem: string) => void;
}

/**
 * A certificate and its key in a folder, such as a mounted Secret, that are read again when they change.
 *
 * Guarantee: a pair that does not fit together, as it may be seen in the middle of a change, is never handed out.
 */
export class CertificateFiles {
  readonly #folder: string;
  readonly #options: CertificateFilesOptions;
  #current: KeyPair;
  #stops: (() => void)[] = [];
  #stopped = false;
  /** One look after the other: an older look must not end after a newer one. */
  #looks: Promise<void> = Promise.resolve();

  private constructor(folder: string, first: KeyPair, options: CertificateFilesOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#current = first;
  }

  /**
   * Reads the files, and looks at them again from then on.
   *
   * @throws Error where they are missing or do not fit together; the message names the file.
   */
  static async open(folder: string, options: CertificateFilesOptions): Promise<CertificateFiles> {
    const files = new CertificateFiles(folder, await readPair(folder), options);
    const look = (): void => files.#look();
    const watcher = watchFolder(folder, look);
    files.#stops = [() => watcher?.close(), repeat(options.clock, POLL_MS, look)];
    // What has changed between the first look and the watch.
    look();
    await files.#looks;
    return files;
  }

  /** The newest pair that could be used. */
  get current(): KeyPair {
    return this.#current;
  }

  /** Ends the looks. */
  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
  }

  #look(): void {
    this.#looks = this.#looks.then(async () => this.#readAgain());
  }

  async #readAgain(): Promise<void> {
    if (this.#stopped) return;
    try {
      const pair = await readPair(this.#folder);
      if (pair.certificate === this.#current.certificate && pair.key === this.#current.key) return;
      this.#current = pair;
      this.#options.onChange(pair);
    } catch (error) {
      this.#options.onProblem(error instanceof Error ? error.message : "");
    }
  }
}

/** Mounted Secrets change by a rename in their folder. Where it cannot be watched, the looks at an interval are enough. */
function watchFolder(folder: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, changed).on("error", () => undefined);
  } catch {
    return undefined;
  }
}

/** One of the two may be read before the Secret is replaced, and the other after that: then both are read again. */
async function readPair(folder: string): Promise<KeyPair> {
  try {
    return await readOnce(folder);
  } catch {
    return await readOnce(folder);
  }
}

async function readOnce(folder: string): Promise<KeyPair> {
  const certificate = await read(folder, CERTIFICATE_FILE);
  const key = await read(folder, KEY_FILE);
  const privateKey = parsed(join(folder, KEY_FILE), () => createPrivateKey(key));
  const leaf = parsed(join(folder, CERTIFICATE_FILE), () => new X509Certificate(certificate));
  if (!leaf.checkPrivateKey(privateKey))
    throw new Error(`${CERTIFICATE_FILE} and ${KEY_FILE} in ${folder} do not belong together`);
  return { certificate, key };
}

async function read(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new Error(`cannot read ${join(folder, name)} (${code})`, { cause: error });
  }
}

/** The parser's message is left out: it may quote what it has read. */
function parsed<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new Error(`${file} is no PEM text of what its name says`);
  }
}
