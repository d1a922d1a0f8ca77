import type { Mode } from "@signatureapi-keys/management-api";
import type { Properties } from "../dynamic/wire.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Answer, Request } from "./request.ts";

/** A key in the vendor account. */
export interface VendorKey {
  readonly id: string;
  readonly description: string;
  readonly mode: Mode;
  readonly revoked: boolean;
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The ordinal among the keys of the world. No process can see this. */
  readonly born: number;
  /** The process whose request has made it; `undefined` for a key of something else. No process can see this. */
  readonly madeBy: Maker | undefined;
  /** Whether its maker's confirmation took effect: the value is on its way to an engine. No process can see this. */
  readonly confirmed: boolean;
}

/** Whose request a key comes from. */
export interface Maker {
  readonly stack: number;
  readonly process: number;
}

/** What a program declares, or `undefined` where it declares no key. */
export type Declared = Properties | undefined;

/** What a user may run. `declared` is the name of one of the world's declarations. */
export type Command =
  | { readonly kind: "up"; readonly declared: string; readonly replace?: "create first" | "delete first" }
  | { readonly kind: "refresh" }
  | { readonly kind: "destroy" };

/** A stack with what its user has run last. */
interface Stack {
  readonly checkpoint: Checkpoint;
  /** The declaration of the last `up`. */
  readonly declared: string;
}

/** What a process has begun with. */
interface Begun {
  readonly now: number;
  readonly checkpoint: Checkpoint;
  readonly declared: string;
  /** The ordinal of the next key at that time. */
  readonly born: number;
}

/** A command that runs: an engine with its provider. */
export interface Process {
  /** Counts the processes of a world. */
  readonly id: number;
  readonly stack: number;
  readonly command: Command;
  readonly begun: Begun;
  /** What it has asked so far, and what it was answered: all that its further course depends on. */
  readonly log: readonly Exchange[];
  /** Whether the engine lives. The provider of a dead engine goes on. */
  readonly engine: boolean;
  readonly provider: boolean;
  /** What it asks now. */
  readonly next: Request;
  /** Whether an answer of the API to it was wrong, late or lost. */
  readonly faulty: boolean;
}

/** A request with its answer. */
interface Exchange {
  readonly request: Request;
  readonly answer: Answer;
}

/** How much may still happen. */
export interface Budget {
  /** Kills of a provider, and of an engine. */
  readonly providers: number;
  readonly engines: number;
  readonly faults: number;
  /** Kills and faults together. */
  readonly disturbances: number;
  readonly commands: number;
  readonly ticks: number;
  /** How often another process goes on although the present one could. */
  readonly switches: number;
}

/** A state of the world. It is never changed: an action makes another one. */
export interface State {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly keys: readonly VendorKey[];
  /** The keys as they were before the last command began: what a stale listing shows. */
  readonly before: readonly VendorKey[];
  readonly stacks: readonly Stack[];
  readonly processes: readonly Process[];
  /** Creates that will take effect although they were given up. */
  readonly late: readonly LateCreate[];
  /** The process that did the last step. */
  readonly active: number | undefined;
  readonly nextKey: number;
  readonly nextProcess: number;
  readonly budget: Budget;
}

/** A create on its way. */
export interface LateCreate {
  readonly mode: Mode;
  readonly description: string;
  readonly madeBy: Maker;
}

/** The declarations of a world, and what its programs add to them. */
export interface World {
  readonly name: string;
  readonly declarations: Readonly<Record<string, Declared>>;
  /** The commands that its users may run. */
  readonly commands: readonly Command[];
  /** How many stacks of one name there are. */
  readonly stacks: number;
  /** What was run, without faults, before the search begins. */
  readonly history: readonly Past[];
}

/** A command of the past, or time that has passed. */
type Past = { readonly stack: number; readonly command: Command } | { readonly passes: number };

/** A violation of the invariant. */
export class Violation extends Error {
  override readonly name = "Violation";
}
