import { KubeClient, loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import type { Step } from "@signatureapi-keys/lifecycle";
import { conditionOf, isReady } from "../e2e/conditions.ts";
import { apiKey, clusterAccount, credentials, namespace, tokenOf, type Manifest } from "../e2e/manifests.ts";
import { type Delivered, OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";

const ACCOUNT = "acme";
const VICTIM = { namespace: "victim", name: "app" };

/** A key that only its owner may touch, and the value that its owner uses. */
interface Precious extends Delivered {
  readonly description: string;
}

/** Where a controller is held before a step. */
interface Hold {
  readonly reached: Promise<void>;
  release(): void;
}

/** A user who may do everything in one namespace, by a role of wildcards, and nothing elsewhere, and the ApiKey `app`. */
export class Tenant extends OneKey<AttackedWorld> {
  /** What the tenant asks with. */
  readonly kube: KubeClient;

  constructor(world: AttackedWorld, name: string, kube: KubeClient) {
    super(world, name);
    this.kube = kube;
  }

  /** Declares an ApiKey of the account that all tenants share. */
  override async declare(spec: Manifest = {}, name = "app"): Promise<void> {
    const shared = { accountRef: { kind: "ClusterAccount", name: ACCOUNT }, rotation: { overlap: "0s" } };
    const metadata = { name, namespace: this.namespace };
    await this.kube.create(API_KEYS, { metadata, spec: { mode: "live", ...shared, ...spec } });
  }

  /** Declares an ApiKey and waits for its key. @returns the key's ID. */
  async keyed(spec: Manifest = {}): Promise<string> {
    await this.declare(spec);
    await this.untilReady();
    return (await this.status()).keyId ?? "";
  }

  override async patch(patch: Manifest): Promise<void> {
    await this.kube.patch(API_KEYS, this.ref, patch, { type: "merge" });
  }

  override async delete(): Promise<void> {
    await this.kube.delete(API_KEYS, this.ref);
  }

  /** Writes annotations of ours into the Secret. */
  async forge(annotations: Readonly<Record<string, string>>): Promise<void> {
    const named = Object.entries(annotations).map(
      ([name, text]) => [`signatureapi.com/${name}`, text] as const,
    );
    const metadata = { annotations: Object.fromEntries(named) };
    await this.kube.patch(SECRETS, this.ref, { metadata }, { type: "merge" });
  }

  async writeStatus(status: Manifest): Promise<void> {
    await this.kube.patch(API_KEYS, this.ref, { status }, { type: "merge", subresource: "status" });
  }

  /** Resolves with the message of a condition that has a reason. */
  async reported(reason: string, name = "app"): Promise<string> {
    const ref = { namespace: this.namespace, name };
    return this.world.watcher.until(API_KEYS, ref, (object) => {
      const conditions = ["Ready", "Stalled", "Reconciling", "Degraded"].map((type) =>
        conditionOf(object, type),
      );
      return conditions.find((condition) => condition?.reason === reason)?.message;
    });
  }
}

/**
 * A world with one vendor account that a victim and any number of tenants share, and one controller. There are no
 * admission policies: what holds here holds without them.
 */
export class AttackedWorld extends World {
  /** A neighbour's key, delivered. */
  victim: Precious = { keyId: "", value: "", description: "" };
  /** A key that was made by hand in the dashboard. */
  handMade: Precious = { keyId: "", value: "", description: "" };
  readonly #holds = new Map<string, () => Promise<void>>();

  static async open(): Promise<AttackedWorld> {
    const world = new AttackedWorld(await World.startParts({}));
    world.emulator.admin.addAccount({ id: ACCOUNT, token: tokenOf(ACCOUNT) });
    const { id, key, description } = world.emulator.admin.createKey(ACCOUNT, {
      mode: "live",
      description: "made by hand",
    });
    world.handMade = { keyId: id, value: key, description };
    await world.apply(
      namespace("signatureapi-system"),
      credentials("signatureapi-system", { token: tokenOf(ACCOUNT) }),
      clusterAccount(ACCOUNT, world.emulator.url, { allow: [{ modes: ["live"], namespaceSelector: {} }] }),
      namespace(VICTIM.namespace),
      apiKey(VICTIM.namespace, VICTIM.name, { accountRef: { kind: "ClusterAccount", name: ACCOUNT } }),
    );
    await world.startController({
      timing: FAST_TIMING,
      flags: ["--inventory-interval", "1s", "--allowed-secret-metadata", "team.example.com"],
      hooks: { before: async (step, ref) => world.#meet(ref.namespace, step) },
    });
    await world.watcher.until(API_KEYS, VICTIM, isReady);
    await world.#rememberVictim();
    return world;
  }

  /** A namespace, and a user who may do everything in it. */
  async tenant(name: string): Promise<Tenant> {
    await this.apply(namespace(name));
    const access = await loadKubeConfig({ kubeconfigPath: await this.tenantKubeconfig(name) });
    return new Tenant(this, name, KubeClient.fromKubeConfig(access, { fieldManager: "tenant" }));
  }

  /** Lets the account's administrator allow more. */
  async allow(...lines: readonly Manifest[]): Promise<void> {
    const allow = [{ modes: ["live"], namespaceSelector: {} }, ...lines];
    await this.apply(clusterAccount(ACCOUNT, this.emulator.url, { allow }));
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

  /** The keys of a namespace's ApiKeys, by the description that they have by default. */
  keysOf(inNamespace: string): readonly { readonly id: string; readonly status: string }[] {
    const keys = this.emulator.admin.keys();
    return keys.filter(({ description }) => description.startsWith(`${inNamespace}/`));
  }

  /** What of others was revoked, rolled, described anew or delivered elsewhere: nothing, if all is well. */
  async harm(): Promise<readonly string[]> {
    const harmed: string[] = [];
    for (const { keyId, value, description } of [this.victim, this.handMade]) {
      const key = this.remote(keyId);
      if (key?.status !== "active") harmed.push(`key ${keyId} was revoked`);
      if (key?.description !== description) harmed.push(`key ${keyId} was described anew`);
      if ((await this.authenticates(value)) !== 200) harmed.push(`key ${keyId} was rolled`);
    }
    const { items } = await this.kube.listAll(SECRETS, {});
    const precious = [this.victim, this.handMade].map(({ value }) => Buffer.from(value).toString("base64"));
    for (const { metadata, data = {} } of items) {
      const delivered = Object.values(data).some((base64) => precious.includes(base64));
      if (delivered && metadata.namespace !== VICTIM.namespace)
        harmed.push(`a value of others is in Secret ${metadata.namespace}/${metadata.name}`);
    }
    const now = await new OneKey(this, VICTIM.namespace).status();
    if (now.keyId !== this.victim.keyId) harmed.push(`the victim has key ${now.keyId} by now`);
    return harmed;
  }

  async #meet(inNamespace: string, step: Step): Promise<void> {
    const name = step.kind === "write-status" ? `${step.kind}:${step.why}` : step.kind;
    const hold = this.#holds.get(`${inNamespace} ${name}`);
    this.#holds.delete(`${inNamespace} ${name}`);
    await hold?.();
  }

  async #rememberVictim(): Promise<void> {
    const delivered = await new OneKey(this, VICTIM.namespace).delivered();
    this.victim = { ...delivered, description: this.remote(delivered.keyId)?.description ?? "" };
  }
}
