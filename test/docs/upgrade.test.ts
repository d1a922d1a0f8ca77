import { API_KEYS, apiKeyStatusSchema } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OneKey } from "../e2e/one-key.ts";
import { apiKey } from "../e2e/manifests.ts";
import { blocksOf } from "./page.ts";
import { Walk } from "./walk.ts";

const INSTALL = "docs/install.md";
const PAGE = "docs/upgrade.md";
const SECTIONS = [
  "Upgrade",
  "CRDs",
  "Roll back",
  "Reinstall under another name",
  "Move to another namespace",
  "Uninstall",
  "The controller went first",
];
const TEST_TIMEOUT = 900_000;

let walk: Walk;

beforeAll(async () => {
  walk = await Walk.begin();
  for (const section of [
    "Install the controller",
    "Store the token",
    "Declare an account and a key",
    "Check the key",
  ])
    await walk.follow(INSTALL, section);
  await walk.apply(apiKey("shop", "live"), apiKey("shop", "other"));
  await walk.shell("kubectl -n shop wait --for=condition=Ready apikeys --all --timeout=120s");
}, TEST_TIMEOUT);

afterAll(async () => walk[Symbol.asyncDispose]());

const NAMES = ["checkout", "live", "other"];

/** What each ApiKey has: its key, its value, and the installation that it belongs to. */
async function held(): Promise<readonly unknown[]> {
  return Promise.all(
    NAMES.map(async (name) => {
      const key = new OneKey(walk, "shop", { name });
      const { keyId, installation } = await key.status();
      return { name, keyId, installation, value: await key.value() };
    }),
  );
}

/** The requests that change something in the vendor account. */
function changes(): readonly (string | null)[] {
  const reads = new Set(["getAccount", "getApiKey", "listApiKeys", "listEnvelopes"]);
  return walk.emulator.admin
    .requests()
    .map(({ operation }) => operation)
    .filter((operation) => operation === null || !reads.has(operation));
}

/** The controller that is installed now answers each ApiKey. */
async function lookAtAll(text: string): Promise<void> {
  await walk.shell(`kubectl -n shop annotate --overwrite apikeys --all signatureapi.com/reconcile="${text}"`);
  for (const name of NAMES) {
    await walk.watcher.until(
      API_KEYS,
      { namespace: "shop", name },
      (object) => apiKeyStatusSchema.parse(object?.status ?? {}).lastHandledReconcileAt === text,
      180_000,
    );
  }
}

test("every section with blocks of docs/upgrade.md is followed", () => {
  expect([...new Set(blocksOf(PAGE).map(({ section }) => section))]).toEqual(SECTIONS);
});

test.each(["Upgrade", "CRDs", "Roll back"])(
  "%s: nothing is minted or revoked",
  { timeout: TEST_TIMEOUT },
  async (section) => {
    const before = await held();
    walk.emulator.admin.clearRequests();
    await walk.follow(PAGE, section);
    await lookAtAll(section);
    expect(await held()).toEqual(before);
    expect(changes()).toEqual([]);
  },
);

test(
  "another release cannot be installed over the kinds unless it takes them over",
  { timeout: TEST_TIMEOUT },
  async () => {
    const before = await held();
    walk.emulator.admin.clearRequests();
    const refused = await walk.shell(
      "helm install keys charts/signatureapi-controller --namespace signatureapi-system 2>&1 || true",
    );
    expect(refused).toContain("invalid ownership metadata");
    await walk.follow(PAGE, "Reinstall under another name");
    await lookAtAll("another name");
    expect(await held()).toEqual(before);
    expect(changes()).toEqual([]);
  },
);

test(
  "a release that moves to another namespace keeps installation, keys and values",
  { timeout: TEST_TIMEOUT },
  async () => {
    const before = await held();
    walk.emulator.admin.clearRequests();
    await walk.follow(PAGE, "Move to another namespace");
    await lookAtAll("another namespace");
    expect(await held()).toEqual(before);
    expect(changes()).toEqual([]);
    expect(await walk.shell("kubectl -n signatureapi-system get pods --output=name")).toBe("");
  },
);

test(
  "uninstalling in this order revokes every key, and leaves nothing",
  { timeout: TEST_TIMEOUT },
  async () => {
    await walk.follow(PAGE, "Uninstall");
    expect(walk.emulator.admin.keys().map(({ status }) => status)).toEqual(["revoked", "revoked", "revoked"]);
    expect(await walk.shell("kubectl get crds --output=name | grep signatureapi || true")).toBe("");
    await walk.shell("kubectl delete namespace shop keys-system signatureapi-system --timeout=120s");
  },
);

test(
  "an ApiKey that is deleted without a controller waits, until one is there or it is given up",
  { timeout: TEST_TIMEOUT },
  async () => {
    const section = async (name: string): Promise<string> => walk.follow(INSTALL, name);
    for (const name of ["Install the controller", "Store the token", "Declare an account and a key"])
      await section(name);
    await walk.apply(apiKey("shop", "live"));
    await walk.shell("kubectl -n shop wait --for=condition=Ready apikeys --all --timeout=120s");
    await walk.shell(
      "helm uninstall signatureapi --namespace signatureapi-system --cascade foreground --wait",
    );
    const live = new OneKey(walk, "shop", { name: "live" });
    const { keyId: revoked } = await live.status();
    const { keyId: givenUp } = await new OneKey(walk, "shop", { name: "checkout" }).status();
    await walk.shell("kubectl -n shop delete apikeys --all --wait=false");
    const waiting = "kubectl -n shop get apikeys --output=jsonpath='{.items[*].metadata.name}'";
    expect(await walk.shell(waiting)).toBe("checkout live");

    expect(await walk.follow(PAGE, "The controller went first")).toContain(givenUp);
    expect(await walk.shell(waiting)).toBe("live");
    expect(walk.stateOf(givenUp)).toBe("active");

    await section("Install the controller");
    await walk.watcher.until(API_KEYS, live.ref, (object) => object === undefined, 180_000);
    expect(walk.stateOf(revoked)).toBe("revoked");
    expect(walk.stateOf(givenUp)).toBe("active");
  },
);
