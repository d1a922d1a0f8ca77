import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ControllerChild, MAIN } from "./controller-child.ts";
import { namespace, readyNamespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { World } from "./world.ts";

const MANAGED = {
  "app.kubernetes.io/managed-by": "signatureapi-controller",
  "signatureapi.com/apikey": "hoarded",
};
const CREDENTIAL = { "signatureapi.com/credential": "true" };
/** Half of what the chart allows the controller. */
const SMALL_HEAP = ["--max-old-space-size=128"];

let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(async () => world[Symbol.asyncDispose]());

const MEBIBYTE = Buffer.alloc(1024 * 1024 - 16, 1).toString("base64");

async function secretsOf(
  count: number,
  prefix: string,
  data: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    const metadata = { namespace: "hoard", name: `${prefix}-${index}`, labels };
    await world.kube.create(SECRETS, { metadata, data });
  }
}

function tinyEntries(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`e${index}`, "MQ=="]));
}

test("a namespace full of large objects keeps no other from its keys, in a small heap", async () => {
  await world.apply(namespace("hoard"), ...readyNamespace("shop", world.emulator.url));
  await secretsOf(50, "mebibyte", { v: MEBIBYTE }, MANAGED);
  await secretsOf(5, "token", { v: MEBIBYTE }, CREDENTIAL);
  await secretsOf(8, "tiny", tinyEntries(40_000), MANAGED);
  const annotations = { large: "x".repeat(250_000) };
  for (let index = 0; index < 30; index++) {
    const metadata = { namespace: "hoard", name: `hoarded-${index}`, annotations };
    await world.kube.create(API_KEYS, { metadata, spec: { mode: "live" } });
  }
  const flags = ["--allowed-base-urls", world.emulator.url];
  await using controller = new ControllerChild(world.cluster.kubeconfigFile, flags, MAIN, SMALL_HEAP);
  await controller.said(/caches are filled/);
  const key = new OneKey(world, "shop");
  await key.declare({});
  await key.untilReady();
  expect(await controller.health("/readyz")).toBe(200);
}, 180_000);

test("the value in a large Secret is healed, and what else it holds is kept", async () => {
  const flags = ["--allowed-base-urls", world.emulator.url];
  await world.apply(...readyNamespace("large", world.emulator.url));
  const key = new OneKey(world, "large");
  await using controller = new ControllerChild(world.cluster.kubeconfigFile, flags);
  await controller.said(/caches are filled/);
  await key.declare({});
  await key.untilReady();
  const { keyId, value } = await key.delivered();
  const entry = Object.keys((await world.kube.get(SECRETS, key.ref)).data ?? {})[0] ?? "";
  const note = Buffer.from("x".repeat(200_000)).toString("base64");
  await world.kube.patch(SECRETS, key.ref, { data: { note, [entry]: "MQ==" } }, { type: "merge" });
  const isReplaced = (object: CustomObject | undefined): boolean | undefined => {
    const { keyId: now, attempt } = apiKeyStatusSchema.parse(object?.status ?? {});
    return (now !== undefined && now !== keyId && attempt === undefined) || undefined;
  };
  // An edit of a large Secret is looked at within 30 s.
  await world.watcher.until(API_KEYS, key.ref, isReplaced, 60_000);
  const { data = {} } = await world.kube.get(SECRETS, key.ref);
  expect(data["note"]).toBe(note);
  expect(Buffer.from(data[entry] ?? "", "base64").toString()).toMatch(/^key_live_/u);
  expect(Buffer.from(data[entry] ?? "", "base64").toString()).not.toBe(value);
}, 120_000);
