import { KubeClient, loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { API_KEYS, SECRETS, apiKeyStatusSchema } from "@signatureapi-keys/controller/resources";
import type { Step } from "@signatureapi-keys/lifecycle";
import { conditionOf, isReady } from "../e2e/conditions.ts";
import { apiKey, clusterAccount, credentials, namespace } from "../e2e/manifests.ts";
import { FAST_TIMING, World, type Manifest } from "../e2e/world.ts";

const ACCOUNT = "acme";
const VICTIM = { namespace: "victim", name: "app" };

/** A key that nobody but its owner may touch, and the value that its owner uses. */
interface Precious {
  readonly keyId: string;
  readonly value: string;
  readonly description: string;
}

/** Where a controller is held before a step. */
interface Hold {
  readonly reached: Promise<void>;
  release(): void;
}

/** Somebody who may do everything in one namespace, by a role of wildcards, and nothing elsewhere. */
export class Tenant {
  readonly namespace: string;
  /** What the tenant asks with. */
  readonly kube: KubeClient;
  readonly #scene: Scene;

  constructor(scene: Scene, name: string, kube: KubeClient) {
    this.#scene = scene;
    this.namespace = name;
    this.kube = kube;
  }

  get app(): { readonly namespace: string; readonly name: string } {
    return { namespace: this.namespace, name: "app" };
  }

  /** Declares an ApiKey of the account that all tenants share. */
  async declare(spec: Manifest = {}, name = "app"): Promise<void> {
    const manifest = apiKey(this.namespace, name, {
      accountRef: { kind: "ClusterAccount", name: ACCOUNT },
      rotation: { overlap: "0s" },
      ...spec,
    });
    await this.kube.create(API_KEYS, {
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: { name, namespace: this.namespace },
      spec: manifest["spec"],
    });
  }

  /** Declares an ApiKey and waits for its key. @returns the key's ID. */
  async delivered(spec: Manifest = {}): Promise<string> {
    await this.declare(spec);
    await this.#scene.world.watcher.until(API_KEYS, this.app, isReady);
    return (await this.status()).keyId ?? "";
  }

  async change(spec: Manifest): Promise<void> {
    await this.kube.patch(API_KEYS, this.app, { spec }, { type: "merge" });
  }

  /** Writes annotations of ours into the Secret. */
  async forge(annotations: Readonly<Record<string, string>>): Promise<void> {
    const named = Object.entries(annotations).map(
      ([name, text]) => [`signatureapi.com/${name}`, text] as const,
    );
    const metadata = { annotations: Object.fromEntries(named) };
    await this.kube.patch(SECRETS, this.app, { metadata }, { type: "merge" });
  }

  async writeStatus(status: Manifest): Promise<void> {
    await this.kube.patch(API_KEYS, this.app, { status }, { type: "merge", subresource: "status" });
  }

  /** Deletes the ApiKey, and waits until it is gone. */
  async delete(): Promise<void> {
    await this.kube.delete(API_KEYS, this.app);
    await this.#scene.world.watcher.until(API_KEYS, this.app, (object) => object === undefined);
  }

  async status(): Promise<ReturnType<typeof apiKeyStatusSchema.parse>> {
    const object = await this.kube.get(API_KEYS, this.app);
    return apiKeyStatusSchema.parse(object.status ?? {});
  }

  /** Resolves with the key that has replaced another one. */
  async replaced(keyId: string): Promise<string> {
    return this.#scene.world.watcher.until(API_KEYS, this.app, (object) => {
      const { keyId: now, attempt } = apiKeyStatusSchema.parse(object?.status ?? {});
      return now !== keyId && attempt === undefined ? now : undefined;
    });
  }

  /** Resolves with the message of a condition that has a reason. */
  async told(reason: string, name = "app"): Promise<string> {
    const ref = { namespace: this.namespace, name };
    return this.#scene.world.watcher.until(API_KEYS, ref, (object) => {
      const conditions = ["Ready", "Stalled", "Reconciling"].map((type) => conditionOf(object, type));
      return conditions.find((condition) => condition?.reason === reason)?.message;
    });
  }
}

/**
 * One account of the vendor's that a victim and any number of tenants share, under the eyes of one controller. There are
 * no admission policies: what holds here holds without them.
 */
export class Scene implements AsyncDisposable {
  readonly world: World;
  /** A neighbour's key, delivered. */
  victim: Precious = { keyId: "", value: "", description: "" };
  /** A key that somebody made in the dashboard. */
  handMade: Precious = { keyId: "", value: "", description: "" };
  readonly #holds = new Map<string, () => Promise<void>>();

  private constructor(world: World) {
    this.world = world;
  }

