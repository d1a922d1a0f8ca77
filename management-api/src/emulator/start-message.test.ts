import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { startEmulator, type Emulator } from "./index.ts";
import { startMessage } from "./start-message.ts";

describe("the commands of the start message", () => {
  let emulator: Emulator;
  let message = "";

  beforeAll(async () => {
    emulator = await startEmulator();
    message = startMessage(emulator.url, emulator.adminUrl, {});
  });
  afterAll(() => emulator.close());

  /** Runs the command behind a label, as a user copies it. */
  async function follow(label: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const [, command = ""] = new RegExp(`^  ${label} +(curl .*)$`, "m").exec(message) ?? [];
    expect(command).not.toBe("");
    return shell(command, env);
  }

  test("show the account, break the next request, and prove a key", async () => {
    expect(await follow("curl")).toContain('"id":"acc_emulator"');
    const rule = await follow("break the next");
    expect(rule).toContain('"reset"');
    await expect(createKey(emulator.url)).rejects.toThrow();
    const { key } = z.object({ key: z.string() }).parse(await (await createKey(emulator.url)).json());
    expect(await follow("prove a key", { SIGNATUREAPI_KEY: key })).toContain("200 OK");
    expect(await follow("prove a key", { SIGNATUREAPI_KEY: `${key}x` })).toContain("401");
  });
});

function createKey(url: string): Promise<Response> {
  return fetch(`${url}/api-keys`, {
    method: "POST",
    headers: { authorization: "Bearer emulator-token", "content-type": "application/json" },
    body: JSON.stringify({ mode: "test", description: "Mine" }),
  });
}

function shell(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const child = spawn("bash", ["-c", command], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  child.once("close", () => resolve(text));
  return promise;
}

test("points Pulumi and the controller at it", () => {
  const message = startMessage("http://127.0.0.1:8787/v1", "http://127.0.0.1:8788", {});
  for (const part of [
    "pulumi config set signatureapi:baseUrl http://127.0.0.1:8787/v1\n",
    'export SIGNATUREAPI_MANAGEMENT_TOKEN="emulator-token"\n',
    "--allowed-base-urls http://127.0.0.1:8787/v1\n",
    "Keys are kept until it stops; --persist FILE keeps them longer.\n",
    "docs/emulator.md\n",
  ])
    expect(message).toContain(part);
});

test("names each account, and prints no token that was given", () => {
  const accounts = [
    { id: "acc_a", token: "a-given-token" },
    { id: "acc_b", token: "another-given-token" },
  ];
  const message = startMessage("http://127.0.0.1:1/v1", "http://127.0.0.1:2", {
    accounts,
    persistFile: "/var/lib/keys.json",
  });
  expect(message).toMatch(/acc_a, token \$TOKEN[\s\S]*acc_b/);
  expect(message).toContain("Keys are kept in /var/lib/keys.json, without their values.");
  expect(message).not.toMatch(/given-token/);
});

test.each([
  ["http://0.0.0.0:8787/v1", "http://127.0.0.1:8787/v1"],
  ["http://[::]:8787/v1", "http://[::1]:8787/v1"],
])("of a server on all addresses, %s, names one that can be called", (bound, shown) => {
  const message = startMessage(bound, "http://127.0.0.1:8788", {});
  expect(message).toContain(`${shown}/account`);
  expect(message).not.toContain(bound);
});

test("is what the emulator prints", { timeout: 20_000 }, async () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    text += String(chunk);
    if (text.includes("Ctrl-C")) break;
  }
  const [, url = ""] = /API {8}(\S+)/.exec(text) ?? [];
  const [, adminUrl = ""] = /Admin API {2}(\S+)/.exec(text) ?? [];
  expect(text).toBe(startMessage(url, adminUrl, {}));
  expect((await fetch(`${adminUrl}/keys`)).status).toBe(200);
});
