import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { serveEndpoints } from "./http-endpoints.ts";

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((found) => isIPv6(found?.address ?? ""));

/** Which addresses of this machine are answered. */
async function answered(address: string): Promise<readonly string[]> {
  const server = await serveEndpoints(address, { "/healthz": async () => ({ status: 200, body: "ok" }) });
  onTestFinished(async () => server.close());
  const port = /:(\d+)$/.exec(server.address)?.[1];
  const hosts = ["127.0.0.1", "[::1]"];
  const looks = await Promise.allSettled(hosts.map(async (host) => fetch(`http://${host}:${port}/healthz`)));
  return hosts.filter((_host, index) => looks[index]?.status === "fulfilled");
}

test.skipIf(!hasIPv6).each([
  [":0", ["127.0.0.1", "[::1]"]],
  ["[::]:0", ["127.0.0.1", "[::1]"]],
  ["[::1]:0", ["[::1]"]],
  ["0.0.0.0:0", ["127.0.0.1"]],
  ["127.0.0.1:0", ["127.0.0.1"]],
])("a server at %s answers at %j", async (address, hosts) => {
  expect(await answered(address)).toEqual(hosts);
});

test.skipIf(!hasIPv6)("the address that is shown can be called", async () => {
  const server = await serveEndpoints("[::1]:0", {});
  onTestFinished(async () => server.close());
  expect(server.address).toMatch(/^\[::1\]:\d+$/);
  expect((await fetch(`http://${server.address}/`)).status).toBe(404);
});
