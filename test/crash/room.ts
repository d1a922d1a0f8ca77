import { setTimeout as delay } from "node:timers/promises";
import { ownerOf, newAttemptId, withTag } from "@signatureapi-keys/lifecycle";
import { randomBytes } from "node:crypto";
import {
  ACCOUNTS,
  API_KEYS,
  apiKeyStatusSchema,
  CREDENTIAL_LABEL,
  SECRETS,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import type { KubeObject, ResourceType } from "@signatureapi-keys/controller/kube";
import type { KeyWithAccount } from "@signatureapi-keys/management-api/emulator";
import type { z } from "zod";
import { isReady } from "../e2e/conditions.ts";
import { apiKey } from "../e2e/manifests.ts";
import type { Manifest, World } from "../e2e/world.ts";
import { namespaces } from "../faults/kube-fixtures.ts";
import { PODS, workloadType } from "../workloads/stage.ts";
import { workload } from "../workloads/workload.ts";
import { CrashingController } from "./crashing-controller.ts";
import type { Trap } from "./protocol.ts";
import { CRASH_TIMING, OVERLAP } from "./timing.ts";

const NAME = "app";
const ADOPTABLE = "Checkout, by Ada";

/** Everything that can be seen of one ApiKey from outside, at one moment. */
export interface Facts {
  readonly apiKey: CustomObject | undefined;
  readonly status: z.infer<typeof apiKeyStatusSchema>;
  readonly secret: Secret | undefined;
  /** The value that stands in the Secret. */
  readonly value: string | undefined;
  /** The account's keys, newest first, revoked ones included. */
  readonly keys: readonly KeyWithAccount[];
  /** The Pods of the namespace. */
  readonly pods: readonly KubeObject[];
}

/** A key that somebody made by hand: nothing of it may ever change, unless it is to be adopted. */
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

/**
 * A namespace with an account of its own at the vendor's, an ApiKey, and the controllers that look after it: rooms
 * know nothing of each other, so that many can be used at a time.
 */
export class Room implements AsyncDisposable {
  readonly world: World;
  readonly namespace: string;
  readonly installation: string;
  readonly handMade: HandMade[] = [];
  /** The key that the ApiKey adopts, if it does. */
  adopted: Adopted | undefined;
  #adoptable: (HandMade & { readonly value: string }) | undefined;
  readonly controllers: CrashingController[] = [];
  readonly #file: string;
  #keyOfPods: string | undefined;
  readonly #spec: Manifest;
  readonly #kubeconfig: string;

  private constructor(world: World, file: string, name: string, spec: Manifest, kubeconfig: string) {
    this.world = world;
    this.namespace = name;
    this.installation = randomBytes(5).toString("hex");
    this.#file = file;
    this.#spec = spec;
    this.#kubeconfig = kubeconfig;
  }

  /**
   * Makes the namespace and the accounts; nothing is declared yet, and no controller runs.
   *
   * @param kubeconfig the file that controllers use; by default the world's own.
   */
  static async open(
    world: World,
    file: string,
    name: string,
    spec: Manifest,
    kubeconfig = world.cluster.kubeconfigFile,
  ): Promise<Room> {
    const room = new Room(world, file, name, spec, kubeconfig);
    const token = `token-of-${name}`;
    world.emulator.admin.addAccount({ id: room.accountId, token });
    room.#makeByHand("made by hand");
    room.#makeByHand("made by hand [ak:0123456789.0123456789abcdef:1:abcdefgh]");
    const { id, value } = room.#makeByHand(ADOPTABLE);
    room.#adoptable = { id, value, description: ADOPTABLE };
    await room.#prepare(token, id);
    return room;
  }

  get accountId(): string {
    return `acc_${this.namespace}`;
  }

  get ref(): { readonly namespace: string; readonly name: string } {
    return { namespace: this.namespace, name: NAME };
  }

  /**
   * Waits as the world's watcher does, three times as patiently: rows run beside each other and beside other
   * tests, and most wait for an attempt to grow old.
   */
  async until<T extends KubeObject, R>(
    type: ResourceType<T>,
    condition: (object: T | undefined) => R | false | undefined,
  ): Promise<R> {
    for (let patience = 3; ; patience -= 1) {
      try {
        return await this.world.watcher.until(type, this.ref, condition);
      } catch (error) {
        if (patience === 1) throw error;
      }
    }
  }

  /** Starts another controller of the same installation. */
  start(arm: readonly Trap[] = []): CrashingController {
    const controller = CrashingController.start({
      name: String(this.controllers.length + 1),
      file: this.#file,
      timing: CRASH_TIMING,
      arm,
      flags: this.#flags(),
    });
    this.controllers.push(controller);
    return controller;
  }

  /** Starts a controller, and resolves when it has verified the account. */
  async startReady(): Promise<CrashingController> {
    const controller = this.start();
    await this.world.watcher.until(ACCOUNTS, { namespace: this.namespace, name: "default" }, isReady);
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
    if (adoptable === undefined) throw new TypeError("a room has a key that may be adopted");
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
  async declare(spec: Manifest = {}): Promise<void> {
    const manifest = apiKey(this.namespace, NAME, {
      rotation: { overlap: OVERLAP },
      ...this.#spec,
      ...spec,
    });
    const object = await this.world.kube.create(API_KEYS, {
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: { name: NAME, namespace: this.namespace },
      spec: manifest["spec"],
    });
    const owner = ownerOf(object.metadata.uid);
    const attempt = newAttemptId(randomBytes);
    this.#makeByHand(
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
    this.#makeByHand(delivered.description);
  }

  /** Changes the ApiKey's spec. */
  async change(spec: Manifest): Promise<void> {
    await this.world.kube.patch(API_KEYS, this.ref, { spec }, { type: "merge" });
  }

  async facts(): Promise<Facts> {
    const { kube, emulator } = this.world;
    // The vendor first, the records after: a record always precedes its key.
    const keys = emulator.admin.keys().filter((key) => key.account === this.accountId);
    const found = await kube.find(API_KEYS, this.ref);
    const secret = await kube.find(SECRETS, this.ref);
    const base64 = secret?.data?.["SIGNATUREAPI_KEY"];
    const value = base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
    const pods = this.#keyOfPods === undefined ? [] : await this.#pods();
    return {
      apiKey: found,
      status: apiKeyStatusSchema.parse(found?.status ?? {}),
      secret,
      value,
      keys,
      pods,
    };
  }

  /** The key that stood in the Secret when Pods first took it from there. */
  get keyOfPods(): string | undefined {
    return this.#keyOfPods;
  }

  /** Deploys a workload that uses the Secret and is restarted with it, and waits until it runs. */
  async deploy(): Promise<void> {
    const { kube, namespace } = { kube: this.world.kube, namespace: this.namespace };
    const { spec, metadata } = workload(namespace);
    await kube.create(workloadType("Deployment"), { metadata, spec });
    await this.until(workloadType("Deployment"), (object) => object?.status?.["availableReplicas"] === 1);
    this.#keyOfPods = (await this.facts()).status.keyId;
  }

  async #pods(): Promise<readonly KubeObject[]> {
    return (await this.world.kube.listAll(PODS, { namespace: this.namespace })).items;
  }

  /** What the data plane answers to a value: its status, and the mode that it takes the key for. */
  async authenticate(value: string): Promise<{ readonly status: number; readonly mode: unknown }> {
    const answer = await fetch(`${this.world.emulator.url}/envelopes`, { headers: { "x-api-key": value } });
    const body: unknown = await answer.json();
    const mode = typeof body === "object" && body !== null && "mode" in body ? body.mode : undefined;
    return { status: answer.status, mode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.controllers.map(async (controller) => controller.kill()));
  }

  // Without kubectl, whose start takes longer than all of this.
  async #prepare(token: string, adoptable: string): Promise<void> {
    const { kube, emulator } = this.world;
    const { namespace } = this;
    await kube.create(namespaces, { metadata: { name: namespace } });
    const labels = { [CREDENTIAL_LABEL]: "true" };
    const data = { token: Buffer.from(token).toString("base64") };
    await kube.create(SECRETS, { metadata: { namespace, name: "credentials", labels }, data });
    const spec = {
      baseUrl: emulator.url,
      credentials: { name: "credentials" },
      adoptKeyIds: [adoptable],
    };
    await kube.create(ACCOUNTS, { metadata: { namespace, name: "default" }, spec });
  }

  #flags(): readonly string[] {
    const flags = {
      kubeconfig: this.#kubeconfig,
      namespaces: this.namespace,
      installation: this.installation,
      "allowed-base-urls": this.world.emulator.url,
      "metrics-address": "0",
      "health-address": "0",
      "log-level": "debug",
      "pod-access": "list",
    };
    return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  }

  #makeByHand(description: string): { readonly id: string; readonly value: string } {
    const { id, key } = this.world.emulator.admin.createKey(this.accountId, { mode: "live", description });
    this.handMade.push({ id, description });
    return { id, value: key };
  }
}

async function until(time: number): Promise<void> {
  await delay(Math.max(0, time - Date.now()));
}
