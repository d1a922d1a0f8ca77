import { API_KEYS, customResourceDefinitions } from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import { expect, test } from "vitest";
import { account, readyNamespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { World } from "./world.ts";

/** What the API server takes of an object's annotations, in bytes. */
const MOST_ANNOTATIONS = 256 * 1024;

test("an ApiKey that was stored before durations had bounds is refused, stays delivered, can be edited and deleted", async () => {
  await using world = await World.start({ validation: false });
  await world.startController();
  const key = new OneKey(world, "old");
  await key.ready({ rotation: { every: "24h" } });

  await key.change({ rotation: { every: "87600000h" } });
  await key.stalled("InvalidSpec");
  const definitions = customResourceDefinitions().map((definition) => stringify(definition));
  await world.cluster.apply(definitions.join("---\n"));
  await key.annotate({ note: "an edit of anything else" });
  expect(await key.authenticates()).toBe(200);
  await key.remove();

  expect(key.keys().map(({ status }) => status)).toEqual(["revoked"]);
});

test("a Secret that would outgrow what the API server takes is refused before a key exists", async () => {
  await using world = await World.start();
  await world.startController();
  const key = new OneKey(world, "full");
  const before = await key.settled({ rotation: { overlap: "90d", trigger: "one" } });
  const { annotations = {} } = (await key.secret()).metadata;
  const used = Object.entries(annotations).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  // What another user has put there leaves no place for the record of the key that is replaced.
  const note = "x".repeat(MOST_ANNOTATIONS - used - 60);
  await key.patchSecret({ metadata: { annotations: { note } } });

  await key.change({ rotation: { overlap: "90d", trigger: "two" } });

  expect(await key.stalled("SecretRejected")).toMatch(/annotations.*Too long/);
  expect(world.emulator.admin.counters()).toMatchObject({ createApiKey: 1 });
  expect(await key.status()).toMatchObject({ keyId: before.keyId, revision: 1 });
});

test("a message longer than a condition is written once for each state, and not again and again", async () => {
  await using world = await World.start();
  const controller = await world.startController();
  const key = new OneKey(world, "long");
  const baseUrl = `https://elsewhere.example/${"😀x".repeat(20)}${"x".repeat(1_500)}`;
  await world.apply(...readyNamespace("long", baseUrl), key.manifest());
  await key.refused("InvalidBaseURL");
  await world.apply(account("long", `https://elsewhere.example/${"x".repeat(1_500)}`));
  expect(await key.refused("BaseURLNotAllowed")).toHaveLength(1_024);
  await key.change({ description: "another look" });
  await world.untilObserved(API_KEYS, key.ref);
  // A pass that reads its own report as another one does not come to rest.
  await controller.logged(/"reason":"BaseURLNotAllowed".*"msg":"at rest"/);

  const writes = (await world.cluster.requestCounts()).filter(
    ({ verb, resource, subresource }) => verb === "PUT" && resource === "apikeys" && subresource === "status",
  );
  expect(writes.reduce((sum, { value }) => sum + value, 0)).toBeLessThan(10);
});

test("an emergency that is cut inside of a character is obeyed once", async () => {
  await using world = await World.start();
  await world.startController();
  const key = new OneKey(world, "cut");
  const { keyId } = await key.settled({ rotation: { trigger: "one" } });
  await key.annotate({ "signatureapi.com/emergency-rotate": `${"x".repeat(252)}😀 leaked` });
  const forced = await key.replaced(keyId);
  expect(forced.emergency).toBe("x".repeat(252));

  await key.change({ rotation: { trigger: "two" } });
  const { revision } = await key.replaced(forced.keyId);
  expect(revision).toBe(3);
  expect(key.keys()).toHaveLength(3);
});
