import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRETS,
  type ApiKeyStatus,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import { isReady } from "./conditions.ts";
import { apiKey, readyNamespace, TOKEN } from "./manifests.ts";
import type { Manifest, World } from "./world.ts";

const NAME = "app";

/** One ApiKey `app`, in a namespace of its own with an account that works. */
export class OneKey {
  readonly world: World;
  readonly ref: { readonly namespace: string; readonly name: string };

  readonly #token: string;

  constructor(world: World, namespace: string, token = TOKEN) {
    this.world = world;
    this.#token = token;
    this.ref = { namespace, name: NAME };
  }

  /** Declares it, and resolves when it is ready, with what was delivered. */
  async ready(spec: Manifest = {}): Promise<{ readonly keyId: string; readonly value: string }> {
    const { namespace } = this.ref;
    const account = readyNamespace(namespace, this.world.emulator.url, this.#token);
    await this.world.apply(...account, this.manifest(spec));
    await this.world.watcher.until(API_KEYS, this.ref, isReady);
    return { keyId: (await this.status()).keyId ?? "", value: (await this.value()) ?? "" };
  }

  manifest(spec: Manifest = {}): Manifest {
    return apiKey(this.ref.namespace, NAME, spec);
  }

  /** Replaces what it declares. */
  async declare(spec: Manifest): Promise<void> {
    await this.world.apply(this.manifest(spec));
  }

  async annotate(annotations: Readonly<Record<string, string>>): Promise<void> {
    await this.world.kube.patch(API_KEYS, this.ref, { metadata: { annotations } }, { type: "merge" });
  }

  async status(): Promise<ApiKeyStatus> {
    const object = await this.world.kube.get(API_KEYS, this.ref);
    return apiKeyStatusSchema.parse(object.status ?? {});
  }

  /** Resolves with the status once it is as wanted. */
  async untilStatus(wanted: (status: ApiKeyStatus) => boolean): Promise<ApiKeyStatus> {
    return this.world.watcher.until(API_KEYS, this.ref, (object) => {
      const status = apiKeyStatusSchema.parse(object?.status ?? {});
      return wanted(status) ? status : undefined;
    });
  }

  async secret(): Promise<Secret> {
    return this.world.kube.get(SECRETS, this.ref);
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
    return decoded(await this.world.kube.find(SECRETS, this.ref), entry);
  }

  /** Resolves with the value once it is another one than before. */
  async newValue(before: string): Promise<string> {
    const secret = await this.untilSecret((seen) => {
      const value = decoded(seen);
      return value !== undefined && value !== before && value.startsWith("key_");
    });
    return decoded(secret) ?? "";
  }

  async delete(): Promise<void> {
    await this.world.kube.delete(API_KEYS, this.ref);
  }

  /** Resolves when it is gone. */
  async gone(): Promise<void> {
    await this.world.watcher.until(API_KEYS, this.ref, (object) => object === undefined);
  }

  /** What is in the vendor's books about a key of the account. */
  remote(keyId: string | undefined): { readonly status: string; readonly description: string } | undefined {
    return this.world.emulator.admin.keys().find(({ id }) => id === keyId);
  }

  /** How many keys of this ApiKey live at the vendor's; its description is the default one. */
  active(): number {
    const mine = `${this.ref.namespace}/${NAME} `;
    return this.world.emulator.admin
      .keys()
      .filter(({ status, description }) => status === "active" && description.startsWith(mine)).length;
  }
}

/** The text of an entry. */
export function decoded(secret: Secret | undefined, entry = "SIGNATUREAPI_KEY"): string | undefined {
  const base64 = secret?.data?.[entry];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}

/** The status with which the data plane answers a value. */
export async function authenticates(world: World, value: string): Promise<number> {
  return (await fetch(`${world.emulator.url}/envelopes`, { headers: { "x-api-key": value } })).status;
}
