import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../client/object-meta.ts";
import { Store } from "./store.ts";

function object(
  key: string,
  resourceVersion: string,
  uid = `uid-${key}`,
  labels: Record<string, string> = {},
): KubeObject {
  const [namespace, name = ""] = key.split("/");
  return { apiVersion: "v1", kind: "Thing", metadata: { name, namespace, uid, resourceVersion, labels } };
}

const types = (changes: readonly { type: string }[]): string[] => changes.map(({ type }) => type);

describe("a store", () => {
  test("tells added, updated and unchanged apart", () => {
    const store = new Store();
    expect(types(store.set(object("a/x", "1")))).toEqual(["added"]);
    expect(types(store.set(object("a/x", "1")))).toEqual([]);
    const [change] = store.set(object("a/x", "2"));
    expect(change).toMatchObject({ type: "updated", old: { metadata: { resourceVersion: "1" } } });
  });

  test("sees another object of the same name as one deleted and one added", () => {
    const store = new Store();
    store.set(object("a/x", "1", "first"));
    expect(types(store.set(object("a/x", "2", "second")))).toEqual(["deleted", "added"]);
  });

  test("replaces only what lies in the scope, and keeps what could not be read", () => {
    const store = new Store();
    for (const key of ["a/x", "a/y", "a/z", "b/x"]) store.set(object(key, "1"));
    const changes = store.replace([object("a/x", "2")], "a", new Set(["a/z"]));
    expect(changes.map(({ type, object: { metadata } }) => [type, metadata.name])).toEqual([
      ["deleted", "y"],
      ["updated", "x"],
    ]);
    expect(store.keys().toSorted()).toEqual(["a/x", "a/z", "b/x"]);
  });

  test("finds objects by an index, and forgets them with their values", () => {
    const store = new Store({ app: ({ metadata }) => [metadata.labels?.["app"] ?? ""] });
    store.set(object("a/x", "1", "u", { app: "shop" }));
    store.set(object("b/y", "1", "v", { app: "shop" }));
    expect(store.byIndex("app", "shop")).toHaveLength(2);
    store.set(object("a/x", "2", "u", { app: "blog" }));
    store.delete("b/y");
    expect(store.byIndex("app", "shop")).toEqual([]);
    expect(store.byIndex("app", "blog")).toHaveLength(1);
    expect(() => store.byIndex("none", "x")).toThrow(TypeError);
  });

  test("an index finds and counts the objects that have a value now, however many they are", () => {
    const change = fc.record({
      key: fc.constantFrom("a/1", "a/2", "a/3"),
      apps: fc.subarray(["shop", "blog"]),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const store = new Store({ app: ({ metadata }) => Object.keys(metadata.labels ?? {}) });
        for (const [version, { key, apps, remove }] of changes.entries()) {
          const labels = Object.fromEntries(apps.map((app) => [app, ""]));
          if (remove) store.delete(key);
          else store.set(object(key, String(version), "uid", labels));
          for (const app of ["shop", "blog"]) {
            const expected = store.list().filter(({ metadata }) => metadata.labels?.[app] !== undefined);
            expect(new Set(store.byIndex("app", app))).toEqual(new Set(expected));
            expect(store.byIndex("app", app)).toHaveLength(expected.length);
            expect(store.countByIndex("app", app)).toBe(expected.length);
          }
        }
      }),
    );
  });

  test("tells every difference between two lists: replayed, its changes give the second", () => {
    const list = fc
      .uniqueArray(
        fc.tuple(
          fc.constantFrom("a/1", "a/2", "b/1", "b/2"),
          fc.integer({ min: 1, max: 3 }),
          fc.constantFrom("u", "v"),
        ),
        {
          selector: ([key]) => key,
        },
      )
      .map((entries) => entries.map(([key, version, uid]) => object(key, String(version), uid)));
    fc.assert(
      fc.property(list, list, (before, after) => {
        const store = new Store();
        const replayed = new Map<string, KubeObject>();
        for (const listed of [before, after]) {
          for (const change of store.replace(listed, undefined, new Set())) {
            const { uid } = change.object.metadata;
            const key = `${change.object.metadata.namespace}/${change.object.metadata.name}`;
            if (change.type === "deleted") {
              expect(replayed.get(key)?.metadata.uid).toBe(uid);
              replayed.delete(key);
            } else {
              expect(replayed.has(key)).toBe(change.type === "updated");
              replayed.set(key, change.object);
            }
          }
        }
        expect(new Set(replayed.values())).toEqual(new Set(store.list()));
        expect(replayed.size).toBe(after.length);
      }),
    );
  });
});
