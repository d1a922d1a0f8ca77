import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairBacklog } from "./fair-backlog.ts";

function filled(most: number, waiting: Readonly<Record<string, number>>): FairBacklog<string> {
  const backlog = new FairBacklog<string>(most);
  for (const [namespace, count] of Object.entries(waiting))
    for (let index = 0; index < count; index++) backlog.add(namespace, `${namespace}-${index}`);
  return backlog;
}

function taken(backlog: FairBacklog<string>): string[] {
  const items: string[] = [];
  for (let item = backlog.takeNext(); item !== undefined; item = backlog.takeNext()) items.push(item);
  return items;
}

describe("a backlog", () => {
  test("lets namespaces take turns, each in the order of its own", () => {
    const backlog = filled(10, { noisy: 4, quiet: 2 });
    expect(taken(backlog)).toEqual(["noisy-0", "quiet-0", "noisy-1", "quiet-1", "noisy-2", "noisy-3"]);
    expect(backlog.size).toBe(0);
  });

  test("holds an item once", () => {
    const backlog = filled(10, { a: 1 });
    expect(backlog.add("a", "a-0")).toBeUndefined();
    expect(taken(backlog)).toEqual(["a-0"]);
  });

  test("that is full drops what is newest of the namespace that has most", () => {
    const backlog = filled(5, { noisy: 4, quiet: 1 });
    expect(backlog.add("quiet", "quiet-1")).toBe("noisy-3");
    expect(backlog.add("new", "new-0")).toBe("noisy-2");
    expect(backlog.add("noisy", "noisy-4")).toBe("noisy-4");
    expect(taken(backlog)).toEqual(["noisy-0", "quiet-0", "new-0", "noisy-1", "quiet-1"]);
  });

  test("never takes from a namespace that has no more than its share", () => {
    const most = 12;
    const adds = fc.array(fc.constantFrom("noisy", "noisy", "noisy", "noisy", "a", "b", "c"));
    const property = fc.property(adds, (namespaces) => {
      const backlog = new FairBacklog<string>(most);
      const waiting = new Map<string, number>();
      for (const [index, namespace] of namespaces.entries()) {
        const dropped = backlog.add(namespace, `${namespace} ${index}`);
        waiting.set(namespace, (waiting.get(namespace) ?? 0) + 1);
        if (dropped === undefined) continue;
        const loser = dropped.split(" ")[0] ?? "";
        expect(waiting.get(loser)).toBe(Math.max(...waiting.values()));
        expect(waiting.get(loser)).toBeGreaterThan(most / 4);
        waiting.set(loser, (waiting.get(loser) ?? 0) - 1);
      }
      expect(backlog.size).toBe(Math.min(most, namespaces.length));
    });
    fc.assert(property);
  });
});
