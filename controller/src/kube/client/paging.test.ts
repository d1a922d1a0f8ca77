import { describe, expect, test } from "vitest";
import { KubeError, type KubeErrorKind } from "./kube-error.ts";
import type { KubeObject } from "./object-meta.ts";
import type { ListOptions, ListPage } from "./options.ts";
import { readAllPages } from "./paging.ts";

const thing = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name, uid: name, resourceVersion: "1" },
});

/** Reads lists of which the server sends no more than some objects before the time is over. */
class SlowServer {
  readonly asked: ListOptions[] = [];
  readonly #names: readonly string[];
  readonly #inTime: number;
  readonly #failure: { readonly kind: KubeErrorKind; readonly status?: number };

  constructor(
    names: readonly string[],
    inTime: number,
    failure: { readonly kind: KubeErrorKind; readonly status?: number } = { kind: "timeout", status: 200 },
  ) {
    this.#names = names;
    this.#inTime = inTime;
    this.#failure = failure;
  }

  readonly read = async (options: ListOptions): Promise<ListPage<KubeObject>> => {
    this.asked.push(options);
    await Promise.resolve();
    const start = Number(options.continue ?? 0);
    // From its cache, the server answers in one piece.
    const size = options.resourceVersion === "0" ? this.#names.length : (options.limit ?? 500);
    const names = this.#names.slice(start, start + size);
    if (names.length > this.#inTime) {
      const fields = { verb: "list", resource: "things", effect: "none", message: "late" } as const;
      throw new KubeError({ ...fields, ...this.#failure });
    }
    const next = start + size < this.#names.length ? String(start + size) : undefined;
    return { items: names.map(thing), malformed: [], resourceVersion: "7", continue: next };
  };
}

const NAMES = Array.from({ length: 20 }, (_, index) => `thing-${index}`);

describe("a page that is too large to arrive in time", () => {
  test.each([7, 1])("is asked for in halves, until %i objects come at a time", async (inTime) => {
    const server = new SlowServer(NAMES, inTime);
    const list = await readAllPages(server.read, { resourceVersion: "0", limit: 16 });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(NAMES);
    expect(server.asked[0]).toMatchObject({ resourceVersion: "0" });
    for (const options of server.asked.slice(1)) expect(options.resourceVersion).toBeUndefined();
  });

  test("keeps its size for the pages behind it", async () => {
    const server = new SlowServer(NAMES, 7);
    await readAllPages(server.read, { limit: 16 });
    expect(server.asked.map(({ limit }) => limit)).toEqual([16, 8, 4, 4, 4, 4, 4]);
  });

  test("is given up where not even one object comes", async () => {
    const server = new SlowServer(NAMES, 0);
    await expect(readAllPages(server.read, { limit: 4 })).rejects.toMatchObject({ kind: "timeout" });
    expect(server.asked.map(({ limit }) => limit)).toEqual([4, 2, 1]);
  });

  test.each([
    { kind: "timeout" as const },
    { kind: "forbidden" as const, status: 403 },
    { kind: "connection" as const },
  ])("is not what $kind without an answer means", async (failure) => {
    const server = new SlowServer(NAMES, 0, failure);
    await expect(readAllPages(server.read, { limit: 4 })).rejects.toMatchObject(failure);
    expect(server.asked).toHaveLength(1);
  });
});
