import { fileURLToPath } from "node:url";
import * as z from "zod";
import { NodeProcess } from "./processes.ts";

const MAIN = fileURLToPath(new URL("../../management-api/src/emulator/main.ts", import.meta.url));
/** More than any scenario sends. */
const UNLIMITED = 1_000_000;

const startedSchema = z.object({ url: z.string(), adminUrl: z.string() });
const requestsSchema = z.object({
  data: z.array(
    z.object({
      operation: z.string().nullable(),
      account: z.string().nullable(),
      time: z.string(),
      status: z.number().nullable(),
    }),
  ),
});

/** A request to the management API, `time` in milliseconds of the wall clock. */
export interface ManagementRequest {
  readonly operation: string;
  readonly time: number;
  readonly status: number;
}

/** An account of the emulator. */
export interface BenchAccount {
  readonly id: string;
  readonly token: string;
}

/** An emulator without a rate limit, in a process of its own. */
export class EmulatorProcess implements AsyncDisposable {
  readonly url: string;
  readonly #adminUrl: string;
  readonly #process: NodeProcess;

  private constructor(started: z.infer<typeof startedSchema>, running: NodeProcess) {
    this.url = started.url;
    this.#adminUrl = started.adminUrl;
    this.#process = running;
  }

  /** @param port of the API; 0 takes a free one. */
  static async start(
    accounts: readonly BenchAccount[],
    outputFile: string,
    port: number,
  ): Promise<EmulatorProcess> {
    const flags = accounts.flatMap(({ id, token }) => ["--account", `id=${id},token=${token}`]);
    const limits = [`--rate-limit=${UNLIMITED}`, `--burst=${UNLIMITED}`];
    const running = new NodeProcess([MAIN, "--json", `--port=${port}`, ...limits, ...flags], outputFile);
    const line = await running.said(/^(\{.*\})$/m);
    return new EmulatorProcess(startedSchema.parse(JSON.parse(line)), running);
  }

  /** Its port, to start the next one at. */
  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Limits all accounts; undefined lifts the limit. */
  async limit(requestsPerSecond: number | undefined, burst = requestsPerSecond): Promise<void> {
    const body = JSON.stringify({ rateLimit: requestsPerSecond ?? UNLIMITED, burst: burst ?? UNLIMITED });
    await fetch(`${this.#adminUrl}/config`, { method: "PATCH", body });
  }

  /** Of the last 20,000 requests since the last {@link clear}, those of a namespace's account. */
  async requests(inNamespace: string): Promise<readonly ManagementRequest[]> {
    const answer = await fetch(`${this.#adminUrl}/requests`);
    return requestsSchema
      .parse(await answer.json())
      .data.filter(({ account }) => account === `acc_${inNamespace}`)
      .map(({ operation, time, status }) => ({
        operation: operation ?? "unknown",
        time: Date.parse(time),
        status: status ?? 0,
      }));
  }

  /** Forgets what was requested. */
  async clear(): Promise<void> {
    await fetch(`${this.#adminUrl}/requests`, { method: "DELETE" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end();
  }
}
