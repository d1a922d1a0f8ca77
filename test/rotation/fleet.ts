import { Reflector, type KubeObject } from "@signatureapi-keys/controller/kube";
import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { setTimeout as delay } from "node:timers/promises";
import { Changes } from "../e2e/changes.ts";
import type { World } from "../e2e/world.ts";
import { PODS } from "../workloads/resources.ts";

/** What the fleet has seen that must not be. */
export interface Refusal {
  readonly client: string;
  readonly status: number;
}

interface Application {
  readonly name: string;
  readonly url: string;
  readonly keyId: string;
  readonly value: string;
  readonly pauseMs: number;
  readonly onAnswer: (client: string, status: number) => void;
}

/** One application in its Pod: it read the Secret when it started, and uses that value until it ends. */
class Client {
  readonly #it: Application;
  #stopped = false;

  constructor(it: Application) {
    this.#it = it;
  }

  get name(): string {
    return this.#it.name;
  }

  get keyId(): string {
    return this.#it.keyId;
  }

  /** Sends one request after another until it is stopped. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      await this.#ask();
      await delay(this.#it.pauseMs);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #ask(): Promise<void> {
    const { name, url, value, onAnswer } = this.#it;
    const answer = await fetch(`${url}/envelopes`, { headers: { "x-api-key": value } });
    await answer.arrayBuffer();
    onAnswer(name, answer.status);
  }
}

/**
 * The applications of one namespace: each Pod that becomes ready is one, named by its label `app`, with the value that
 * its Secret has at that moment; it ends when its Pod is deleted.
 */
export class Fleet implements AsyncDisposable {
  readonly #world: World;
  readonly #namespace: string;
  readonly #pauseOf: (application: string) => number;
  readonly #pods: Reflector<KubeObject>;
  readonly #apiKeys: Reflector<CustomObject>;
  /** By the UID of the Pod; undefined while it reads its Secret. */
  readonly #clients = new Map<string, Client | undefined>();
  readonly #runs: Promise<void>[] = [];
  readonly #changes = new Changes();
  readonly #revokeTimes = new Map<string, number>();
  readonly refusals: Refusal[] = [];
  /** How many requests were answered with 200. */
  accepted = 0;
  /** How many applications have been started. */
  started = 0;

  /** @param pauseOf how long an application waits between two requests, in milliseconds. */
  constructor(world: World, namespace: string, pauseOf: (application: string) => number) {
    this.#world = world;
    this.#namespace = namespace;
    this.#pauseOf = pauseOf;
    this.#pods = new Reflector<KubeObject>({ client: world.kube, type: PODS, namespace });
    this.#apiKeys = new Reflector({ client: world.kube, type: API_KEYS, namespace });
    const seen = (pod: KubeObject): void => this.#see(pod);
    this.#pods.addHandler({ added: seen, updated: seen, deleted: (pod) => this.#end(pod.metadata.uid) });
    const changed = (apiKey: CustomObject): void => this.#noteStatus(apiKey);
    this.#apiKeys.addHandler({ added: changed, updated: changed });
  }

  async start(): Promise<void> {
    this.#pods.start();
    this.#apiKeys.start();
    await Promise.all([this.#pods.hasSynced(), this.#apiKeys.hasSynced()]);
  }

  /** How many applications run, their values read. */
  get running(): number {
    return [...this.#clients.values()].filter((client) => client !== undefined).length;
  }

  /** The applications that use a key. */
  usersOf(keyId: string): readonly string[] {
    return [...this.#clients.values()].flatMap((client) => (client?.keyId === keyId ? [client.name] : []));
  }

  /** When a status said that a key would be revoked: the latest that it said. */
  revokeTime(keyId: string): number | undefined {
    return this.#revokeTimes.get(keyId);
  }

  /** Resolves once this holds, asked after each change of a Pod or an ApiKey. @throws Error with the text after a time. */
  async until(text: () => string, holds: () => boolean, patienceMs: number): Promise<void> {
    await this.#changes.until(holds, text, patienceMs);
  }

  /** How many ApiKeys have this revision, and no key that retires. */
  settled(revision: number): number {
    return this.#statuses().filter(
      (status) =>
        status.revision === revision && status.previous === undefined && status.attempt === undefined,
    ).length;
  }

  /** How far the ApiKeys are, for a person. */
  progress(): string {
    const counts = new Map<string, number>();
    for (const { revision, previous = [], restart, attempt } of this.#statuses()) {
      const state = `revision ${revision}, previous ${previous.length}, attempt ${attempt !== undefined}, restarted ${restart?.restartedAt !== undefined}, rolled out ${restart?.completedAt !== undefined}`;
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return [...counts].map(([state, count]) => `${count} × ${state}`).join("; ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pods.stop(), this.#apiKeys.stop()]);
    for (const client of this.#clients.values()) client?.stop();
    await Promise.all(this.#runs);
  }

  #statuses(): readonly ReturnType<typeof apiKeyStatusSchema.parse>[] {
    return this.#apiKeys.store.list().map(({ status }) => apiKeyStatusSchema.parse(status ?? {}));
  }

  #see(pod: KubeObject): void {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) this.#end(uid);
    else if (isReady(pod) && !this.#clients.has(uid)) void this.#begin(pod);
    this.#changes.report();
  }

  async #begin({ metadata }: KubeObject): Promise<void> {
    const { uid, labels } = metadata;
    const name = labels?.["app"] ?? "";
    this.#clients.set(uid, undefined);
    const secret = await this.#world.kube.get(SECRETS, { namespace: this.#namespace, name });
    // Its Pod may be gone by now.
    if (!this.#clients.has(uid)) return;
    const value = Buffer.from(secret.data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
    const keyId = secret.metadata.annotations?.[SECRET_ANNOTATIONS.keyId] ?? "";
    const onAnswer = (client: string, status: number): void => this.#note(client, status);
    const { url } = this.#world.emulator;
    const client = new Client({ name, url, keyId, value, pauseMs: this.#pauseOf(name), onAnswer });
    this.#clients.set(uid, client);
    this.started += 1;
    this.#runs.push(client.run());
    this.#changes.report();
  }

  #end(uid: string): void {
    this.#clients.get(uid)?.stop();
    this.#clients.delete(uid);
    this.#changes.report();
  }

  #note(client: string, status: number): void {
    if (status === 200) this.accepted += 1;
    else this.refusals.push({ client, status });
  }

  #noteStatus({ status }: CustomObject): void {
    for (const { keyId, revokeAt } of apiKeyStatusSchema.parse(status ?? {}).previous ?? [])
      this.#revokeTimes.set(keyId, Math.max(Date.parse(revokeAt), this.#revokeTimes.get(keyId) ?? 0));
    this.#changes.report();
  }
}

function isReady(pod: KubeObject): boolean {
  return JSON.stringify(pod["status"]).includes('"type":"Ready"');
}
