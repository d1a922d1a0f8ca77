import { ownerOf } from "../../identity.ts";
import { formatTag } from "../../tag.ts";
import { DEFAULT_TIMING, type Timing } from "../../timing.ts";
import type { Step } from "../step.ts";
import type { DesiredKey } from "../view/desired.ts";
import type { Findings } from "../view/account.ts";
import { ApiServer, type StoredObject } from "./api-server.ts";
import { Auditor, secretNameOf } from "./auditor.ts";
import { Controller } from "./controller.ts";
import { findingsFor } from "./sweep.ts";
import { Vendor } from "./vendor.ts";
import { Workloads } from "./workloads.ts";

/** What an ApiKey of the model declares, unless told otherwise. */
export const DESIRED: DesiredKey = {
  mode: "live",
  description: "Checkout service",
  secretName: "checkout",
  overlap: 3_600_000,
  suspend: false,
};

interface Pending {
  readonly what: string;
  readonly due: number;
  readonly perform: () => unknown;
}

/** A small world: one API server, one vendor, a clock, and the effects that are still on their way. */
export class World {
  readonly api = new ApiServer();
  readonly vendor = new Vendor();
  readonly workloads = new Workloads();
  readonly installation = "0123456789";
  readonly accountId = "acc_1";
  readonly timing: Timing = DEFAULT_TIMING;
  readonly auditor = new Auditor(this.api, this.vendor, this.installation, this.workloads);
  readonly timeline: string[] = [];
  /** The keys that the account lets be adopted. */
  adoptKeyIds: readonly string[] = [];
  now = Date.UTC(2026, 10, 1);
  #pending: Pending[] = [];
  #attempts = 0;
  readonly #findings = new Map<string, Findings>();

  declare(name: string, desired: Partial<DesiredKey> = {}): StoredObject {
    return this.api.declare(name, { ...DESIRED, secretName: name, ...desired });
  }

  controller(name: string, object: string, readOnly = false): Controller {
    return new Controller(this, name, object, readOnly);
  }

  /** A key that somebody else's installation manages, and one made by hand. */
  addForeignKeys(): void {
    const tag = formatTag({
      installation: "ffffffffff",
      owner: ownerOf("x"),
      revision: 1,
      attempt: "foreign2",
    });
    this.vendor.makeByHand(`theirs ${tag}`, this.now);
    this.vendor.makeByHand("made by hand", this.now);
  }

  /** An ApiKey that adopts a key made by hand, whose value its Secret holds already, or does not. */
  declareAdopting(name: string, secret: "with its Secret" | "without a Secret"): StoredObject {
    const { id, value } = this.vendor.makeByHand("Checkout, by Ada", this.now);
    this.adoptKeyIds = [id];
    const content = { owner: undefined, value, record: undefined, touchedFor: undefined };
    if (secret === "with its Secret") this.api.createSecret(name, content);
    return this.declare(name, { adopt: id });
  }

  newAttempt(): string {
    this.#attempts += 1;
    return `at${String(this.#attempts)
      .replaceAll(/[0189]/g, (digit) => "mnop"["0189".indexOf(digit)] ?? "m")
      .padStart(6, "a")}`;
  }

  /** Queues an effect that arrives before its request's deadline at the latest. */
  later(what: string, perform: () => unknown): void {
    this.#pending.push({ what, due: this.now + this.timing.requestDeadline - 1, perform });
  }

  /** Lets the oldest effect on its way arrive now. */
  arrive(): boolean {
    const first = this.#pending.shift();
    if (first === undefined) return false;
    this.log(`${first.what} takes effect late`);
    first.perform();
    return true;
  }

  advanceTo(time: number): void {
    while (this.#pending.some((effect) => effect.due <= time)) {
      const next = this.#pending.toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#pending = this.#pending.filter((effect) => effect !== next);
      this.now = Math.max(this.now, next.due);
      this.log(`${next.what} takes effect late`);
      next.perform();
    }
    this.now = Math.max(this.now, time);
  }

  /** Somebody edits what a step is about to write, so that its guard does not hold. */
  disturb(object: string, secret: string, step: Step): void {
    if (step.kind === "write-status" || step.kind.endsWith("finalizer")) this.api.editObject(object, {});
    if (step.kind.endsWith("secret")) this.api.editSecret(secret, {});
    if (step.kind === "restart-workload") this.workloads.touch(object);
  }

  /** The rollouts under way come to their end. */
  rollOut(): void {
    for (const object of this.api.objects.values())
      this.workloads.rollOut(object.name, this.api.secrets.get(secretNameOf(object))?.value);
  }

  /** An inventory of the account: what it finds is told to every pass from then on, until the next. */
  sweep(): void {
    for (const object of this.api.objects.values())
      this.#findings.set(object.uid, findingsFor(object, this.vendor.keys.values()));
  }

  /** What the last inventory told of an object. */
  findingsOf(object: StoredObject): Findings | undefined {
    return this.#findings.get(object.uid);
  }

  log(text: string): void {
    this.timeline.push(`${new Date(this.now).toISOString().slice(11, 23)}  ${text}`);
  }
}
