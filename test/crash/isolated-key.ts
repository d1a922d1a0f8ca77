import { setTimeout as delay } from "node:timers/promises";
import { ownerOf, newAttemptId, withTag } from "@signatureapi-keys/lifecycle";
import { randomBytes } from "node:crypto";
import type { Timing } from "@signatureapi-keys/lifecycle";
import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRETS,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import type { KubeObject, ResourceType } from "@signatureapi-keys/controller/kube";
import type { KeyWithAccount } from "@signatureapi-keys/management-api/emulator";
import type { z } from "zod";
import { accountIdOf, type Manifest } from "../e2e/manifests.ts";
import { decoded, OneKey } from "../e2e/one-key.ts";
import type { World } from "../e2e/world.ts";
import { namespaces } from "../faults/kube-fixtures.ts";
import { PODS, workloadType } from "../workloads/resources.ts";
import { workload } from "../workloads/workload.ts";
import { CrashingController } from "./crashing-controller.ts";
import { CLUSTER_NAMESPACE, makeAccount, makeRevokingAccount, type AccountOfKey } from "./account-of-key.ts";
import type { Trap } from "./protocol.ts";
import { isSettled } from "./settled.ts";
import { CRASH_TIMING, OVERLAP } from "./timing.ts";

const ADOPTABLE = "Checkout, by Ada";

/** Everything that can be seen of one ApiKey from outside, at one moment. */
export interface Facts {
  readonly apiKey: CustomObject | undefined;
  readonly status: z.infer<typeof apiKeyStatusSchema>;
  readonly secret: Secret | undefined;
  /** The value in the Secret. */
  readonly value: string | undefined;
  /** The account's keys, newest first, revoked ones included. */
  readonly keys: readonly KeyWithAccount[];
  /** The Pods of the namespace. */
  readonly pods: readonly KubeObject[];
}

/** A key that was made by hand: nothing of it may ever change, unless it is to be adopted. */
export interface HandMade {
  readonly id: string;
  readonly description: string;
}

/** A key that is to be adopted. */
export interface Adopted extends HandMade {
  /** Its value as it was made. */
  readonly value: string;
  /** Whether the Secret held it before. */
  readonly delivered: boolean;
}

/** How a key and its controllers differ from others. */
export interface KeySetup {
  readonly spec: Manifest;
  /** The file that controllers use; by default the world's own. */
  readonly kubeconfig?: string | undefined;
  /** More flags of its controllers, by name. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Durations of its controllers that differ from {@link CRASH_TIMING}. */
  readonly timing?: Partial<Timing>;
  /** Whether its account revokes keys that no record knows. For that, its controllers see all namespaces. */
  readonly revokesOrphans?: boolean;
  /** The mode of the key that may be adopted; by default `live`, since an account has one test key. */
  readonly adoptable?: "test" | "live";
}

/**
 * An ApiKey in a namespace and a vendor account of its own, and the controllers that look after it: many such keys can
 * be used at a time, since none of them sees another.
 */
export class IsolatedKey extends OneKey implements AsyncDisposable {
  readonly handMade: HandMade[] = [];
  /** Keys that carry our tag, that no record knows, and that the account lets revoke once they are replaced. */
  readonly orphans: HandMade[] = [];
  /** The key that the ApiKey adopts, if it does. */
  adopted: Adopted | undefined;
  #adoptable: (HandMade & { readonly value: string }) | undefined;
  readonly controllers: CrashingController[] = [];
  readonly #file: string;
  #keyOfPods: string | undefined;
  readonly #setup: KeySetup;
  /** The last one is what controllers are started as; the others have moved there. */
  readonly #installations: string[] = [newInstallation()];
  #account: AccountOfKey | undefined;

  private constructor(world: World, file: string, name: string, setup: KeySetup) {
    super(world, name);
    this.#file = file;
    this.#setup = setup;
  }

  /** Makes the namespace and the accounts; nothing is declared yet, and no controller runs. */
  static async open(world: World, file: string, name: string, setup: KeySetup): Promise<IsolatedKey> {
    const key = new IsolatedKey(world, file, name, setup);
    world.addVendorAccount(name);
    key.#makeByHand("made by hand");
    key.#makeByHand("made by hand [ak:0123456789.0123456789abcdef:1:abcdefgh]");
    await world.kube.create(namespaces, { metadata: { name } });
    if (setup.revokesOrphans === true) {
      key.#account = await makeRevokingAccount(world, name);
      return key;
    }
    const { id, value } = key.#makeByHand(ADOPTABLE, setup.adoptable);
    key.#adoptable = { id, value, description: ADOPTABLE };
    key.#account = await makeAccount(world, name, id);
    return key;
  }

  /** What its controllers are started as. */
  get installation(): string {
    return this.#installations.at(-1) ?? "";
  }

  /** Controllers that start from now on are of another installation, to which this one has moved. */
  move(): void {
    this.#installations.push(newInstallation());
  }

  get accountId(): string {
    return accountIdOf(this.namespace);
  }

  /**
   * Waits as the world's watcher does, three times as patiently: rows run beside each other and beside other
   * tests, and most wait for an attempt to grow old.
   */
  override async until<R>(
    condition: (object: CustomObject | undefined) => R | false | undefined,
  ): Promise<R> {
    return this.patiently(API_KEYS, condition);
  }

  override async untilSecret(wanted: (secret: Secret) => boolean): Promise<Secret> {
    return this.patiently(SECRETS, (secret) => (secret !== undefined && wanted(secret) ? secret : undefined));
  }

