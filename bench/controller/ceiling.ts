/**
 * A bare script that sends what the controller sends for each key, and nothing else: the most that API server and
 * emulator can do on this machine. A process of its own: `node ceiling.ts JOB`, where JOB is a file with a {@link CeilingJob}.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import * as z from "zod";
import { fill, toldBy, type TemplateRequest, type Values } from "./template.ts";

/** What the script has to do. */
export interface CeilingJob {
  readonly server: string;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly management: { readonly origin: string; readonly token: string };
  readonly template: readonly TemplateRequest[];
  readonly namespace: string;
  /** Keys at a time, and connections. */
  readonly concurrency: number;
  /** Where given, the script creates these ApiKeys itself, so many a second; else it takes those that there are. */
  readonly arrivals?: {
    readonly names: readonly string[];
    readonly perSecond: number;
    readonly spec: object;
  };
}

const JSON_TYPE = { "content-type": "application/json" };
const PAGE = 500;

const listSchema = z.object({
  metadata: z.object({ continue: z.string().default("") }),
  items: z.array(
    z.object({ metadata: z.object({ name: z.string(), uid: z.string(), resourceVersion: z.string() }) }),
  ),
});

class Script {
  readonly #job: CeilingJob;
  readonly #kube: Pool;
  readonly #management: Pool;
  readonly #path: string;

  constructor(job: CeilingJob) {
    this.#job = job;
    const { concurrency, server, tls, management, namespace } = job;
    this.#kube = new Pool(server, { connections: concurrency, connect: tls });
    this.#management = new Pool(management.origin, { connections: concurrency });
    this.#path = `/apis/signatureapi.com/v1/namespaces/${namespace}/apikeys`;
  }

  async run(): Promise<void> {
    const { arrivals, concurrency } = this.#job;
    if (arrivals !== undefined) {
      const { names, perSecond, spec } = arrivals;
      await Promise.all(
        names.map(async (name, index) => {
          await delay((index * 1_000) / perSecond);
          await this.#follow({ name, ...(await this.#create(name, spec)) });
        }),
      );
      return;
    }
    const waiting = await this.#list();
    const worker = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) await this.#follow(key);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }

  async #follow(key: Values): Promise<void> {
    let values: Values = { ...key, namespace: this.#job.namespace };
    for (const request of this.#job.template) {
      const { to, method, headers, path, body, tells } = request;
      const answer = await this.#send(to, method, fill(path, values), headers, fill(body, values));
      if (tells.length > 0) values = { ...values, ...toldBy(to, answer) };
    }
  }

  async #create(name: string, spec: object): Promise<Values> {
    const { namespace } = this.#job;
    const manifest = {
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: { namespace, name },
      spec,
    };
    return toldBy("kube", await this.#send("kube", "POST", this.#path, JSON_TYPE, JSON.stringify(manifest)));
  }

  async #list(): Promise<Values[]> {
    const found: Values[] = [];
    let position = "";
    do {
      const path = `${this.#path}?limit=${PAGE}&continue=${encodeURIComponent(position)}`;
      const list = listSchema.parse(JSON.parse(await this.#send("kube", "GET", path, {}, "")));
      found.push(...list.items.map(({ metadata }) => metadata));
      position = list.metadata.continue;
    } while (position !== "");
    return found;
  }

  async #send(
    to: TemplateRequest["to"],
    method: string,
    path: string,
    given: Readonly<Record<string, string>>,
    body: string,
  ): Promise<string> {
    const pool = to === "kube" ? this.#kube : this.#management;
    const { token } = this.#job.management;
    const headers = to === "kube" ? given : { ...given, authorization: `Bearer ${token}` };
    const answer = await pool.request({
      method,
      path,
      headers,
      body: body === "" ? null : body,
    });
    const text = await answer.body.text();
    if (answer.statusCode < 300) return text;
    throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text.slice(0, 500)}`);
  }
}

const [, , file = ""] = process.argv;
// The file of a job is our own, written just before.
const job = z.custom<CeilingJob>().parse(JSON.parse(await readFile(file, "utf8")));
await new Script(job).run();
process.stdout.write("all requests are answered\n");
// Until the signal: what it has used is read while it is there.
await new Promise((resolve) => {
  process.once("SIGTERM", resolve);
  setInterval(() => undefined, 60_000);
});
process.exit(0);
