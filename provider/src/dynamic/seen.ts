import { readOutputs } from "./outputs.ts";
import type { Properties } from "./wire.ts";

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
    const { owner, keyId, previous } = readOutputs(properties);
    this.#keys.set(owner, [...(this.#keys.get(owner) ?? []), keyId, ...previous.map((key) => key.keyId)]);
  }

  /**
   * The keys that the state names for an owner; `all` where the state has the owner, and its keys were not shown: then no
   * key with its tag can be called unknown.
   */
  keysOf(owner: string): readonly string[] | "all" {
    return this.#keys.get(owner) ?? (this.#owners.has(owner) ? "all" : []);
  }
}
