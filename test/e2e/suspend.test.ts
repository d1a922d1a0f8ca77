import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";
import type { Manifest } from "./manifests.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({
    emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
  });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** The two ways to suspend, and how each is reported. */
const WAYS = [
  ["ApiKey", "Suspended"],
  ["Account", "AccountSuspended"],
] as const;

async function suspend(key: OneKey, kind: (typeof WAYS)[number][0], value: boolean): Promise<void> {
  const { namespace } = key.ref;
  if (kind === "ApiKey") {
    await key.suspend(value);
    return;
  }
  const ref = { namespace, name: "default" };
  await world.kube.patch(ACCOUNTS, ref, { spec: { suspend: value } }, { type: "merge" });
  await world.untilObserved(ACCOUNTS, ref);
}

describe.each(WAYS)("a suspended %s", (kind, reason) => {
  test.each<readonly [what: string, spec: Manifest, act: (key: OneKey) => Promise<void>]>([
    ["lost Secret", {}, async (key) => key.deleteSecret()],
    ["edited value", {}, async (key) => key.patchSecret({ stringData: { SIGNATUREAPI_KEY: "edited" } })],
    ["lost Secret of a test key", { mode: "test" }, async (key) => key.deleteSecret()],
    ["emergency", {}, async (key) => key.annotate({ "signatureapi.com/rotate": "leaked" })],
    [
      "trigger",
      { rotation: { trigger: "one" } },
      async (key) => key.change({ rotation: { trigger: "two" } }),
    ],
  ])("mints and rolls nothing for a %s, and goes on when it is resumed", async (what, spec, act) => {
    const key = new OneKey(world, `${kind}-${what}`.toLowerCase().replaceAll(" ", "-"));
    const { value } = await key.ready(spec);
    const { createApiKey: made = 0, rollApiKey: rolled = 0 } = world.emulator.admin.counters();
    await suspend(key, kind, true);
    await act(key);
    await key.stalled(reason);
    const counters = world.emulator.admin.counters();
    expect([counters["createApiKey"] ?? 0, counters["rollApiKey"] ?? 0]).toEqual([made, rolled]);
    await suspend(key, kind, false);
    const next = await key.newValue(value);
    expect(await world.authenticates(next)).toBe(200);
  });

  test("revokes what is due, keeps the Secret's labels, and is deleted", async () => {
    const key = new OneKey(world, `${kind}-going-on`.toLowerCase());
    const { keyId, value } = await key.ready({ rotation: { overlap: "3s", trigger: "one" } });
    await key.declare({ rotation: { overlap: "3s", trigger: "two" } });
    const next = await key.newValue(value);
    await key.untilStatus(({ previous }) => previous !== undefined);
    await suspend(key, kind, true);
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(world.stateOf(keyId)).toBe("revoked");
    await key.patchSecret({ metadata: { labels: { "signatureapi.com/apikey": "another" } } });
    await key.untilSecret(({ metadata }) => metadata.labels?.["signatureapi.com/apikey"] === "app");
    await key.remove();
    expect([key.active(), await world.authenticates(next)]).toEqual([0, 401]);
  });
});
