import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { freePort } from "../cluster/free-port.ts";

const READY = "Server is ready to receive web requests";

const answerSchema = z.object({ status: z.string(), error: z.string().optional(), data: z.unknown() });
const resultSchema = z.object({ result: z.array(z.unknown()) });

/** A real Prometheus that reads its targets each second. */
export class Prometheus implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
  }

  /**
   * Starts it, and resolves when it answers.
   *
   * @param target `host:port` of the metrics.
   * @param ruleFiles absolute paths.
   * @throws Error with its log where it ends instead.
   */
  static async start(target: string, ruleFiles: readonly string[]): Promise<Prometheus> {
    const binary = await findBinary("prometheus");
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-prometheus-"));
    const config = join(folder, "prometheus.yaml");
    const job = { job_name: "keys", honor_labels: true, static_configs: [{ targets: [target] }] };
    const content = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: ruleFiles,
      scrape_configs: [job],
    };
    await writeFile(config, stringify(content));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      binary,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const prometheus = new Prometheus(child, folder, `http://${address}`);
    await prometheus.#ready();
    return prometheus;
  }

  /** What a query gives now: the elements of a vector. @throws Error with the reason where it is no query. */
  async query(expr: string): Promise<readonly unknown[]> {
    return resultSchema.parse(await this.get(`/api/v1/query?query=${encodeURIComponent(expr)}`)).result;
  }

  /** The data of an answer of its API. @throws Error with the reason where it refuses. */
  async get(path: string): Promise<unknown> {
    const { status, error, data } = answerSchema.parse(await (await fetch(this.#url + path)).json());
    if (status !== "success") throw new Error(`${path}: ${error}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    let log = "";
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      log += chunk;
      if (log.includes(READY)) resolve();
    });
    this.#child.once("error", reject);
    this.#child.once("exit", () => reject(new Error(`prometheus ended: ${log}`)));
    await promise;
  }
}
