import * as z from "zod";
import type { Cluster } from "../cluster/cluster.ts";
import { ClaimError } from "./claim.ts";
import type { Narrator } from "./narrator.ts";
import { NAME, NAMESPACE } from "./quickstart.ts";

const apiKeySchema = z.object({
  status: z
    .object({
      keyId: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), reason: z.string(), message: z.string() })).optional(),
    })
    .optional(),
});

const secretSchema = z.object({
  metadata: z.object({ uid: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  data: z.record(z.string(), z.string()).optional(),
});

/** A Secret with its value, which the demo tries out and never prints. */
export interface DeliveredSecret {
  readonly uid: string;
  readonly keyId: string | undefined;
  readonly value: string;
}

/** The namespace of the quickstart, as a user of kubectl sees it. */
export class Shop {
  readonly #cluster: Cluster;
  readonly #narrator: Narrator;

  constructor(cluster: Cluster, narrator: Narrator) {
    this.#cluster = cluster;
    this.#narrator = narrator;
  }

  /** Runs kubectl in the namespace. @throws ClaimError where it fails. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#cluster.kubectl(["-n", NAMESPACE, ...args]);
    if (code !== 0) throw new ClaimError(`kubectl ${args.join(" ")} succeeds`, stderr.trim());
    return stdout;
  }

  /** Runs kubectl, and shows the command and what it printed. */
  async show(...args: readonly string[]): Promise<void> {
    this.#narrator.command(`kubectl -n ${NAMESPACE} ${args.join(" ")}`, await this.run(...args));
  }

  async apply(manifest: string): Promise<void> {
    await this.#cluster.apply(manifest);
  }

  /** Waits with kubectl, 30 s at most. */
  async wait(condition: string, object: string): Promise<void> {
    const waiting = this.run("wait", `--for=${condition}`, object, "--timeout=30s");
    await this.#narrator.during(`waiting for ${object}: ${condition}`, waiting);
  }

  async apiKey(name = NAME): Promise<z.infer<typeof apiKeySchema>> {
    return apiKeySchema.parse(JSON.parse(await this.run("get", "apikey", name, "-o", "json")));
  }

  /** The Secret of the ApiKey; its value is noted, so that it is noticed wherever it should turn up. */
  async secret(): Promise<DeliveredSecret | undefined> {
    const text = await this.run("get", "secret", NAME, "--ignore-not-found", "-o", "json");
    if (text === "") return undefined;
    const { metadata, data } = secretSchema.parse(JSON.parse(text));
    const value = Buffer.from(data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString();
    if (value === "") throw new ClaimError("the Secret has the entry SIGNATUREAPI_KEY", "it has none");
    this.#narrator.noteValue(value);
    return { uid: metadata.uid, keyId: metadata.annotations?.["signatureapi.com/key-id"], value };
  }

  async exists(object: string): Promise<boolean> {
    return (await this.run("get", object, "--ignore-not-found", "-o", "name")) !== "";
  }

  /** The resourceVersion, which changes with every write. */
  async versionOf(object: string): Promise<string> {
    return this.run("get", object, "-o", "jsonpath={.metadata.resourceVersion}");
  }

  /** Everything that a reader of the namespace sees who may not read Secrets. */
  async visible(): Promise<string> {
    return this.run("get", "apikeys,accounts,events", "-o", "yaml");
  }
}

/** A value as the demo shows it: the prefix that says its mode, and the hint. */
export function masked(value: string): string {
  const prefix = /^key_(test|live)_/.exec(value)?.[0] ?? "";
  return `${prefix}…${value.slice(-4)}`;
}
