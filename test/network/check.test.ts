import { expect, test } from "vitest";
import { ProxyRules } from "../../management-api/src/client/proxy-rules.ts";
import { runCheck, type CheckOptions, type CheckResult } from "../../management-api/src/check/run.ts";
import { ManagementToken } from "../../management-api/src/management-token.ts";
import { startApiServer, TOKEN } from "./api-server.ts";
import { startProxy } from "./proxy-server.ts";

function check(baseUrl: string, options: Partial<CheckOptions> = {}): Promise<CheckResult> {
  return runCheck({
    baseUrl,
    token: ManagementToken.of(TOKEN),
    createTestKey: false,
    marker: "abcdefgh",
    signal: new AbortController().signal,
    requestsPerSecond: 1_000,
    ...options,
  });
}

const tls = ({ rows }: CheckResult) => rows.find(({ row }) => row.id === "tls")?.verdict;

test("the row tls holds over HTTPS with a certificate that is trusted, also over a proxy", async () => {
  const api = await startApiServer();
  const ca = [api.authority.certificate];
  const direct = await check(`https://localhost:${api.port}/v1`, { ca });
  expect([tls(direct), direct.end]).toEqual([{ state: "holds" }, "completed"]);
  const proxy = await startProxy({ resolve: () => "127.0.0.1" });
  const proxies = new ProxyRules({ HTTPS_PROXY: proxy.url });
  const over = await check(`https://api.example.com:${api.port}/v1`, { ca, proxies });
  expect([tls(over), over.end]).toEqual([{ state: "holds" }, "completed"]);
  expect(proxy.seen).toContain(`CONNECT api.example.com:${api.port}`);
});

test("the row tls differs if the certificate is not trusted, and no token is sent", async () => {
  const api = await startApiServer();
  const result = await check(`https://localhost:${api.port}/v1`);
  expect(tls(result)).toMatchObject({ state: "differs", expected: "a trusted certificate" });
  expect(result.end).toBe("unreachable");
  expect(api.emulator.admin.requests()).toEqual([]);
  const others = result.rows.filter(({ row }) => row.id !== "tls");
  expect(new Set(others.map(({ verdict }) => verdict.state))).toEqual(new Set(["not tried"]));
});
