import { API_KEYS, SECRETS, type CustomObject } from "@signatureapi-keys/controller/resources";
import { expect } from "vitest";
import { z } from "zod";
import { conditionOf, isReady } from "../e2e/conditions.ts";
import { apiKey } from "../e2e/manifests.ts";
import type { Manifest } from "../e2e/world.ts";
import { workloadType } from "../workloads/resources.ts";
import { workload } from "../workloads/workload.ts";
import type { Installation } from "./installation.ts";

const statusSchema = z
  .looseObject({ keyId: z.string().optional(), previous: z.array(z.unknown()).optional() })
  .optional();

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

  constructor(world: Installation, namespace: string, accountRef: Manifest) {
    this.#world = world;
    this.#namespace = namespace;
    this.#accountRef = accountRef;
  }

  async becomeReady(): Promise<void> {
    for (const mode of ["test", "live"]) await this.#declare(mode);
    for (const mode of ["test", "live"]) {
      await this.#world.watcher.until(API_KEYS, this.#ref(mode), isReady);
      expect(await this.#modeOfDelivered(mode)).toBe(mode);
    }
  }

  async takeLabels(): Promise<void> {
    await this.#declare("live", { tier: "web" });
    await this.#world.watcher.until(
      SECRETS,
      this.#ref("live"),
      (secret) => secret?.metadata.labels?.["tier"] === "web",
    );
  }

  async healLostSecret(): Promise<void> {
    const lost = await this.#keyId("live");
    const { uid } = (await this.#world.kube.get(SECRETS, this.#ref("live"))).metadata;
    await this.#world.kube.delete(SECRETS, this.#ref("live"));
    await this.#world.watcher.until(
      SECRETS,
      this.#ref("live"),
      (secret) => secret !== undefined && secret.metadata.uid !== uid,
    );
    await this.#world.watcher.until(
      API_KEYS,
      this.#ref("live"),
      (object) => isReady(object) === true && keyIdOf(object) !== lost,
    );
    expect(await this.#modeOfDelivered("live")).toBe("live");
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
    await this.#world.kube.patch(API_KEYS, this.#ref("live"), { spec: { rotation } }, { type: "merge" });
    const ref = { namespace: this.#namespace, name: "app" };
    // The restart comes some seconds after the new value.
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"] as const)
      await this.#world.watcher.until(workloadType(kind), ref, (object) => object?.metadata.generation === 2);
    await this.#world.watcher.until(API_KEYS, this.#ref("live"), waitsForRollout);
    for (const kind of ["Deployment", "StatefulSet", "DaemonSet"] as const) {
      await this.#world.kube.delete(workloadType(kind), ref);
    }
    await this.#world.watcher.until(
      API_KEYS,
      this.#ref("live"),
      (object) => statusSchema.parse(object?.status)?.previous === undefined,
    );
  }

  /** The same complaint twice is one event with a count. */
  async complainTwice(): Promise<void> {
    const reason = "SecretMetadataNotAllowed";
    for (let times = 0; times < 2; times += 1) {
      await this.#declare("live", { "argocd.argoproj.io/secret-type": "cluster" });
      await this.#world.watcher.until(
        API_KEYS,
        this.#ref("live"),
        (object) => conditionOf(object, "Stalled")?.reason === reason,
      );
      await this.#declare("live", { tier: "web" });
      await this.#world.watcher.until(
        API_KEYS,
        this.#ref("live"),
        (object) => conditionOf(object, "Stalled") === undefined && isReady(object),
      );
    }
  }

  async revokeOnDeletion(): Promise<void> {
    const ids = [await this.#keyId("test"), await this.#keyId("live")];
    const active = (): string[] =>
      this.#world.emulator.admin
        .keys()
        .filter(({ status }) => status === "active")
        .map(({ id }) => id);
    expect(active()).toEqual(expect.arrayContaining(ids));
    for (const mode of ["test", "live"]) {
      await this.#world.kube.delete(API_KEYS, this.#ref(mode));
      await this.#world.watcher.until(API_KEYS, this.#ref(mode), (object) => object === undefined);
    }
    expect(active().filter((id) => ids.includes(id))).toEqual([]);
    expect(await this.#world.kube.find(SECRETS, this.#ref("live"))).toBeUndefined();
  }

  async #declare(mode: string, labels: Record<string, string> = {}): Promise<void> {
    const spec = { mode, accountRef: this.#accountRef, secret: { labels } };
    await this.#world.apply(apiKey(this.#namespace, mode, spec));
  }

  async #keyId(mode: string): Promise<string> {
    const id = keyIdOf(await this.#world.kube.get(API_KEYS, this.#ref(mode)));
    if (id === undefined) throw new Error(`ApiKey ${mode} has no key`);
    return id;
  }

  /** What the data plane says of the value that stands in the Secret. */
  async #modeOfDelivered(mode: string): Promise<string> {
    const { data } = await this.#world.kube.get(SECRETS, this.#ref(mode));
    const value = Buffer.from(data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
    const answer = await fetch(`${this.#world.emulator.url}/envelopes`, { headers: { "X-API-Key": value } });
    expect(answer.status).toBe(200);
    return z.looseObject({ mode: z.string() }).parse(await answer.json()).mode;
  }

  #ref(name: string): { namespace: string; name: string } {
    return { namespace: this.#namespace, name };
  }
}

function keyIdOf(object: { readonly status?: unknown } | undefined): string | undefined {
  return statusSchema.parse(object?.status)?.keyId;
}

function waitsForRollout(object: CustomObject | undefined): boolean {
  return conditionOf(object, "Reconciling")?.message.includes("not rolled out yet") === true;
}
