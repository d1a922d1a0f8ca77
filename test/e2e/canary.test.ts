import { expect, test } from "vitest";
import { ControllerChild } from "./controller-child.ts";
import { readyNamespace } from "./manifests.ts";
import { decoded, OneKey } from "./one-key.ts";
import { World } from "./world.ts";

const N = "canary";
const TOKEN = "canary-management-token-6f1d";

/** The value in a Secret, once it is another one than before. */
async function valueIn(key: OneKey, not = ""): Promise<string> {
  return decoded(await key.untilSecret((secret) => ![undefined, "", not].includes(decoded(secret)))) ?? "";
}

/** In how many ways a value could leak. */
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
  await world.apply(...readyNamespace(N, world.emulator.url, TOKEN));
  const flags = ["--allowed-base-urls", world.emulator.url, "--log-level", "trace"];
  await using child = new ControllerChild(world.cluster.kubeconfigFile, flags);
  const template = [{ name: ".env", value: "SIGNATUREAPI_KEY={{key}}\n" }];
  const values: string[] = [];

  // Minted, rotated, lost and edited; a roll; a refusal, a truncated and a malformed answer that carries a value.
  const live = new OneKey(world, N, { name: "live" });
  const rolled = new OneKey(world, N, { name: "test" });
  await live.declare({ secret: { template }, rotation: { trigger: "one", overlap: "0s" } });
  await rolled.declare({ mode: "test" });
  values.push(await valueIn(live), await valueIn(rolled));
  await live.untilReady();
  await live.declare({ secret: { template }, rotation: { trigger: "two", overlap: "0s" } });
  values.push(await valueIn(live, values[0]));
  await rolled.deleteSecret();
  values.push(await valueIn(rolled, values[1]));
  await live.patchSecret({ stringData: { SIGNATUREAPI_KEY: "edited" } });
  values.push(await valueIn(live, "edited"));
  for (const kind of ["truncate", "malformed", "reset"] as const) {
    world.emulator.admin.addFault({ match: { operation: "createApiKey" }, when: "after", fault: { kind } });
    const key = new OneKey(world, N, { name: `after-${kind}` });
    await key.declare({});
    await key.until((object) => JSON.stringify(object?.status ?? {}).includes("CreateOutcomeUnknown"));
  }
  await rolled.remove();

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
