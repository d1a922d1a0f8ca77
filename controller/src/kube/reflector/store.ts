import type { KubeObject } from "../client/object-meta.ts";
import { keyOf, parseKey } from "../client/resource-type.ts";

/** Gives the values under which an object is found in an index. */
export type Indexer<T> = (object: T) => readonly string[];

/** One difference between what was known before and after. */
export type StoreChange<T> =
  | { readonly type: "added"; readonly object: T }
  | { readonly type: "updated"; readonly object: T; readonly old: T }
  | { readonly type: "deleted"; readonly object: T };

/** What a reflector knows, for reading. Objects are shared: they must not be changed. */
export interface ReadonlyStore<T> {
  readonly size: number;
  /** By `namespace/name`, or `name` where cluster-scoped. */
  get(key: string): T | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): readonly T[];
  keys(): readonly string[];
  /** @throws TypeError if there is no index of that name */
  byIndex(index: string, value: string): readonly T[];
  /** How many there are, whose count costs nothing. @throws TypeError if there is no index of that name */
  countByIndex(index: string, value: string): number;
}

/** Objects by key, with indexes. */
export class Store<T extends KubeObject> implements ReadonlyStore<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: Readonly<Record<string, Indexer<T>>>;
  /** Index name → value → keys. Most values have one key, and a set of one takes ten times the memory. */
  readonly #indexes = new Map<string, Map<string, string | Set<string>>>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.#indexers = indexers;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  byIndex(index: string, value: string): readonly T[] {
    const keys = this.#valuesOf(index).get(value) ?? [];
    return (typeof keys === "string" ? [keys] : [...keys]).flatMap((key) => this.#objects.get(key) ?? []);
  }

  countByIndex(index: string, value: string): number {
    const keys = this.#valuesOf(index).get(value);
    return typeof keys === "string" ? 1 : (keys?.size ?? 0);
  }

  /** Takes an object in. Nothing changes where its resourceVersion is known already. */
  set(object: T): StoreChange<T>[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old !== undefined && old.metadata.uid === object.metadata.uid) {
      if (old.metadata.resourceVersion === object.metadata.resourceVersion) return [];
      this.#put(key, object);
      return [{ type: "updated", object, old }];
    }
    this.#put(key, object);
    const added: StoreChange<T> = { type: "added", object };
    // The same name is another object now; a handler that holds something for the old one must hear that it is gone.
    return old === undefined ? [added] : [{ type: "deleted", object: old }, added];
  }

  delete(key: string): StoreChange<T>[] {
    const old = this.#objects.get(key);
    if (old === undefined) return [];
    this.#unindex(key, old);
    this.#objects.delete(key);
    return [{ type: "deleted", object: old }];
  }

  /**
   * Makes the store equal to a complete list.
   * @param scope the namespace that was listed; undefined for all
   * @param keep keys of objects that exist and could not be read: what is known of them stays
   */
  replace(objects: readonly T[], scope: string | undefined, keep: ReadonlySet<string>): StoreChange<T>[] {
    const listed = new Set(objects.map((object) => keyOf(object)));
    const gone = this.keys().filter(
      (key) =>
        !listed.has(key) && !keep.has(key) && (scope === undefined || parseKey(key).namespace === scope),
    );
    return [...gone.flatMap((key) => this.delete(key)), ...objects.flatMap((object) => this.set(object))];
  }

  #valuesOf(index: string): ReadonlyMap<string, string | ReadonlySet<string>> {
    const values = this.#indexes.get(index);
    if (values === undefined) throw new TypeError(`there is no index ${JSON.stringify(index)}`);
    return values;
  }

  #put(key: string, object: T): void {
    const old = this.#objects.get(key);
    if (old !== undefined) this.#unindex(key, old);
    this.#objects.set(key, object);
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const values = this.#indexes.get(name);
      for (const value of indexer(object)) {
        const keys = values?.get(value);
        if (keys === undefined) values?.set(value, key);
        else if (typeof keys !== "string") keys.add(key);
        else if (keys !== key) values?.set(value, new Set([keys, key]));
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const values = this.#indexes.get(name);
      for (const value of indexer(object)) {
        const keys = values?.get(value);
        if (keys === key) values?.delete(value);
        if (keys === undefined || typeof keys === "string") continue;
        keys.delete(key);
        if (keys.size === 1) for (const last of keys) values?.set(value, last);
      }
    }
  }
}
