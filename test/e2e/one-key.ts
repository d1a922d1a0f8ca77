import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRETS,
  type ApiKeyStatus,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import type { KeyWithAccount } from "@signatureapi-keys/management-api/emulator";
import { isReady, problemOf, refusedFor } from "./conditions.ts";
import { eventNote } from "./events.ts";
import { apiKey, readyNamespace, TOKEN, type Manifest } from "./manifests.ts";
import type { World } from "./world.ts";

/** What was delivered. */
export interface Delivered {
  readonly keyId: string;
  readonly value: string;
}

/** One ApiKey, `app` unless it is named otherwise, as its user sees it, and its Secret of the same name. */
export class OneKey<W extends World = World> {
  readonly world: W;
  readonly ref: { readonly namespace: string; readonly name: string };
  readonly #token: string;

  /** @param token of the account that {@link OneKey.ready} makes. */
  constructor(world: W, namespace: string, { name = "app", token = TOKEN } = {}) {
    this.world = world;
    this.#token = token;
    this.ref = { namespace, name };
  }

  get namespace(): string {
    return this.ref.namespace;
  }

  /** Makes its namespace, with an account that works, and declares it. */
  async create(spec: Manifest = {}): Promise<void> {
    const account = readyNamespace(this.namespace, this.world.emulator.url, this.#token);
    await this.world.apply(...account, this.manifest(spec));
  }

  /** The same, and resolves when it is ready, with what was delivered. */
  async ready(spec: Manifest = {}): Promise<Delivered> {
    await this.create(spec);
    await this.untilReady();
    return this.delivered();
  }

  /** The same, and resolves with the status once no attempt is pending. */
  async settled(spec: Manifest = {}): Promise<ApiKeyStatus> {
    await this.ready(spec);
    return this.untilStatus(({ attempt }) => attempt === undefined);
  }

  /** What the status and the Secret hold now. */
  async delivered(): Promise<Delivered> {
    return { keyId: (await this.status()).keyId ?? "", value: (await this.value()) ?? "" };
  }

  manifest(spec: Manifest = {}): Manifest {
    return apiKey(this.namespace, this.ref.name, spec);
  }

  /** Replaces what it declares. */
  async declare(spec: Manifest): Promise<void> {
    await this.world.apply(this.manifest(spec));
  }

  /** Changes its spec. */
  async change(spec: Manifest): Promise<void> {
    await this.patch({ spec });
  }

  async annotate(annotations: Readonly<Record<string, string>>): Promise<void> {
    await this.patch({ metadata: { annotations } });
  }

  async patch(patch: Manifest): Promise<void> {
    await this.world.kube.patch(API_KEYS, this.ref, patch, { type: "merge" });
  }

  /** Suspends it, or lets it go on; resolves once a suspension is observed. */
  async suspend(suspend: boolean): Promise<void> {
    await this.change({ suspend });
    if (suspend) await this.world.untilObserved(API_KEYS, this.ref);
  }

  async object(): Promise<CustomObject> {
    return this.world.kube.get(API_KEYS, this.ref);
  }

  async status(): Promise<ApiKeyStatus> {
    return apiKeyStatusSchema.parse((await this.object()).status ?? {});
  }

  /** Loses the status, as a backup does. */
  async wipeStatus(): Promise<void> {
    await this.world.kube.updateStatus(API_KEYS, { ...(await this.object()), status: {} });
  }

  /** Resolves with what a condition gives, as soon as that is neither false nor undefined. */
  async until<R>(condition: (object: CustomObject | undefined) => R | false | undefined): Promise<R> {
    return this.world.watcher.until(API_KEYS, this.ref, condition);
  }

  async untilReady(): Promise<void> {
    await this.until(isReady);
  }

  /** Resolves with the message once Ready is false for a reason. */
  async refused(reason: string): Promise<string> {
    return this.until(refusedFor(reason));
  }

  /** Resolves with the message once it is stalled for a reason, or degraded where its key works. */
  async stalled(reason: string): Promise<string> {
    return this.until((object) => {
      const problem = problemOf(object);
      return problem?.reason === reason ? problem.message : undefined;
    });
  }

  /** Resolves with the status once it is as wanted. */
  async untilStatus(wanted: (status: ApiKeyStatus) => boolean): Promise<ApiKeyStatus> {
    return this.until((object) => {
      const status = apiKeyStatusSchema.parse(object?.status ?? {});
      return wanted(status) ? status : undefined;
    });
  }

  /** Resolves with the status once it names another key, and no attempt is pending. */
  async replaced(keyId: string | undefined): Promise<ApiKeyStatus> {
    return this.untilStatus((status) => status.keyId !== keyId && status.attempt === undefined);
  }

  async secret(): Promise<Secret> {
    return this.world.kube.get(SECRETS, this.ref);
  }

  async findSecret(): Promise<Secret | undefined> {
    return this.world.kube.find(SECRETS, this.ref);
  }

  /** Resolves with the Secret once it is as wanted. */
  async untilSecret(wanted: (secret: Secret) => boolean): Promise<Secret> {
    return this.world.watcher.until(SECRETS, this.ref, (secret) =>
      secret !== undefined && wanted(secret) ? secret : undefined,
    );
  }

  async patchSecret(patch: Manifest): Promise<void> {
    await this.world.kube.patch(SECRETS, this.ref, patch, { type: "merge" });
  }

  async deleteSecret(): Promise<void> {
    await this.world.kube.delete(SECRETS, this.ref);
  }

  async value(entry?: string): Promise<string | undefined> {
    return decoded(await this.findSecret(), entry);
  }

  /** Resolves with the value once it is another one than before. */
  async newValue(before: string): Promise<string> {
    const secret = await this.untilSecret((seen) => {
      const value = decoded(seen);
      return value !== undefined && value !== before && value.startsWith("key_");
    });
    return decoded(secret) ?? "";
  }

  /** The status with which the data plane answers the value that the Secret holds. */
  async authenticates(): Promise<number> {
    return this.world.authenticates((await this.value()) ?? "");
  }

  async delete(): Promise<void> {
    await this.world.kube.delete(API_KEYS, this.ref);
  }

  /** Resolves when it is gone. */
  async gone(): Promise<void> {
    await this.until((object) => object === undefined);
  }

  /** Deletes it, and resolves when it is gone. */
  async remove(): Promise<void> {
    await this.delete();
    await this.gone();
  }

  /** Resolves with the note of an event about it, as soon as there is one with the reason that says so. */
  async event(reason: string, saying?: RegExp): Promise<string> {
    return eventNote(this.world, this.namespace, "ApiKey", this.ref.name, reason, saying);
  }

  /** Its keys in the vendor account, revoked ones included; its description is the default one. */
  keys(): readonly KeyWithAccount[] {
    const mine = `${this.namespace}/${this.ref.name} `;
    return this.world.emulator.admin.keys().filter(({ description }) => description.startsWith(mine));
  }

  /** How many of them are active. */
  active(): number {
    return this.keys().filter(({ status }) => status === "active").length;
  }
}

/** The text of an entry. */
export function decoded(secret: Secret | undefined, entry = "SIGNATUREAPI_KEY"): string | undefined {
  const base64 = secret?.data?.[entry];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}
