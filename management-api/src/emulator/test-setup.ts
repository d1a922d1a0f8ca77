import { onTestFinished } from "vitest";
import * as z from "zod";
import { startEmulator, type Emulator, type EmulatorOptions } from "./index.ts";

export const ACCOUNT = "acc_test";
export const TOKEN = "token-of-the-test-account";

/** What came back, with the body read as JSON if there is one. */
interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>;

/** An emulator, closed at the end of the test, with plain HTTP calls to its API and its admin API. */
export async function start(
  options: EmulatorOptions = {},
): Promise<{ emulator: Emulator; api: Call; adminApi: Call }> {
  const emulator = await startEmulator({
    accounts: [{ id: ACCOUNT, token: TOKEN, name: "Test" }],
    rateLimit: 10_000,
    burst: 10_000,
    ...options,
  });
  onTestFinished(() => emulator.close());
  return {
    emulator,
    api: (method, path, body, headers) =>
      call(emulator.url + path, method, body, { authorization: `Bearer ${TOKEN}`, ...headers }),
    adminApi: (method, path, body) => call(emulator.adminUrl + path, method, body, {}),
  };
}

const bodySchema = z.record(z.string(), z.unknown());

async function call(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = bodySchema.parse(text === "" ? {} : JSON.parse(text));
  return { status: response.status, headers: response.headers, body: answer };
}
