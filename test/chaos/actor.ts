import { isKubeError } from "@signatureapi-keys/controller/kube";
import { API_KEYS, SECRET_ANNOTATIONS, SECRETS } from "@signatureapi-keys/controller/resources";
import { withoutTag } from "@signatureapi-keys/lifecycle";
import { accountIdOf, tokenOf, type Manifest } from "../e2e/manifests.ts";
import { workload } from "../workloads/workload.ts";
import { workloadType } from "../workloads/resources.ts";
import type { ChaosWorld } from "./chaos-world.ts";
import { accountRefOf } from "./fleet.ts";
import { ENTRY, PREVIOUS_ENTRY, seenApiKey } from "./observe.ts";
import type { Recorder } from "./recorder.ts";
import type { Act, Target } from "./schedule.ts";

/** There is nothing there that could be changed. */
const SKIPPED = "skipped";

/** What came of an act besides its effect. */
interface Done {
  readonly keyId?: string | undefined;
  readonly uid?: string | undefined;
}

/** Does what users, administrators and accidents do, and notes it. */
export class Actor {
  readonly #world: ChaosWorld;
  readonly #recorder: Recorder;

  constructor(world: ChaosWorld) {
    this.#world = world;
    this.#recorder = world.recorder;
  }

  /** Does it, and notes what came of it: that something is not there (any more) is no failure. */
  async perform(act: Act): Promise<void> {
    const at = Date.now();
    const { kind, namespace, name } = act;
    const note = (outcome: "done" | "skipped" | "failed", { keyId, uid }: Done = {}): void => {
      this.#recorder.acts.push({ at, doneAt: Date.now(), kind, namespace, name, keyId, uid, outcome });
    };
    try {
      const done = await this.#do(act);
      if (done === SKIPPED) note("skipped");
      else note("done", done);
    } catch (error) {
      const missed = isKubeError(error, "not-found", "already-exists", "conflict");
      note(missed ? "skipped" : "failed");
    }
  }

  async #do(act: Act): Promise<Done | typeof SKIPPED> {
    const { kube } = this.#world;
    switch (act.kind) {
      case "create":
        if (act.mode === "test" && this.#hasTestKey(act)) return SKIPPED;
        return this.#declare(act, { mode: act.mode, rotation: { overlap: act.overlap } });
      case "adopt":
        return this.#adopt(act);
      case "delete":
        await kube.delete(API_KEYS, act);
        return {};
      case "delete-retained":
        // A deletion that retains the key waits for the overlap of others.
        await this.#change(act, { deletionPolicy: "Retain", rotation: { overlap: "0s" } });
        await kube.delete(API_KEYS, act);
        return {};
      case "keep-previous":
        return this.#change(act, { secret: { previousKey: PREVIOUS_ENTRY } });
      case "emergency": {
        const annotations = { "signatureapi.com/emergency-rotate": act.cause };
        await kube.patch(API_KEYS, act, { metadata: { annotations } }, { type: "merge" });
        return {};
      }
      case "wipe-status":
        await kube.updateStatus(API_KEYS, { ...(await kube.get(API_KEYS, act)), status: {} });
        return {};
      case "deploy":
        return this.#deploy(act);
      case "reshape": {
        const template = act.template ? [{ name: ".env", value: "SIGNATUREAPI_KEY={{key}}\n" }] : null;
        return this.#change(act, { secret: { labels: { shape: act.label }, template } });
      }
      case "overlap":
        return this.#change(act, { rotation: { overlap: act.overlap } });
      case "describe":
        return this.#change(act, { description: act.text });
      case "rotate":
        return this.#change(act, { rotation: { trigger: act.trigger } });
      case "delete-secret":
        await kube.delete(SECRETS, act);
        return {};
      case "edit-secret": {
        const data = { [ENTRY]: Buffer.from("edited by hand").toString("base64") };
        await kube.patch(SECRETS, act, { data }, { type: "merge" });
        return {};
      }
      case "strip-annotations": {
        const names = Object.values(SECRET_ANNOTATIONS);
        return this.#annotate(act, Object.fromEntries(names.map((name) => [name, null])));
      }
      case "forge-annotations":
        return this.#annotate(act, { [SECRET_ANNOTATIONS.keyId]: this.#someoneElsesKey(act) });
      case "revoke-key":
        return this.#revoke(act);
      case "edit-description":
        return this.#describeKey(act, act.how);
    }
  }

