import { isProblem, type Problem } from "@signatureapi-keys/lifecycle";
import { ManagementClient, ManagementToken } from "@signatureapi-keys/management-api";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { probeAccount } from "./probe.ts";

/** The URL of a port at which nothing listens. */
async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return `http://127.0.0.1:${address.port}/v1`;
}

/** Looks at an account that cannot be reached. @returns what it found, and how many requests that took. */
async function lookInVain(isKnown: boolean): Promise<{ found: Problem; requests: number }> {
  let requests = 0;
  const baseUrl = await closedUrl();
  const session = { baseUrl, token: ManagementToken.of("sesame"), allowPrivateAddresses: true, ca: [] };
  const environment = {
    makeClient: (options: ConstructorParameters<typeof ManagementClient>[0]) =>
      new ManagementClient({ retries: 1, ...options, onRequest: () => (requests += 1) }),
    stopping: new AbortController().signal,
  };
  const found = await probeAccount(environment, session, { isKnown, pinned: undefined });
  if (!isProblem(found)) throw new TypeError("nothing answers there");
  return { found, requests };
}

test("the first look at an account reports its first failure, with what to check", async () => {
  const { found, requests } = await lookInVain(false);
  expect(requests).toBe(1);
  expect(found).toMatchObject({ reason: "ManagementAPIUnavailable", transient: true });
  expect(found.message).toMatch(/refuses the connection \(ECONNREFUSED\): check the port/);
});

test("a look at an account that is in use is repeated before it counts as failed", async () => {
  expect((await lookInVain(true)).requests).toBe(2);
});
