import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiKey, namespace } from "./manifests.ts";
import { decoded, OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

const PREVIOUS = "SIGNATUREAPI_KEY_PREVIOUS";
const ALLOWED_TYPE = "example.com/api-key";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.startController({
    timing: FAST_TIMING,
    flags: [
      "--allowed-secret-types",
      ALLOWED_TYPE,
      "--allowed-secret-metadata",
      "team.example.com,tier,note",
    ],
  });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A key with the entry for its previous value that was rotated once; its overlap is long. */
async function rotated(n: string, overlap = "1h"): Promise<{ key: OneKey; old: string; value: string }> {
  const key = new OneKey(world, n);
  const secret = { previousKey: PREVIOUS };
  const { value: old } = await key.ready({ secret, rotation: { overlap, trigger: "one" } });
  await key.declare({ secret, rotation: { overlap, trigger: "two" } });
  const value = await key.newValue(old);
  return { key, old, value };
}

describe.concurrent("the entry for the previous value", () => {
  test("holds it during the overlap, and is gone when that key is revoked", async ({
    expect: expectHere,
  }) => {
    const { key, old, value } = await rotated("overlapping", "4s");
    expectHere(await key.value(PREVIOUS)).toBe(old);
    expectHere([await world.authenticates(old), await world.authenticates(value)]).toEqual([200, 200]);
    await key.untilSecret((secret) => decoded(secret, PREVIOUS) === undefined);
    expectHere(await world.authenticates(old)).toBe(401);
    expectHere([await key.value(), key.active()]).toEqual([value, 1]);
  });

  test("never holds a value that was replaced in an emergency", async ({ expect: expectHere }) => {
    const { key, old, value } = await rotated("leaked");
    expectHere(await key.value(PREVIOUS)).toBe(old);
    await key.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
    const next = await key.untilSecret((secret) => ![old, value].includes(decoded(secret) ?? ""));
    expectHere(Object.keys(next.data ?? {})).toEqual(["SIGNATUREAPI_KEY"]);
    await key.untilStatus(({ previous }) => previous === undefined);
    expectHere([await world.authenticates(old), await world.authenticates(value)]).toEqual([401, 401]);
  });

  test("is dropped after an edit, with an event, and nothing is minted", async ({ expect: expectHere }) => {
    const { key, old, value } = await rotated("edited");
    const { keyId } = await key.untilStatus(({ previous }) => previous !== undefined);
    const data = { [PREVIOUS]: Buffer.from("edited by hand").toString("base64") };
    await key.patchSecret({ data });
    await key.untilSecret((secret) => decoded(secret, PREVIOUS) === undefined);
    expectHere(await key.event("PreviousValueLost")).toMatch(
      /SIGNATUREAPI_KEY_PREVIOUS.*cannot be made again/,
    );
    expectHere([await key.value(), (await key.status()).keyId]).toEqual([value, keyId]);
    expectHere(await world.authenticates(old)).toBe(200);
  });

  test("moves with its name, and goes with the field, with nothing minted", async ({
    expect: expectHere,
  }) => {
    const { key, old, value } = await rotated("renamed");
    const rotation = { overlap: "1h", trigger: "two" };
    await key.declare({ secret: { previousKey: "OLD_KEY" }, rotation });
    const moved = await key.untilSecret((secret) => decoded(secret, "OLD_KEY") === old);
    expectHere(Object.keys(moved.data ?? {}).toSorted()).toEqual(["OLD_KEY", "SIGNATUREAPI_KEY"]);
    await key.declare({ rotation });
    await key.untilSecret((secret) => decoded(secret, "OLD_KEY") === undefined);
    expectHere([await key.value(), key.active()]).toEqual([value, 2]);
  });

  test.each([
    ["the value's", { key: "A", previousKey: "A" }, "previousKey must name another entry than key"],
    [
      "a template's",
      { previousKey: "B", template: [{ name: "B", value: "{{key}}" }] },
      "template must not name the entry that previousKey names",
    ],
  ])("cannot be %s", async (_whose, secret, message) => {
    await expect(world.apply(namespace("colliding"), apiKey("colliding", "app", { secret }))).rejects.toThrow(
      message,
    );
  });
});

test("a template cannot name the entry of the value", async () => {
  const secret = { template: [{ name: "SIGNATUREAPI_KEY", value: "x" }] };
  await expect(world.apply(namespace("colliding"), apiKey("colliding", "app", { secret }))).rejects.toThrow(
    "template must not name the entry that key names",
  );
});

test("a Secret has the type, metadata, .env and JSON file that are declared, and others' metadata stays", async () => {
  const key = new OneKey(world, "shaped");
  const shape = {
    type: ALLOWED_TYPE,
    labels: { tier: "one", "team.example.com/name": "shop" },
    annotations: { note: "for the shop" },
    template: [
      { name: ".env", value: "SIGNATUREAPI_KEY={{key}}\nMODE={{mode}}\n" },
      { name: "key.json", value: '{"id":"{{keyId}}","key":"{{key}}"}' },
    ],
  };
  const { keyId, value } = await key.ready({ secret: shape });
  const before = world.mints();
  const secret = await key.secret();
  expect(secret.type).toBe(ALLOWED_TYPE);
  expect(decoded(secret, ".env")).toBe(`SIGNATUREAPI_KEY=${value}\nMODE=live\n`);
  expect(JSON.parse(decoded(secret, "key.json") ?? "")).toEqual({ id: keyId, key: value });
  await key.patchSecret({
    metadata: { labels: { theirs: "x" }, annotations: { "their.example.com/y": "z" } },
  });
  await key.declare({
    secret: { type: ALLOWED_TYPE, key: "API_KEY", labels: { "team.example.com/name": "pay" } },
  });
  const changed = await key.untilSecret((seen) => decoded(seen, "API_KEY") === value);
  expect(Object.keys(changed.data ?? {})).toEqual(["API_KEY"]);
  expect(changed.metadata.labels).toMatchObject({ theirs: "x", "team.example.com/name": "pay" });
  expect(changed.metadata.labels).not.toHaveProperty("tier");
  expect(changed.metadata.annotations).toMatchObject({ "their.example.com/y": "z" });
  expect(changed.metadata.annotations).not.toHaveProperty("note");
  expect(world.mints()).toBe(before);
});

test("a type that no flag lists is refused before anything is minted", async () => {
  const before = world.mints();
  const key = new OneKey(world, "typed");
  await key.create({ secret: { type: "kubernetes.io/service-account-token" } });
  await key.refused("SecretTypeNotAllowed");
  expect(world.mints()).toBe(before);
});
