import type { Secret } from "../resources/types.ts";

/**
 * Remembers what others had in a Secret when it left the cache. Whether it was deleted, or only lost its labels, shows
 * when it is read live. Kept in memory only: what is deleted while no controller runs, or is not watched, is not noticed.
 */
export class LostEntries {
  readonly #names = new Map<string, readonly string[]>();

  /** Takes note of the entries of others. @param uid of the ApiKey. */
  note(uid: string, names: readonly string[]): void {
    if (names.length > 0) this.#names.set(uid, names);
  }

  /** The entries that are not there any more; asked once, with the Secret as it was read live. */
  take(uid: string, found: Secret | undefined): readonly string[] {
    const names = this.#names.get(uid) ?? [];
    this.#names.delete(uid);
    return names.filter((name) => !Object.hasOwn(found?.data ?? {}, name));
  }

  forget(uid: string): void {
    this.#names.delete(uid);
  }
}