  async patiently<T extends KubeObject, R>(
    type: ResourceType<T>,
    condition: (object: T | undefined) => R | false | undefined,
  ): Promise<R> {
    return this.world.watcher.until(type, this.ref, condition, 60_000);
  }

  /** Starts another controller of the same installation. */
  start(traps: readonly Trap[] = []): CrashingController {
    const controller = CrashingController.start({
      name: String(this.controllers.length + 1),
      file: this.#file,
      timing: { ...CRASH_TIMING, ...this.#setup.timing },
      traps,
      flags: this.#flags(),
    });
    this.controllers.push(controller);
    return controller;
  }

  /** Starts a controller, and resolves when it has verified the account. */
  async startReady(): Promise<CrashingController> {
    const controller = this.start();
    await this.#account?.untilReady(this.world);
    return controller;
  }

  /**
   * Declares an ApiKey that adopts a key made by hand.
   *
   * @param delivered whether its Secret is there already, and holds the key's value.
   */
  async declareAdopting(delivered: boolean): Promise<void> {
    const { kube } = this.world;
    const adoptable = this.#adoptable;
    if (adoptable === undefined) throw new TypeError("each account has a key that may be adopted");
    const { value, id: keyId } = adoptable;
    this.adopted = { ...adoptable, delivered };
    this.handMade.splice(
      this.handMade.findIndex(({ id }) => id === keyId),
      1,
    );
    const data = { SIGNATUREAPI_KEY: Buffer.from(value).toString("base64") };
    if (delivered) await kube.create(SECRETS, { metadata: this.ref, data });
    await this.declare({ adopt: { keyId } });
  }

  /** Declares the ApiKey, and copies the tag that its keys will carry onto a key made by hand. */
  override async declare(spec: Manifest = {}): Promise<void> {
    const object = await this.world.kube.create(API_KEYS, {
      metadata: this.ref,
      spec: {
        mode: "live",
        rotation: { overlap: OVERLAP },
        ...this.#setup.spec,
        ...this.#account?.spec,
        ...spec,
      },
    });
    const owner = ownerOf(object.metadata.uid);
    const attempt = newAttemptId(randomBytes);
    this.#copyTag(
      withTag("copied by hand", { installation: this.installation, owner, revision: 1, attempt }),
    );
  }

  /** Copies the description of the delivered key onto a key made by hand, once its attempt's time is over. */
  async copyDescription(): Promise<void> {
    const { status, keys } = await this.facts();
    const delivered = keys.find(({ id }) => id === status.keyId);
    if (delivered === undefined) throw new Error("a description is copied from a key that is delivered");
    // Its attempt was recorded before it. A timer may fire a moment early.
    await until(Date.parse(delivered.created_at) + CRASH_TIMING.attemptLifetime + 100);
    this.#copyTag(delivered.description);
  }

  async facts(): Promise<Facts> {
    // The vendor first, the records after: a record always precedes its key.
    const { namespace, world } = this;
    const { kube } = world;
    const keys = world.keysIn(this.accountId);
    const found = await kube.find(API_KEYS, this.ref);
    const secret = await this.findSecret();
    const pods = this.#keyOfPods === undefined ? [] : (await kube.listAll(PODS, { namespace })).items;
    return {
      apiKey: found,
      status: apiKeyStatusSchema.parse(found?.status ?? {}),
      secret,
      value: decoded(secret),
      keys,
      pods,
    };
  }

  /** The key that was in the Secret when Pods first took it from there. */
  get keyOfPods(): string | undefined {
    return this.#keyOfPods;
  }

  /** Deploys a workload that uses the Secret and is restarted with it, and waits until it runs. */
  async deploy(): Promise<void> {
    const { spec, metadata } = workload(this.namespace);
    await this.world.kube.create(workloadType("Deployment"), { metadata, spec });
    await this.patiently(workloadType("Deployment"), (object) => object?.status?.["availableReplicas"] === 1);
    this.#keyOfPods = (await this.facts()).status.keyId;
  }

  /** Resolves once a revision is delivered, and nothing is under way. */
  async untilSettled(revision: number): Promise<void> {
    await this.until((object) => object !== undefined && isSettled(object, revision));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.controllers.map(async (controller) => controller.kill()));
    await this.#account?.remove(this.world);
  }

  #flags(): readonly string[] {
    const flags = {
      kubeconfig: this.#setup.kubeconfig ?? this.world.cluster.kubeconfigFile,
      ...(this.#setup.revokesOrphans === true ? {} : { namespaces: this.namespace }),
      installation: this.installation,
      "allowed-base-urls": this.world.emulator.url,
      "metrics-address": "0",
      "health-address": "0",
      "log-level": "debug",
      "pod-access": "list",
      "cluster-resource-namespace": CLUSTER_NAMESPACE,
      "previous-installations": this.#installations.slice(0, -1).join(),
      ...this.#setup.flags,
    };
    return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  }

  #makeByHand(
    description: string,
    mode: "live" | "test" = "live",
  ): { readonly id: string; readonly value: string } {
    const { id, key } = this.world.emulator.admin.createKey(this.accountId, { mode, description });
    this.handMade.push({ id, description });
    return { id, value: key };
  }

  #copyTag(description: string): void {
    const { id } = this.#makeByHand(description);
    if (this.#setup.revokesOrphans !== true) return;
    this.handMade.splice(-1, 1);
    this.orphans.push({ id, description });
  }
}

function newInstallation(): string {
  return randomBytes(5).toString("hex");
}

async function until(time: number): Promise<void> {
  await delay(Math.max(0, time - Date.now()));
}
