import { API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { expect } from "vitest";
import { z } from "zod";
import { conditionOf, isReady } from "../e2e/conditions.ts";
import { apiKey } from "../e2e/manifests.ts";
import type { Manifest } from "../e2e/world.ts";
import type { Installation } from "./installation.ts";

const statusSchema = z.looseObject({ keyId: z.string().optional() }).optional();

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
