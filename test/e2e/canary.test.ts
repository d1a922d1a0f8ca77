import { expect, test } from "vitest";
import { API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { isReady } from "./conditions.ts";
import { ControllerChild } from "./controller-child.ts";
import { account, apiKey, credentials, namespace } from "./manifests.ts";
import { World } from "./world.ts";

const N = "canary";
const TOKEN = "canary-management-token-6f1d";

/** The value that stands in a Secret, in each spelling in which it could leak. */
async function valueIn(world: World, name: string, not = ""): Promise<string> {
  return world.watcher.until(SECRETS, { namespace: N, name }, (secret) => {
    const base64 = secret?.data?.["SIGNATUREAPI_KEY"];
    const value = base64 === undefined ? "" : Buffer.from(base64, "base64").toString("utf8");
    return value === "" || value === not ? undefined : value;
  });
}

function spellings(secret: string): readonly string[] {
  const encoded = Buffer.from(secret);
  return [
    secret,
    encoded.toString("base64"),
    encoded.toString("base64url"),
    encoded.toString("hex"),
    secret.slice(0, -6),
  ];
}

/** Everything besides the Secrets' own data that the controller has put anywhere. */
async function everythingEmitted(world: World, child: ControllerChild): Promise<Record<string, string>> {
  const get = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await world.cluster.kubectl(["get", ...args, "--show-managed-fields"]);
    return stdout;
  };
  return {
    "standard output and error": child.output,
    metrics: await child.metrics(),
    "events, ApiKeys and Accounts": await get("events.events.k8s.io,apikeys,accounts", "-A", "-o", "json"),
    "metadata of Secrets": await get("secrets", "-A", "-o", "jsonpath={range .items[*]}{.metadata}{end}"),
    "the vendor's request log": JSON.stringify(world.emulator.admin.requests()),
  };
}

test("no value and no token is found in anything that the process emits", async () => {
  await using world = await World.start({ emulator: { accounts: [{ id: "acc_canary", token: TOKEN }] } });
  await world.apply(namespace(N), credentials(N, { token: TOKEN }), account(N, world.emulator.url));
  const flags = ["--allowed-base-urls", world.emulator.url, "--log-level", "trace"];
  await using child = new ControllerChild(world.cluster.kubeconfigFile, flags);
  const template = [{ name: ".env", value: "SIGNATUREAPI_KEY={{key}}\n" }];
  const values: string[] = [];

  // Minted, rotated, lost and edited; a roll; a refusal, a truncated and a malformed answer that carries a value.
  await world.apply(
    apiKey(N, "live", { secret: { template }, rotation: { trigger: "one", overlap: "0s" } }),
    apiKey(N, "test", { mode: "test" }),
  );
  values.push(await valueIn(world, "live"), await valueIn(world, "test"));
  await world.watcher.until(API_KEYS, { namespace: N, name: "live" }, isReady);
  await world.apply(apiKey(N, "live", { secret: { template }, rotation: { trigger: "two", overlap: "0s" } }));
  values.push(await valueIn(world, "live", values[0]));
  await world.kube.delete(SECRETS, { namespace: N, name: "test" });
  values.push(await valueIn(world, "test", values[1]));
  await world.kube.patch(
    SECRETS,
    { namespace: N, name: "live" },
    { stringData: { SIGNATUREAPI_KEY: "edited" } },
    { type: "merge" },
  );
  values.push(await valueIn(world, "live", "edited"));
  for (const kind of ["truncate", "malformed", "reset"] as const) {
    world.emulator.admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind } });
    await world.apply(apiKey(N, `after-${kind}`));
    await world.watcher.until(API_KEYS, { namespace: N, name: `after-${kind}` }, (object) =>
      JSON.stringify(object?.status ?? {}).includes("CreateOutcomeUnknown"),
    );
  }
  await world.kube.delete(API_KEYS, { namespace: N, name: "test" });
  await world.watcher.until(API_KEYS, { namespace: N, name: "test" }, (object) => object === undefined);

  expect(new Set(values).size).toBe(values.length);
  const emitted = await everythingEmitted(world, child);
  expect(await child.end()).toBe(0);
  for (const [where, text] of Object.entries({ ...emitted, "output after the end": child.output })) {
    expect(text.length, where).toBeGreaterThan(0);
    for (const secret of [...values.filter((value) => value !== "edited"), TOKEN]) {
      for (const spelling of spellings(secret)) expect(text.includes(spelling), where).toBe(false);
    }
    expect(text, where).not.toMatch(/key_(test|live)_[A-Za-z0-9]{12}/);
  }
});
