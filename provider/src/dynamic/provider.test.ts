import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { BOOTSTRAP } from "../program/bootstrap.ts";
import { PartialFailure, ProviderError } from "./failure.ts";
import { toState } from "./outputs.ts";
import { ApiKeyProvider } from "./provider.ts";
import { startWorld } from "./testing/world.ts";
import { IDENTITY, outputs } from "./testing/fixtures.ts";

const NEWS = {
  mode: "live",
  description: "Checkout service",
  deletionPolicy: "Revoke",
  ...IDENTITY,
  generation: 1,
  retiredGeneration: 0,
};

function providerWithout(...missing: readonly "configuration"[]): ApiKeyProvider {
  const provider = new ApiKeyProvider({
    now: () => Date.now(),
    wait: () => Promise.resolve(),
    randomBytes,
    engineListens: () => Promise.resolve(true),
    warn: () => undefined,
    env: {},
  });
  if (missing.length === 0) void provider.configure({ config: { get: () => undefined } });
  return provider;
}

test("a call before the configuration is refused", async () => {
  await expect(providerWithout("configuration").create(NEWS)).rejects.toThrow("before it was configured");
});

test("a preview needs no token, and an update says that it is missing", async () => {
  const provider = providerWithout();
  const state = toState(outputs());
  expect(await provider.check({}, NEWS)).toHaveProperty("inputs");
  expect(await provider.diff("id", state, NEWS)).toEqual({ changes: false });
  await expect(provider.update("id", state, NEWS)).rejects.toThrow("There is no management token");
});

test("each failure that leaves the provider is one without a stack, and holds no value", async () => {
  const provider = providerWithout();
  const broken = { ...toState(outputs()), keyId: 7 };
  const failures = await Promise.all(
    [
      provider.create({}),
      provider.update("id", broken, NEWS),
      provider.read("id", { ...broken }),
      provider.delete("id", broken),
      provider.diff("id", broken, NEWS),
      // What fails inside unexpectedly too.
      provider.check(
        {
          get generation(): number {
            throw new TypeError("inside");
          },
        },
        NEWS,
      ),
    ].map((call) => call.catch((error: unknown) => error)),
  );
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(ProviderError);
    expect(failure).toHaveProperty("stack", "");
    expect(inspect(failure)).not.toContain(outputs().key);
  }
  expect(failures.at(-1)).toHaveProperty("message", "inside");
});

test("a partial failure carries the provider's code, which its host puts back only into results", async () => {
  const world = await startWorld();
  world.fail("updateApiKey", 503);
  const failure: unknown = await world.up({}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PartialFailure);
  expect(failure).toHaveProperty("properties.__provider", BOOTSTRAP);
  expect(failure).toHaveProperty("stack", "");
});

test("a result holds the value as a secret only", async () => {
  const world = await startWorld();
  const { key, ...rest } = await world.up({});
  expect(key).toHaveProperty("4dabf18193072939515e22adb298388d");
  expect(JSON.stringify(rest)).not.toContain("key_live_");
});
