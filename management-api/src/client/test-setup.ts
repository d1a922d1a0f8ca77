import { inspect } from "node:util";
import { expect, onTestFinished } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "../emulator/index.ts";
import { ManagementToken } from "../management-token.ts";
import { ManagementClient, type ManagementClientOptions } from "./client.ts";
import { ManagementApiError } from "./errors.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** The token of the emulator's account in tests: obviously not real, and unlikely to stand in a text by chance. */
export const TOKEN = "token-of-the-test-account";
export const ACCOUNT = "acc_test";

/** An emulator and a client for it, closed at the end of the test. */
export async function setup(
  clientOptions: Partial<ManagementClientOptions> = {},
  emulatorOptions: EmulatorOptions = {},
): Promise<{ emulator: Emulator; client: ManagementClient }> {
  const emulator = await startEmulator({
    accounts: [{ id: ACCOUNT, token: TOKEN, name: "Test" }],
    rateLimit: 10_000,
    burst: 10_000,
    ...emulatorOptions,
  });
  onTestFinished(() => emulator.close());
  const client = clientOf(emulator.url, clientOptions);
  return { emulator, client };
}

/** A client for a server of the test, closed at its end; without retries unless asked for. */
export function clientOf(baseUrl: string, options: Partial<ManagementClientOptions> = {}): ManagementClient {
  const client = new ManagementClient({
    baseUrl,
    token: () => ManagementToken.of(TOKEN),
    limiter: new RateLimiter({ requestsPerSecond: 10_000, burst: 10_000 }),
    allowPrivateAddresses: true,
    retries: 0,
    random: () => 0,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

export const LIVE = { mode: "live", description: "Checkout", idempotencyKey: "attempt-1" } as const;

/** The error that a call rejects with, after a check that it shows neither the token nor the value of a key. */
export async function errorOf(call: Promise<unknown>): Promise<ManagementApiError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ManagementApiError);
  if (!(error instanceof ManagementApiError)) throw new Error("unreachable");
  const shown = [
    error.message,
    error.stack,
    inspect(error, { showHidden: true, depth: null, customInspect: false }),
    JSON.stringify(error),
    JSON.stringify(Object.getOwnPropertyDescriptors(error)),
  ].join("\n");
  expect(shown).not.toContain(TOKEN);
  expect(shown).not.toMatch(/key_(test|live)_/i);
  expect(error.advice).not.toBe("");
  expect(error.message).toContain(error.advice);
  return error;
}