  /** An account has one test key. A rollback of etcd may have brought the ApiKey back whose key it is. */
  #hasTestKey({ namespace }: Target): boolean {
    return this.#recorder
      .liveApiKeys()
      .map((object) => seenApiKey(object, Date.now()))
      .some((other) => other.namespace === namespace && other.mode === "test" && !other.deleting);
  }

  async #declare({ namespace, name }: Target, declared: Manifest): Promise<Done> {
    const spec = { accountRef: accountRefOf(namespace), ...declared };
    const created = await this.#world.kube.create(API_KEYS, { metadata: { namespace, name }, spec });
    return { uid: created.metadata.uid };
  }

  async #adopt(act: Act & { readonly kind: "adopt" }): Promise<Done | typeof SKIPPED> {
    const { namespace, name, delivered, overlap } = act;
    const account = accountIdOf(namespace);
    const adoptable = this.#world.adoptables.filter((key) => key.account === account).at(act.number);
    if (adoptable === undefined) return SKIPPED;
    const { id: keyId, value } = adoptable;
    if (delivered) {
      const data = { [ENTRY]: Buffer.from(value).toString("base64") };
      await this.#world.kube.create(SECRETS, { metadata: { namespace, name }, data });
    }
    const done = await this.#declare(act, { mode: "live", rotation: { overlap }, adopt: { keyId } });
    return { ...done, keyId };
  }

  async #deploy({ namespace, name }: Target): Promise<Done> {
    const container = { envFrom: [{ secretRef: { name } }] };
    const { metadata, spec } = workload(namespace, { name, restartsFor: [name], container });
    await this.#world.kube.create(workloadType("Deployment"), { metadata, spec });
    return {};
  }

  async #change(target: Target, spec: Manifest): Promise<Done> {
    await this.#world.kube.patch(API_KEYS, target, { spec }, { type: "merge" });
    return {};
  }

  async #annotate(target: Target, annotations: Record<string, string | null>): Promise<Done> {
    await this.#world.kube.patch(SECRETS, target, { metadata: { annotations } }, { type: "merge" });
    return {};
  }

  #someoneElsesKey({ namespace }: Target): string {
    const { others } = this.#recorder;
    return others.find(({ account }) => account === accountIdOf(namespace))?.id ?? "none";
  }

  #revoke(target: Target): Done | typeof SKIPPED {
    const keyId = this.#currentKey(target);
    if (keyId === undefined) return SKIPPED;
    this.#world.emulator.admin.revokeKey(accountIdOf(target.namespace), keyId);
    return { keyId };
  }

  /** The key that the status names, if it lives and nothing is under way that may replace it. */
  #currentKey({ namespace, name }: Target): string | undefined {
    const object = this.#recorder
      .liveApiKeys()
      .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    if (object === undefined) return undefined;
    const { status, deleting } = seenApiKey(object, Date.now());
    if (deleting || status.keyId === undefined || status.attempt !== undefined) return undefined;
    const key = this.#world.emulator.admin.keys().find(({ id }) => id === status.keyId);
    return key?.status === "active" ? key.id : undefined;
  }

  /** As an administrator in the dashboard would; the request meets the same faults as any other. */
  async #describeKey(target: Target, how: "prefix" | "no-tag"): Promise<Done | typeof SKIPPED> {
    const keyId = this.#currentKey(target);
    const key = this.#world.emulator.admin.keys().find(({ id }) => id === keyId);
    if (key === undefined) return SKIPPED;
    const description =
      how === "prefix" ? `Edited. ${key.description}` : `${withoutTag(key.description)} by hand`;
    const answer = await fetch(`${this.#world.emulator.url}/api-keys/${key.id}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${tokenOf(target.namespace)}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ description: description.slice(0, 255) }),
      signal: AbortSignal.timeout(5_000),
      redirect: "manual",
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the edit of a description is answered with ${answer.status}`);
    return { keyId: key.id };
  }
}
