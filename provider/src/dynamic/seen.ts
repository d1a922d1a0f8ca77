import { readOutputs, recordedIds } from "./outputs.ts";
import type { Properties } from "./wire.ts";

/** The keys that the state records for an owner; `all` where it has the owner, and its keys were not shown here. */
export type StatedKeys = readonly string[] | "all";

/**
 * What this process has seen of the stack's state. A create has no state of its own, also where it replaces: this is how it
 * knows that a key with its tag is no surprise.
 */
export class Seen {
  readonly #owners = new Set<string>();
  readonly #keys = new Map<string, string[]>();

  /** Takes note of old inputs, as `check` gets them. They name no keys. */
  inputs({ owner }: Properties): void {
    if (typeof owner === "string") this.#owners.add(owner);
  }

  /** Takes note of old outputs, as `diff` gets them. @throws ProviderError if they cannot be read. */
  outputs(properties: Properties): void {
    const outputs = readOutputs(properties);
    this.#keys.set(outputs.owner, [...(this.#keys.get(outputs.owner) ?? []), ...recordedIds(outputs)]);
  }

  keysOf(owner: string): StatedKeys {
    return this.#keys.get(owner) ?? (this.#owners.has(owner) ? "all" : []);
  }
}