  static async open(): Promise<Scene> {
    const scene = new Scene(await World.start());
    const { world } = scene;
    world.emulator.admin.addAccount({ id: ACCOUNT, token: "token-of-acme" });
    const { id, key, description } = world.emulator.admin.createKey(ACCOUNT, {
      mode: "live",
      description: "made by hand",
    });
    scene.handMade = { keyId: id, value: key, description };
    await world.apply(
      namespace("signatureapi-system"),
      credentials("signatureapi-system", { token: "token-of-acme" }),
      clusterAccount(ACCOUNT, world.emulator.url, { allow: [{ modes: ["live"], namespaceSelector: {} }] }),
      namespace(VICTIM.namespace),
      apiKey(VICTIM.namespace, VICTIM.name, { accountRef: { kind: "ClusterAccount", name: ACCOUNT } }),
    );
    await world.startController({
      timing: FAST_TIMING,
      flags: ["--inventory-interval", "1s"],
      hooks: { before: async (step, ref) => scene.#meet(ref.namespace, step) },
    });
    await world.watcher.until(API_KEYS, VICTIM, isReady);
    await scene.#rememberVictim();
    return scene;
  }

  /** A namespace, and somebody who may do everything in it. */
  async tenant(name: string): Promise<Tenant> {
    const { cluster } = this.world;
    await this.world.apply(namespace(name), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "everything", namespace: name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: "tenant", namespace: name }],
    });
    const kubeconfigPath = await cluster.serviceAccountKubeconfig({ namespace: name, name: "tenant" });
    const access = await loadKubeConfig({ kubeconfigPath });
    return new Tenant(this, name, KubeClient.fromKubeConfig(access, { fieldManager: "tenant" }));
  }

  /** Lets the account's administrator allow more. */
  async allow(...lines: readonly Manifest[]): Promise<void> {
    const allow = [{ modes: ["live"], namespaceSelector: {} }, ...lines];
    await this.world.apply(clusterAccount(ACCOUNT, this.world.emulator.url, { allow }));
  }

  /** Holds the controller before a step of a namespace's ApiKey. */
  holdBefore(inNamespace: string, step: string): Hold {
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    this.#holds.set(`${inNamespace} ${step}`, async () => {
      reached.resolve();
      await goOn.promise;
    });
    return { reached: reached.promise, release: () => goOn.resolve() };
  }

  stateOf(keyId: string): string | undefined {
    return this.world.emulator.admin.keys().find(({ id }) => id === keyId)?.status;
  }

  /** The keys of a namespace's ApiKeys, by the description that they have by default. */
  keysOf(inNamespace: string): readonly { readonly id: string; readonly status: string }[] {
    const keys = this.world.emulator.admin.keys();
    return keys.filter(({ description }) => description.startsWith(`${inNamespace}/`));
  }

  /** What of others was revoked, rolled, described anew or delivered to somebody: nothing, if all is well. */
  async harm(): Promise<readonly string[]> {
    const harmed: string[] = [];
    const keys = this.world.emulator.admin.keys();
    for (const { keyId, value, description } of [this.victim, this.handMade]) {
      const key = keys.find(({ id }) => id === keyId);
      if (key?.status !== "active") harmed.push(`key ${keyId} was revoked`);
      if (key?.description !== description) harmed.push(`key ${keyId} was described anew`);
      if ((await this.authenticate(value)) !== 200) harmed.push(`key ${keyId} was rolled`);
    }
    const { items } = await this.world.kube.listAll(SECRETS, {});
    const precious = [this.victim, this.handMade].map(({ value }) => Buffer.from(value).toString("base64"));
    for (const { metadata, data = {} } of items) {
      const delivered = Object.values(data).some((base64) => precious.includes(base64));
      if (delivered && metadata.namespace !== VICTIM.namespace)
        harmed.push(`a value of others stands in Secret ${metadata.namespace}/${metadata.name}`);
    }
    const now = await this.#statusOfVictim();
    if (now.keyId !== this.victim.keyId) harmed.push(`the victim has key ${now.keyId} by now`);
    return harmed;
  }

  async authenticate(value: string): Promise<number> {
    const answer = await fetch(`${this.world.emulator.url}/envelopes`, { headers: { "x-api-key": value } });
    return answer.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }

  async #meet(inNamespace: string, step: Step): Promise<void> {
    const name = step.kind === "write-status" ? `${step.kind}:${step.why}` : step.kind;
    const hold = this.#holds.get(`${inNamespace} ${name}`);
    this.#holds.delete(`${inNamespace} ${name}`);
    await hold?.();
  }

  async #statusOfVictim(): Promise<ReturnType<typeof apiKeyStatusSchema.parse>> {
    return apiKeyStatusSchema.parse((await this.world.kube.get(API_KEYS, VICTIM)).status ?? {});
  }

  async #rememberVictim(): Promise<void> {
    const { keyId = "" } = await this.#statusOfVictim();
    const secret = await this.world.kube.get(SECRETS, VICTIM);
    const value = Buffer.from(secret.data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
    const key = this.world.emulator.admin.keys().find(({ id }) => id === keyId);
    this.victim = { keyId, value, description: key?.description ?? "" };
  }
}
