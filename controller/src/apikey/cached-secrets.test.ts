import { describe, expect, test } from "vitest";
import { ListReader } from "../kube/client/list-reader.ts";
import type { KubeObject, ListedType } from "../kube/index.ts";
import { CREDENTIAL_SECRETS, lookDelay, SECRET_FACTS, type CachedSecret } from "./cached-secrets.ts";

const LIVE = `key_live_${"x".repeat(24)}abcd`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function secret(data: Readonly<Record<string, string>>, metadata: object = {}, version = "1"): object {
  const identity = { name: "app", namespace: "shop", uid: "uid-s", resourceVersion: version };
  return { metadata: { ...identity, ...metadata }, data };
}

/** What a cache takes from a list of these. */
function cached<T extends KubeObject>(type: ListedType<T>, object: object): T {
  const reader = new ListReader(type, { verb: "list", resource: "secrets" }, 16 * 1024 * 1024);
  reader.push(Buffer.from(JSON.stringify({ metadata: { resourceVersion: "9" }, items: [object] })));
  const [taken] = reader.finish().items;
  if (taken === undefined) throw new TypeError("the Secret fits its schema");
  return taken;
}

const entries = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`entry-${index}`, "MQ=="]));

describe("a cached Secret", () => {
  test("is known by its facts", () => {
    const taken = cached(SECRET_FACTS, secret({ KEY: base64(LIVE) }));
    expect(taken).toMatchObject({ kept: "facts", keys: { KEY: { hint: "abcd", mode: "live" } } });
    expect(JSON.stringify(taken)).not.toContain(base64(LIVE));
  });

  test.each([
    ["with 100,000 tiny entries", secret({ KEY: base64(LIVE), ...entries(100_000) })],
    ["with 1,000 tiny entries", secret({ KEY: base64(LIVE), ...entries(1_000) })],
    ["with a large value", secret({ KEY: base64(LIVE), blob: "A".repeat(1_000_000) })],
    ["with large annotations", secret({ KEY: base64(LIVE) }, { annotations: { a: "x".repeat(50_000) } })],
    ["with large labels", secret({ KEY: base64(LIVE) }, { labels: { a: "x".repeat(20_000) } })],
  ])("is known by its size only %s", (_name, object) => {
    const taken = cached(SECRET_FACTS, object);
    expect(taken).toMatchObject({
      kept: "size",
      metadata: { name: "app", namespace: "shop", uid: "uid-s", resourceVersion: "1" },
    });
    expect(JSON.stringify(taken).length).toBeLessThan(300);
  });

  test("with a token is known by its identity, and its token is not even parsed", () => {
    const taken = cached(CREDENTIAL_SECRETS, secret({ token: base64("hunter2") }));
    expect(taken.metadata).toEqual({ name: "app", namespace: "shop", uid: "uid-s", resourceVersion: "1" });
    expect(JSON.stringify(taken)).not.toContain(base64("hunter2"));
    // What does not fit the schema of a Secret shows that none was asked.
    expect(cached(CREDENTIAL_SECRETS, { ...secret({}), data: 7 }).kept).toBe("size");
  });
});

describe("a change of a cached Secret", () => {
  const small = (data: Readonly<Record<string, string>>, version: string): CachedSecret =>
    cached(SECRET_FACTS, secret(data, {}, version));
  const large = (version: string): CachedSecret => small(entries(10_000), version);
  const key = { KEY: base64(LIVE) };

  test.each<[string, CachedSecret, CachedSecret | undefined, number | undefined]>([
    ["of its value is looked at, at once", small({ KEY: "MQ==" }, "2"), small(key, "1"), 0],
    ["that is none, as of a resourceVersion, wakes nothing", small(key, "2"), small(key, "1"), undefined],
    ["is looked at later if it is large", large("2"), large("1"), 30_000],
    ["is looked at later if it has become large", large("2"), small(key, "1"), 30_000],
    ["is looked at, at once, if it is no longer large", small(key, "2"), large("1"), 0],
    ["is looked at, at once, if it has come or gone", small(key, "1"), undefined, 0],
    ["is looked at, at once, if it has come or gone and is large", large("1"), undefined, 0],
    [
      "of a token is looked at, at once",
      cached(CREDENTIAL_SECRETS, secret({ token: "MQ==" }, {}, "2")),
      cached(CREDENTIAL_SECRETS, secret({ token: "MQ==" }, {}, "1")),
      0,
    ],
  ])("%s", (_name, now, before, delay) => {
    expect(lookDelay(now, before)).toBe(delay);
  });
});
