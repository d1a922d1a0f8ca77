import { expect, test } from "vitest";
import { Breather } from "./breather.ts";
import { Delivery } from "./reflector/delivery.ts";
import type { StoreChange } from "./reflector/store.ts";
import type { KubeObject } from "./client/object-meta.ts";

/** A clock that passes with the work that is done. */
class WorkClock {
  #now = 0;

  monotonic(): number {
    return this.#now;
  }

  work(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

const added = (name: string): StoreChange<KubeObject> => ({
  type: "added",
  object: { apiVersion: "v1", kind: "Thing", metadata: { name, uid: name, resourceVersion: "1" } },
});
const CHANGES = Array.from({ length: 100 }, (_, index) => added(`thing-${index}`));

test("others have their turn while much is delivered, and all of it is delivered in order", async () => {
  const clock = new WorkClock();
  const delivery = new Delivery<KubeObject>(undefined);
  const heard: string[] = [];
  const turns: number[] = [];
  const turn = (): void => {
    turns.push(heard.length);
    if (heard.length < CHANGES.length) setImmediate(turn);
  };
  delivery.add(
    {
      added: ({ metadata: { name } }) => {
        heard.push(name);
        clock.work(5);
      },
    },
    [],
  );
  setImmediate(turn);
  await delivery.deliverSlowly(CHANGES, new Breather(clock, 20), new AbortController().signal);
  expect(heard).toEqual(CHANGES.map(({ object }) => object.metadata.name));
  expect(turns.filter((count) => count > 0 && count < CHANGES.length).length).toBeGreaterThan(10);
});

test("nothing is delivered any more after the end, and a handler that comes late hears nothing twice", async () => {
  const clock = new WorkClock();
  const delivery = new Delivery<KubeObject>(undefined);
  const stop = new AbortController();
  const [early, late]: [string[], string[]] = [[], []];
  delivery.add(
    {
      added: ({ metadata: { name } }) => {
        early.push(name);
        if (early.length === 1) delivery.add({ added: (object) => late.push(object.metadata.name) }, []);
        if (early.length === 3) stop.abort();
      },
    },
    [],
  );
  await delivery.deliverSlowly(CHANGES, new Breather(clock), stop.signal);
  expect(early).toHaveLength(3);
  expect(late).toEqual([]);
});
