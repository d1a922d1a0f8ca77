import { apiKeyStatusSchema, type CustomObject } from "@signatureapi-keys/controller/resources";
import { expect } from "vitest";
import { conditionOf, isReady, problemOf } from "../e2e/conditions.ts";
import { OneKey } from "../e2e/one-key.ts";
import type { Manifest } from "../e2e/manifests.ts";
import { workloadType } from "../workloads/resources.ts";
import { workload } from "../workloads/workload.ts";
import type { Installation } from "./installation.ts";

/**
 * Lets ApiKeys of a namespace go through everything that the controller does: mint, rewrite, heal, complain, revoke.
 * After it, nothing of them is left.
 */
export async function liveThrough(
  installation: Installation,
  namespace: string,
  accountRef: Manifest,
): Promise<void> {
  const life = new KeyLife(installation, namespace, accountRef);
  await life.becomeReady();
  await life.takeLabels();
  await life.healLostSecret();
  await life.restartDependents();
  await life.complainTwice();
  await life.revokeOnDeletion();
}

class KeyLife {
  readonly #world: Installation;
  readonly #namespace: string;
  readonly #accountRef: Manifest;
  readonly #live: OneKey;
  readonly #test: OneKey;

  constructor(world: Installation, namespace: string, accountRef: Manifest) {
    this.#world = world;
    this.#namespace = namespace;
    this.#accountRef = accountRef;
    this.#live = new OneKey(world, namespace, { name: "live" });
    this.#test = new OneKey(world, namespace, { name: "test" });
  }

  async becomeReady(): Promise<void> {
    const keys = [this.#test, this.#live];
    for (const key of keys) await this.#declare(key);
    for (const key of keys) {
      await key.untilReady();
      await this.#expectDelivered(key);
    }
  }

  async takeLabels(): Promise<void> {
    await this.#declare(this.#live, { tier: "web" });
    await this.#live.untilSecret(({ metadata }) => metadata.labels?.["tier"] === "web");
  }

  async healLostSecret(): Promise<void> {
    const { keyId: lost } = await this.#live.delivered();
    const { uid } = (await this.#live.secret()).metadata;
    await this.#live.deleteSecret();
    await this.#live.untilSecret(({ metadata }) => metadata.uid !== uid);
    await this.#live.until((object) => isReady(object) === true && keyIdOf(object) !== lost);
    await this.#expectDelivered(this.#live);
  }

  /**
   * A rotation restarts what is labelled for it; where Pods may be listed, they are looked at. Nothing rolls out in
   * this cluster, so that the rollouts are looked at, and the old key stays.
   */
  async restartDependents(): Promise<void> {
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"] as const)
      await this.#world.apply(workload(this.#namespace, { kind, restartsFor: ["live"] }));
    const holdWhileInUse = this.#world.listsPods;
    const rotation = { overlap: "0s", trigger: "one", holdWhileInUse };
    await this.#live.change({ rotation });
    const ref = { namespace: this.#namespace, name: "app" };
    // The restart comes some seconds after the new value.
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"] as const)
      await this.#world.watcher.until(workloadType(kind), ref, (object) => object?.metadata.generation === 2);
    await this.#live.until(waitsForRollout);
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"] as const) {
      await this.#world.kube.delete(workloadType(kind), ref);
    }
    await this.#live.untilStatus(({ previous }) => previous === undefined);
  }

  /** The same complaint twice is one event with a count. */
  async complainTwice(): Promise<void> {
    for (let times = 0; times < 2; times += 1) {
      await this.#declare(this.#live, { "argocd.argoproj.io/secret-type": "cluster" });
      await this.#live.stalled("SecretMetadataNotAllowed");
      await this.#declare(this.#live, { tier: "web" });
      await this.#live.until((object) => problemOf(object) === undefined && isReady(object));
    }
  }

  async revokeOnDeletion(): Promise<void> {
    const keys = [this.#test, this.#live];
    const ids = await Promise.all(keys.map(async (key) => (await key.status()).keyId));
    expect(ids.map((id) => this.#world.stateOf(id))).toEqual(["active", "active"]);
    for (const key of keys) await key.remove();
    expect(ids.map((id) => this.#world.stateOf(id))).toEqual(["revoked", "revoked"]);
    expect(await this.#live.findSecret()).toBeUndefined();
  }

  /** The name of each is its mode. */
  async #declare(key: OneKey, labels: Record<string, string> = {}): Promise<void> {
    await key.declare({ mode: key.ref.name, accountRef: this.#accountRef, secret: { labels } });
  }

  async #expectDelivered(key: OneKey): Promise<void> {
    const answer = await this.#world.authenticate((await key.value()) ?? "");
    expect(answer).toEqual({ status: 200, mode: key.ref.name });
  }
}

function keyIdOf(object: { readonly status?: unknown } | undefined): string | undefined {
  return apiKeyStatusSchema.parse(object?.status ?? {}).keyId;
}

function waitsForRollout(object: CustomObject | undefined): boolean {
  return conditionOf(object, "Ready")?.message.includes("not rolled out yet") === true;
}
