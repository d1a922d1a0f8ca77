import { describe, expect, test } from "vitest";
import type { KubeObject, MalformedObject } from "../kube/index.ts";
import { apiKeyDocuments, type ApiKeyDocument } from "./document.ts";
import { LiveClaims } from "./live-claims.ts";

const TYPE = apiKeyDocuments({
  allowedTypes: [],
  allowedMetadata: [],
  reservedNamespaces: [],
  seesPods: false,
});
const ASK = { kind: "find-claims", keyId: "ak_1", owners: [] } as const;
const UNREAD: MalformedObject = { key: "shop/huge", resourceVersion: "5", problem: "it is too large" };

function apiKey(uid: string, keyId?: string): ApiKeyDocument {
  const metadata = { name: uid, namespace: "shop", uid, resourceVersion: "1" };
  return TYPE.schema.parse({ apiVersion: "v1", kind: "ApiKey", metadata, spec: {}, status: { keyId } });
}

/** Lists that end when the test says so. */
class Lists {
  readonly begun: (string | undefined)[] = [];
  items: readonly ApiKeyDocument[] = [];
  malformed: readonly MalformedObject[] = [];
  readonly #ends: PromiseWithResolvers<void>[] = [];

  readonly listAll = async <T extends KubeObject>(
    type: { readonly schema: { parse(value: unknown): T } },
    options: { readonly namespace?: string | undefined } = {},
  ) => {
    const end = Promise.withResolvers<void>();
    this.#ends.push(end);
    this.begun.push(options.namespace);
    const items = this.items.map((item) => this.#as(type, item));
    await end.promise;
    return { items, malformed: this.malformed, resourceVersion: "9" };
  };

  /** Ends the oldest list. */
  end(): void {
    this.#ends.shift()?.resolve();
  }

  #as<T>(type: { readonly schema: { parse(value: unknown): T } }, { metadata, record }: ApiKeyDocument): T {
    const { keyId } = record;
    return type.schema.parse({ apiVersion: "v1", kind: "ApiKey", metadata, spec: {}, status: { keyId } });
  }
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("claims that are looked for live", () => {
  test("share a list with all who ask before it begins, and with none that asks later", async () => {
    const lists = new Lists();
    const claims = new LiveClaims(lists, TYPE, undefined);
    const early = [claims.find(ASK, "uid-1"), claims.find(ASK, "uid-2")];
    await turn();
    expect(lists.begun).toHaveLength(1);
    const late = [claims.find(ASK, "uid-3"), claims.find(ASK, "uid-4")];
    lists.items = [apiKey("uid-5", "ak_1")];
    await turn();
    expect(lists.begun).toHaveLength(1);
    lists.end();
    expect((await Promise.all(early)).map(({ recorded }) => recorded)).toEqual([false, false]);
    await turn();
    expect(lists.begun).toHaveLength(2);
    lists.end();
    expect((await Promise.all(late)).map(({ recorded }) => recorded)).toEqual([true, true]);
  });

  test("are those of others, not those of the ApiKey that asks", async () => {
    const lists = new Lists();
    lists.items = [apiKey("uid-1", "ak_1")];
    const claims = new LiveClaims(lists, TYPE, undefined);
    const { owner } = apiKey("uid-1");
    const both = [
      claims.find({ ...ASK, owners: [owner] }, "uid-1"),
      claims.find({ ...ASK, owners: [owner] }, "uid-2"),
    ];
    await turn();
    lists.end();
    expect(await Promise.all(both)).toMatchObject([
      { living: [], recorded: false, complete: true },
      { living: [owner], recorded: true, complete: true },
    ]);
  });

  test.each([
    ["in each namespace where not all are seen", ["a", "b"], []],
    ["where an ApiKey cannot be read", undefined, [UNREAD]],
  ] as const)("are not complete %s", async (_name, scope, malformed) => {
    const lists = new Lists();
    lists.malformed = malformed;
    const found = new LiveClaims(lists, TYPE, scope).find(ASK, "uid-1");
    await turn();
    expect(lists.begun).toEqual(scope ?? [undefined]);
    for (const _ of lists.begun) lists.end();
    expect((await found).complete).toBe(false);
  });
});
