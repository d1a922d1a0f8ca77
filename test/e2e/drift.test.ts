import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SECRETS, type Secret } from "@signatureapi-keys/controller/resources";
import { problemOf } from "./conditions.ts";
import { decoded, type Delivered, OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";
import type { Manifest } from "./manifests.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

const TEMPLATE = [
  { name: ".env", value: "SIGNATUREAPI_KEY={{key}}\n" },
  { name: "copy", value: "{{key}}" },
];

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Suspends the ApiKey while something is done to the Secret, so that the controller does not repair it. */
async function meanwhile(key: OneKey, act: (secret: Secret) => Promise<void>): Promise<void> {
  await key.suspend(true);
  await act(await key.secret());
  await key.suspend(false);
}

/** Deletes a Secret and makes it again, with some of it changed. */
async function recreate(
  key: OneKey,
  { metadata, data, type }: Secret,
  changes: Manifest = {},
): Promise<void> {
  const { name, namespace, labels, annotations } = metadata;
  await key.deleteSecret();
  await world.kube.create(SECRETS, {
    metadata: { name, namespace, labels, annotations },
    data,
    type,
    ...changes,
  });
}

/** Looks that the key is the one that was delivered, and the only one that was made. */
async function expectSame(key: OneKey, before: Delivered): Promise<void> {
  expect([await key.delivered(), key.active()]).toEqual([before, 1]);
  expect(await world.authenticates(before.value)).toBe(200);
}

describe("with nothing minted", () => {
  test("a template entry is filled in again, and an entry of another user stays", async () => {
    const key = new OneKey(world, "template-edited");
    const before = await key.ready({ secret: { template: TEMPLATE } });
    await key.patchSecret({ data: { ".env": encoded("edited"), theirs: encoded("x") } });
    const secret = await key.untilSecret((seen) => decoded(seen, ".env")?.includes(before.value) === true);
    expect(decoded(secret, "theirs")).toBe("x");
    await expectSame(key, before);
  });

  test.each([
    ["removed", { labels: { "app.kubernetes.io/managed-by": null, "signatureapi.com/apikey": null } }],
    ["that names the ApiKey is edited", { labels: { "signatureapi.com/apikey": "another" } }],
  ])("a label %s is put back", async (what, metadata) => {
    const key = new OneKey(world, `label-${what.split(" ")[0] ?? ""}`);
    const before = await key.ready();
    await key.patchSecret({ metadata });
    await key.untilSecret(
      ({ metadata: { labels } }) =>
        labels?.["signatureapi.com/apikey"] === "app" &&
        labels["app.kubernetes.io/managed-by"] === "signatureapi-controller",
    );
    await expectSame(key, before);
  });

  test("a value that is still in another entry is put back from there", async () => {
    const key = new OneKey(world, "value-elsewhere");
    const before = await key.ready({ secret: { template: TEMPLATE } });
    await key.patchSecret({ data: { SIGNATUREAPI_KEY: encoded("edited") } });
    await key.untilSecret((seen) => decoded(seen) === before.value);
    await expectSame(key, before);
  });

  test("a Secret that is made again as it was is taken as it is", async () => {
    const key = new OneKey(world, "made-again");
    const before = await key.ready();
    await meanwhile(key, async (secret) => recreate(key, secret));
    await key.until((object) => problemOf(object) === undefined);
    await expectSame(key, before);
  });

  test("a Secret that is made again with the value alone gets its record back", async () => {
    const key = new OneKey(world, "made-again-bare");
    const before = await key.ready();
    await meanwhile(key, async (secret) => recreate(key, secret, { metadata: key.ref }));
    await key.untilSecret(
      ({ metadata }) => metadata.annotations?.["signatureapi.com/key-id"] === before.keyId,
    );
    await expectSame(key, before);
  });

  test("a Secret that is made again with another type serves on, and says so when it must be written", async () => {
    const key = new OneKey(world, "other-type");
    const before = await key.ready({ rotation: { trigger: "one" } });
    await meanwhile(key, async (secret) => recreate(key, secret, { type: "example.com/other" }));
    await key.change({ rotation: { trigger: "two" } });
    await key.stalled("SecretImmutable");
    await expectSame(key, before);
    await key.deleteSecret();
    await key.newValue(before.value);
    expect((await key.secret()).type).toBe("Opaque");
  });

  test("a key whose tag was taken off is still rotated and revoked, by its ID", async () => {
    const key = new OneKey(world, "tag-lost");
    const before = await key.ready({ rotation: { overlap: "0s", trigger: "one" } });
    const answer = await fetch(`${world.emulator.url}/api-keys/${before.keyId}`, {
      method: "PATCH",
      headers: { authorization: "Bearer emulator-token", "content-type": "application/json" },
      body: JSON.stringify({ description: "edited by hand" }),
    });
    expect(answer.status).toBe(200);
    await key.declare({ rotation: { overlap: "0s", trigger: "two" } });
    const value = await key.newValue(before.value);
    await key.untilStatus(({ keyId, previous }) => keyId !== before.keyId && previous === undefined);
    expect(world.stateOf(before.keyId)).toBe("revoked");
    expect(await world.authenticates(value)).toBe(200);
  });
});
