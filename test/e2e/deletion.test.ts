import { API_KEYS, SECRET_ANNOTATIONS, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conditionOf } from "./conditions.ts";
import { authenticates, OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({
    emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
  });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

const STRIPPED = Object.fromEntries(Object.values(SECRET_ANNOTATIONS).map((name) => [name, null]));

/** Has the spec refused, so that drift of the Secret is not put right meanwhile. */
async function refuseSpec(key: OneKey): Promise<void> {
  await key.declare({ secret: { labels: { "not-allowed.example.com/tier": "one" } } });
  await world.watcher.until(
    API_KEYS,
    key.ref,
    (object) => conditionOf(object, "Stalled")?.reason === "SecretMetadataNotAllowed",
  );
}

test("a Secret that lost its annotations goes with its ApiKey, since its value says whose it is", async () => {
  const key = new OneKey(world, "stripped-and-deleted");
  const { keyId, value } = await key.ready();
  await refuseSpec(key);
  await key.patchSecret({ metadata: { annotations: STRIPPED } });
  await key.delete();
  await key.gone();
  expect(key.remote(keyId)?.status).toBe("revoked");
  expect(await authenticates(world, value)).toBe(401);
  expect(await world.kube.find(SECRETS, key.ref)).toBeUndefined();
});

test("a Secret of somebody else in the place of ours stays when the ApiKey is deleted", async () => {
  const key = new OneKey(world, "foreign-and-deleted");
  const { keyId } = await key.ready();
  await refuseSpec(key);
  await key.deleteSecret();
  const data = { SIGNATUREAPI_KEY: Buffer.from("key_live_of_somebody_else").toString("base64") };
  await world.kube.create(SECRETS, { metadata: key.ref, data });
  await key.delete();
  await key.gone();
  expect(key.remote(keyId)?.status).toBe("revoked");
  expect(await key.value()).toBe("key_live_of_somebody_else");
});
