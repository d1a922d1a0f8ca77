import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { Session } from "../../provider/src/dynamic/session.ts";
import { createAuthority } from "../cluster/certificates.ts";
import { ACCOUNT, startApiServer, TOKEN, type ApiServer } from "./api-server.ts";
import { startProxy } from "./proxy-server.ts";

const CLIENT = fileURLToPath(new URL("../../management-api/src/index.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("../../controller/src/main.ts", import.meta.url));

/** The session of a Pulumi provider, as its process makes it from configuration and environment. */
function sessionOf(
  api: ApiServer,
  config: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Session {
  const values: Record<string, string> = {
    "signatureapi:baseUrl": `https://api.example.com:${api.port}/v1`,
    ...config,
  };
  return new Session((name) => values[name], {
    now: () => Date.now(),
    wait: () => Promise.resolve(),
    randomBytes,
    engineListens: () => Promise.resolve(true),
    clock: { now: () => performance.now(), schedule: () => () => {} },
    warn: () => undefined,
    env: { SIGNATUREAPI_MANAGEMENT_TOKEN: TOKEN, ...env },
  });
}

test("the Pulumi provider obeys HTTPS_PROXY, and trusts the CA in its configuration", async () => {
  const api = await startApiServer();
  const proxy = await startProxy({ resolve: () => "127.0.0.1" });
  const config = { "signatureapi:caBundle": api.authority.certificate };
  const session = sessionOf(api, config, { HTTPS_PROXY: proxy.url });
  expect(await session.account()).toMatchObject({ id: ACCOUNT });
  expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT api.example.com:${api.port}`]));
});

test("without the CA, the Pulumi provider says what to set", async () => {
  const api = await startApiServer();
  const session = sessionOf(api, { "signatureapi:baseUrl": `https://localhost:${api.port}/v1` });
  await expect(
    session.client.createApiKey({ mode: "live", description: "x", idempotencyKey: "1" }),
  ).rejects.toThrow(/not trusted here.*caBundle of the Pulumi provider.*NODE_EXTRA_CA_CERTS/);
});

test("CAs of a bundle count in addition to those of NODE_EXTRA_CA_CERTS", async () => {
  const api = await startApiServer();
  const folder = await mkdtemp(join(tmpdir(), "ca-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = join(folder, "ca.crt");
  await writeFile(file, api.authority.certificate);
  const script = `
    import { ManagementClient, ManagementToken, RateLimiter } from ${JSON.stringify(CLIENT)};
    for (const ca of [[], [process.env.OTHER_CA]]) {
      const client = new ManagementClient({
        baseUrl: "https://localhost:${api.port}/v1",
        token: () => ManagementToken.of("${TOKEN}"),
        limiter: new RateLimiter({ requestsPerSecond: 100, burst: 100 }),
        allowPrivateAddresses: true,
        retries: 0,
        ca,
      });
      console.log((await client.getAccount()).id);
      await client.close();
    }`;
  const env = {
    PATH: process.env["PATH"],
    NODE_EXTRA_CA_CERTS: file,
    OTHER_CA: createAuthority("another CA").certificate,
  };
  const args = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  expect(stdout).toBe(`${ACCOUNT}\n${ACCOUNT}\n`);
});

test("a controller whose proxy is no URL ends at its start, and names the variable without its password", async () => {
  const env = { PATH: process.env["PATH"], HTTPS_PROXY: "ftp://ada:pa55@proxy.example.com" };
  const ended = promisify(execFile)(process.execPath, [MAIN], { env }).catch((error: unknown) => error);
  const { code, stderr } = z.object({ code: z.number(), stderr: z.string() }).parse(await ended);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^signatureapi-controller: HTTPS_PROXY is no URL of an HTTP proxy/);
  expect(stderr).not.toContain("pa55");
});
