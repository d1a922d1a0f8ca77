import type { ChaosOptions } from "./options.ts";
import { Random } from "./random.ts";

/** An ApiKey, or the Secret of the same name. */
export interface Target {
  readonly namespace: string;
  readonly name: string;
}

/** Something that a user, an administrator or an accident does. */
export type Act = Target &
  (
    | { readonly kind: "create"; readonly mode: "test" | "live"; readonly overlap: string }
    | { readonly kind: "delete" }
    /** Labels, or an entry more, in the Secret: nothing may be minted for it. */
    | { readonly kind: "reshape"; readonly label: string; readonly template: boolean }
    | { readonly kind: "overlap"; readonly overlap: string }
    | { readonly kind: "describe"; readonly text: string }
    | { readonly kind: "rotate"; readonly trigger: string }
    | { readonly kind: "delete-secret" }
    | { readonly kind: "edit-secret" }
    | { readonly kind: "strip-annotations" }
    /** The Secret's annotations name a key made by hand: that is no licence to touch it. */
    | { readonly kind: "forge-annotations" }
    /** The key is revoked in the vendor's dashboard. */
    | { readonly kind: "revoke-key" }
    /** The key's description is edited in the vendor's dashboard: text put before it, or the tag taken off. */
    | { readonly kind: "edit-description"; readonly how: "prefix" | "no-tag" }
  );

export type ActKind = Act["kind"];

/** An act, and when it is done: milliseconds from the start. */
export interface ScheduledAct {
  readonly at: number;
  readonly act: Act;
}

const ACTS_PER_KEY = 3.5;
/** The part of the time in which the number of ApiKeys grows. */
const RAMP = 0.6;
const OVERLAPS = ["0s", "2s", "10s", "1h"] as const;
/** Below the five healings an hour that the controller grants: this is no fight over a Secret. */
const MOST_LOSSES = 2;
/** An ApiKey is left alone for a moment after its creation, and its name after its deletion. */
const YOUNG_MS = 3_000;

const WEIGHTS: Readonly<Record<Exclude<ActKind, "create">, number>> = {
  delete: 14,
  reshape: 10,
  overlap: 6,
  describe: 4,
  rotate: 26,
  "delete-secret": 12,
  "edit-secret": 8,
  "strip-annotations": 8,
  "forge-annotations": 4,
  "revoke-key": 4,
  "edit-description": 6,
};
const LOSSES: ReadonlySet<string> = new Set(["delete-secret", "edit-secret", "revoke-key"]);

/** The namespaces of a run, each with an account of its own. */
export function namespacesOf({ keys }: Pick<ChaosOptions, "keys">): readonly string[] {
  return Array.from({ length: Math.max(4, Math.ceil(keys / 50)) }, (_, index) => `chaos-${index + 1}`);
}

/** Everything that is done in a run, in the order of its times: a function of the options alone. */
export function scheduleOf(
  options: Pick<ChaosOptions, "seed" | "keys" | "seconds">,
): readonly ScheduledAct[] {
  return new Scheduler(options).all();
}

interface Declared extends Target {
  readonly mode: "test" | "live";
  readonly since: number;
  losses: number;
}

class Scheduler {
  readonly #random: Random;
  readonly #namespaces: readonly string[];
  readonly #keys: number;
  readonly #time: number;
  #alive: Declared[] = [];
  #gone: Declared[] = [];
  #names = 0;

  constructor({ seed, keys, seconds }: Pick<ChaosOptions, "seed" | "keys" | "seconds">) {
    this.#random = new Random(seed, "acts");
    this.#namespaces = namespacesOf({ keys });
    this.#keys = keys;
    this.#time = seconds * 1_000;
  }

  all(): readonly ScheduledAct[] {
    const pause = this.#time / (this.#keys * ACTS_PER_KEY);
    const acts: ScheduledAct[] = [];
    for (let at = 0; at < this.#time; at += pause * this.#random.between(0.2, 1.8)) {
      const act = this.#next(at);
      if (act !== undefined) acts.push({ at: Math.round(at), act });
    }
    return acts;
  }

  #next(at: number): Act | undefined {
    const wanted = Math.ceil(this.#keys * Math.min(1, at / (RAMP * this.#time) + 0.05));
    if (this.#alive.length < wanted) return this.#create(at);
    const grown = this.#alive.filter(({ since }) => since + YOUNG_MS <= at);
    if (grown.length === 0) return undefined;
    const target = this.#random.pick(grown);
    const kind = this.#random.weighted(WEIGHTS);
    if (LOSSES.has(kind)) {
      if (target.losses >= MOST_LOSSES) return undefined;
      target.losses += 1;
    }
    return this.#change(kind, target, at);
  }

  #create(at: number): Act {
    const again = this.#gone.filter(({ since }) => since + YOUNG_MS <= at);
    const reused = again.length > 0 && this.#random.chance(0.3) ? this.#random.pick(again) : undefined;
    if (reused !== undefined) this.#gone = this.#gone.filter((other) => other !== reused);
    const { namespace, name } = reused ?? {
      namespace: this.#random.pick(this.#namespaces),
      name: `key-${(this.#names += 1)}`,
    };
    const taken = this.#alive.some((other) => other.namespace === namespace && other.mode === "test");
    const mode = !taken && this.#random.chance(0.3) ? "test" : "live";
    this.#alive.push({ namespace, name, mode, since: at, losses: 0 });
    return { kind: "create", namespace, name, mode, overlap: this.#random.pick(OVERLAPS) };
  }

  #change(kind: keyof typeof WEIGHTS, target: Declared, at: number): Act {
    const { namespace, name } = target;
    const random = this.#random;
    switch (kind) {
      case "delete":
        this.#alive = this.#alive.filter((other) => other !== target);
        this.#gone.push({ ...target, since: at });
        return { kind, namespace, name };
      case "reshape":
        return { kind, namespace, name, label: `v${random.int(1, 1_000)}`, template: random.chance(0.5) };
      case "overlap":
        return { kind, namespace, name, overlap: random.pick(OVERLAPS) };
      case "describe":
        return { kind, namespace, name, text: `Described ${random.int(1, 1_000)}` };
      case "rotate":
        return { kind, namespace, name, trigger: `t${random.int(1, 1_000_000)}` };
      case "edit-description":
        return { kind, namespace, name, how: random.pick(["prefix", "no-tag"] as const) };
      default:
        return { kind, namespace, name };
    }
  }
}
