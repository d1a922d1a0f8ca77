import type { ChaosOptions } from "./options.ts";
import { usesClusterAccount } from "./places.ts";
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
    /** An ApiKey that takes a key over which was made by hand: the one with this number among those of its account. */
    | {
        readonly kind: "adopt";
        readonly number: number;
        readonly delivered: boolean;
        readonly overlap: string;
      }
    | { readonly kind: "delete" }
    /** The key is to be kept. */
    | { readonly kind: "delete-retained" }
    /** The Secret keeps the previous value from now on. */
    | { readonly kind: "keep-previous" }
    | { readonly kind: "emergency"; readonly cause: string }
    /** The status is lost, as with a backup. */
    | { readonly kind: "wipe-status" }
    /** A Deployment that uses the Secret asks for restarts. */
    | { readonly kind: "deploy" }
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

/** The part of new ApiKeys that adopt a key, where the account has one left. */
const ADOPTIONS = 0.15;
/** Keys that were made by hand, to be adopted, in each account that allows it. */
export const ADOPTABLES = 6;

const WEIGHTS: Readonly<Record<Exclude<ActKind, "create" | "adopt">, number>> = {
  delete: 12,
  "delete-retained": 5,
  "keep-previous": 6,
  emergency: 6,
  "wipe-status": 6,
  deploy: 4,
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
/** What may be done to a key that another user has made: its tag alone is never a licence, so that records count. */
const GENTLE: ReadonlySet<string> = new Set([
  "delete",
  "delete-retained",
  "reshape",
  "overlap",
  "rotate",
  "emergency",
  "keep-previous",
  "deploy",
]);
/**
 * What takes away the other records of a key whose status is wiped: nobody promises to find a key that is recorded
 * nowhere.
 */
const RECORD_LOSSES: ReadonlySet<string> = new Set([
  "delete-secret",
  "edit-secret",
  "strip-annotations",
  "forge-annotations",
  "edit-description",
]);

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
  readonly adopted: boolean;
  losses: number;
  /** Which of the two records of its key may be lost: of both, one only. */
  loses: "either" | "status" | "secret";
  deployed: boolean;
}

class Scheduler {
  readonly #random: Random;
  readonly #namespaces: readonly string[];
  readonly #keys: number;
  readonly #time: number;
  #alive: Declared[] = [];
  #gone: Declared[] = [];
  #names = 0;
  readonly #adopted = new Map<string, number>();

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
    if (!mayMeet(target, kind)) return undefined;
    if (kind === "deploy") target.deployed = true;
    if (kind === "wipe-status") target.loses = "status";
    if (RECORD_LOSSES.has(kind)) target.loses = "secret";
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
    const number = this.#adopted.get(namespace) ?? 0;
    const adopted =
      reused === undefined &&
      !usesClusterAccount(namespace) &&
      number < ADOPTABLES &&
      this.#random.chance(ADOPTIONS);
    const mode = !taken && !adopted && this.#random.chance(0.3) ? "test" : "live";
    const overlap = this.#random.pick(OVERLAPS);
    const start = { losses: 0, loses: "either", deployed: false } as const;
    this.#alive.push({ namespace, name, mode, since: at, adopted, ...start });
    if (!adopted) return { kind: "create", namespace, name, mode, overlap };
    this.#adopted.set(namespace, number + 1);
    return { kind: "adopt", namespace, name, number, delivered: this.#random.chance(0.5), overlap };
  }

  #change(kind: keyof typeof WEIGHTS, target: Declared, at: number): Act {
    const { namespace, name } = target;
    const random = this.#random;
    switch (kind) {
      case "delete":
      case "delete-retained":
        this.#alive = this.#alive.filter((other) => other !== target);
        this.#gone.push({ ...target, since: at });
        return { kind, namespace, name };
      case "reshape":
        return { kind, namespace, name, label: `v${random.int(1, 1_000)}`, template: random.chance(0.5) };
      case "overlap":
        return { kind, namespace, name, overlap: random.pick(OVERLAPS) };
      case "describe":
        return { kind, namespace, name, text: `Described ${random.int(1, 1_000)}` };
      case "emergency":
        return { kind, namespace, name, cause: `e${random.int(1, 1_000_000)}` };
      case "rotate":
        return { kind, namespace, name, trigger: `t${random.int(1, 1_000_000)}` };
      case "edit-description":
        return { kind, namespace, name, how: random.pick(["prefix", "no-tag"] as const) };
      default:
        return { kind, namespace, name };
    }
  }
}

function mayMeet({ adopted, mode, loses, deployed }: Declared, kind: keyof typeof WEIGHTS): boolean {
  if (adopted && !GENTLE.has(kind)) return false;
  if (kind === "wipe-status") return loses !== "secret" && mode === "live";
  if (RECORD_LOSSES.has(kind)) return loses !== "status";
  return kind !== "deploy" || !deployed;
}
