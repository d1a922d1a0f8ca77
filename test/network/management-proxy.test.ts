import { createServer, type LookupFunction } from "node:net";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { EnvHttpProxyAgent } from "undici";
import {
  ManagementApiError,
  ManagementClient,
  ManagementToken,
  ProxyRules,
  RateLimiter,
  type ManagementClientOptions,
} from "../../management-api/src/index.ts";
import { createAuthority, issueCertificate } from "../cluster/certificates.ts";
import { ACCOUNT, startApiServer, TOKEN, type ApiServer } from "./api-server.ts";
import { listen } from "./listening.ts";
import { startProxy } from "./proxy-server.ts";

const LIVE = { mode: "live", description: "Checkout", idempotencyKey: "attempt-1" } as const;
const toLoopback = { resolve: () => "127.0.0.1" };

function clientOf(
  baseUrl: string,
  env: Readonly<Record<string, string>>,
  options: Partial<ManagementClientOptions> = {},
): ManagementClient {
  const client = new ManagementClient({
    baseUrl,
    token: () => ManagementToken.of(TOKEN),
    limiter: new RateLimiter({ requestsPerSecond: 10_000, burst: 10_000 }),
    retries: 0,
    proxies: new ProxyRules(env),
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** A client for a name that only a proxy resolves. */
function over(
  api: ApiServer,
  env: Readonly<Record<string, string>>,
  options: Partial<ManagementClientOptions> = {},
): ManagementClient {
  return clientOf(`https://api.example.com:${api.port}/v1`, env, {
    ca: [api.authority.certificate],
    ...options,
  });
}

async function errorOf(call: Promise<unknown>): Promise<ManagementApiError> {
  const error: unknown = await call.then(
    () => new Error("the call succeeded"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ManagementApiError)) throw new Error(`not the client's error: ${String(error)}`);
  return error;
}

describe("over a proxy", () => {
  test.each([
    ["HTTPS_PROXY", "http"],
    ["https_proxy", "http"],
    ["HTTP_PROXY", "http"],
    ["HTTPS_PROXY", "https"],
  ])("%s leads to the API by a tunnel through a proxy that speaks %s", async (variable, scheme) => {
    const api = await startApiServer();
    const certificate = issueCertificate(api.authority, {
      usage: "server",
      commonName: "proxy",
      dnsNames: [],
      ipAddresses: ["127.0.0.1"],
    });
    const proxy = await startProxy({ ...toLoopback, ...(scheme === "https" && { tls: certificate }) });
    const client = over(api, { [variable]: proxy.url });
    expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
    const { apiKey } = await client.createApiKey(LIVE);
    expect((await client.listAllApiKeys()).apiKeys).toMatchObject([{ id: apiKey.id }]);
    // Everything goes through tunnels, and the token is inside of them.
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT api.example.com:${api.port}`]));
    expect(inspect(proxy.headers)).not.toContain(TOKEN);
  });

  test("an http URL is forwarded, without a tunnel", async () => {
    const { emulator } = await startApiServer();
    const proxy = await startProxy(toLoopback);
    const { port } = new URL(emulator.url);
    const client = clientOf(`http://api.example.com:${port}/v1`, { HTTP_PROXY: proxy.url });
    expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
    expect(proxy.seen).toEqual([`GET http://api.example.com:${port}/v1/account`]);
  });

  test("what NO_PROXY lists is reached directly", async () => {
    const api = await startApiServer();
    const proxy = await startProxy();
    const env = { HTTPS_PROXY: proxy.url, no_proxy: "localhost" };
    const client = clientOf(`https://localhost:${api.port}/v1`, env, {
      ca: [api.authority.certificate],
      allowPrivateAddresses: true,
    });
    expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
    expect(proxy.seen).toEqual([]);
  });

  test("user and password of the proxy's URL are sent to it, decoded, and to nobody else", async () => {
    const api = await startApiServer();
    const proxy = await startProxy({ ...toLoopback, credentials: "ada:p@ss:w%rd" });
    const url = proxy.url.replace("://", "://ada:p%40ss%3Aw%25rd@");
    expect(await over(api, { HTTPS_PROXY: url }).getAccount()).toMatchObject({ id: ACCOUNT });
    expect(inspect(api.emulator.admin.requests(), { depth: null })).not.toMatch(/proxy-auth/i);
  });
});

describe("a proxy that does not lead there is named, with the target and what to set", () => {
  test.each([
    [407, /asks for credentials \(407\): set HTTPS_PROXY to a URL with user and password/, false],
    [
      403,
      /refuses to lead to api\.example\.com:\d+ \(403\): allow api\.example\.com:\d+ in the rules/,
      false,
    ],
    [502, /cannot reach api\.example\.com:\d+ \(502\): check the name, and the DNS/, true],
    [204, /refuses to lead to .* \(204\)/, false],
  ])("where it answers %i", async (answer, message, transient) => {
    const api = await startApiServer();
    const proxy = await startProxy({ answer });
    const error = await errorOf(over(api, { HTTPS_PROXY: proxy.url }).createApiKey(LIVE));
    expect(error).toMatchObject({ kind: "proxy", effect: "none", transient });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`The proxy ${proxy.address} (HTTPS_PROXY)`);
    expect(error.message).toContain("NO_PROXY");
    expect(api.emulator.admin.requests()).toEqual([]);
  });

  test("where nothing listens", async () => {
    const api = await startApiServer();
    const error = await errorOf(over(api, { https_proxy: "127.0.0.1:1" }).createApiKey(LIVE));
    expect(error).toMatchObject({ kind: "proxy", effect: "none", transient: true });
    expect(error.message).toMatch(
      /The proxy 127\.0\.0\.1:1 \(https_proxy\) on the way to api\.example\.com:\d+ failed\. .*refuses.*ECONNREFUSED.*Check https_proxy/,
    );
  });

  test.each(["hang", 407, 403] as const)("for http, where it answers %s", async (answer) => {
    const proxy = await startProxy({ answer });
    const client = clientOf(
      "http://api.example.com/v1",
      { HTTP_PROXY: proxy.url },
      { deadlines: { requestMs: 300 } },
    );
    const error = await errorOf(client.getAccount());
    const kinds = { hang: "timeout", 407: "proxy", 403: "http-status" };
    expect(error.kind).toBe(kinds[answer]);
    if (answer === 407)
      expect(error.message).toContain(
        `The proxy ${proxy.address} (HTTP_PROXY) on the way to api.example.com`,
      );
  });

  test("where it accepts the connection and says nothing, within the time for connections", async () => {
    const api = await startApiServer();
    const proxy = await startProxy({ answer: "hang" });
    const client = over(api, { HTTPS_PROXY: proxy.url }, { deadlines: { connectMs: 200 } });
    const error = await errorOf(client.createApiKey(LIVE));
    expect(error).toMatchObject({ kind: "proxy", effect: "none", transient: true });
    expect(error.message).toContain("It did not answer in time");
  });

  test("where its certificate is of a CA that is not trusted", async () => {
    const api = await startApiServer();
    const tls = issueCertificate(createAuthority("another CA"), {
      usage: "server",
      commonName: "proxy",
      dnsNames: [],
      ipAddresses: ["127.0.0.1"],
    });
    const proxy = await startProxy({ ...toLoopback, tls });
    const error = await errorOf(over(api, { HTTPS_PROXY: proxy.url }).getAccount());
    expect(error.message).toMatch(new RegExp(`The proxy ${proxy.address} .*not trusted`));
  });

  test("a server behind it whose CA is not trusted is not blamed on the proxy", async () => {
    const api = await startApiServer();
    const proxy = await startProxy(toLoopback);
    const error = await errorOf(over(api, { HTTPS_PROXY: proxy.url }, { ca: [] }).createApiKey(LIVE));
    expect(error).toMatchObject({ kind: "untrusted-certificate", effect: "none" });
    expect(error.message).toMatch(/CA that is not trusted.*spec\.caBundle.*NODE_EXTRA_CA_CERTS/);
  });

  test("credentials are in no message, stack or property", async () => {
    const api = await startApiServer();
    for (const answer of [407, 403, 502, "hang"] as const) {
      // eslint-disable-next-line no-await-in-loop -- one proxy after the other
      const proxy = await startProxy({ answer });
      const url = proxy.url.replace("://", "://ada:p%40ssw0rd@");
      const client = over(api, { HTTPS_PROXY: url }, { deadlines: { connectMs: 200 } });
      // eslint-disable-next-line no-await-in-loop -- one proxy after the other
      const error = await errorOf(client.getAccount());
      const shown = [
        error.message,
        error.stack,
        inspect(error, { depth: null, showHidden: true }),
        inspect(client, { depth: null }),
      ].join();
      expect(shown).not.toMatch(/p@ssw0rd|p%40ssw0rd/);
      expect(shown).not.toContain(Buffer.from("ada:p@ssw0rd").toString("base64"));
    }
  });

  test("wrong credentials are told apart from missing ones", async () => {
    const api = await startApiServer();
    const proxy = await startProxy({ credentials: "ada:right" });
    const error = await errorOf(
      over(api, { HTTPS_PROXY: proxy.url.replace("://", "://ada:wrong@") }).getAccount(),
    );
    expect(error.message).toContain("does not accept the user and password in HTTPS_PROXY (407)");
  });
});

describe("the guards of the client hold in a tunnel too", () => {
  test("redirects are not followed, and an answer that is too large is given up", async () => {
    const api = await startApiServer();
    const proxy = await startProxy(toLoopback);
    const client = over(api, { HTTPS_PROXY: proxy.url });
    const redirect = { kind: "redirect", location: "https://elsewhere.example.com/" } as const;
    for (const [fault, kind] of [
      [redirect, "redirect"],
      [{ kind: "huge", bytes: 2_000_000 }, "answer-too-large"],
    ] as const) {
      api.emulator.admin.addFault({ match: { operation: "getAccount" }, times: 1, fault });
      // eslint-disable-next-line no-await-in-loop -- one fault after the other
      expect(await errorOf(client.getAccount())).toMatchObject({ kind });
    }
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT api.example.com:${api.port}`]));
  });

  test("an answer that does not come is given up at the deadline, and a create counts as unknown", async () => {
    const api = await startApiServer();
    const proxy = await startProxy(toLoopback);
    const client = over(api, { HTTPS_PROXY: proxy.url }, { deadlines: { requestMs: 500 } });
    api.emulator.admin.addFault({ match: { operation: "createApiKey" }, times: 1, fault: { kind: "hang" } });
    expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({ kind: "timeout", effect: "unknown" });
  });

  test.each(["127.0.0.1", "169.254.169.254", "[::1]", "10.1.2.3", "localhost"])(
    "%s in the URL is refused, and the proxy is not asked for it",
    async (host) => {
      const proxy = await startProxy();
      const client = clientOf(`https://${host}/v1`, { HTTPS_PROXY: proxy.url });
      expect(await errorOf(client.createApiKey(LIVE))).toMatchObject({
        kind: "address-not-allowed",
        effect: "none",
      });
      expect(proxy.seen).toEqual([]);
    },
  );
});

test.each(["socks5://proxy.example.com:1080", "http://", "http://ada:%zz@proxy.example.com", "not a url"])(
  "a variable that names no HTTP proxy is refused by its name, and its password not quoted: %s",
  (value) => {
    expect(() => new ProxyRules({ HTTPS_PROXY: value })).toThrow(/HTTPS_PROXY/);
    expect(() => new ProxyRules({ HTTPS_PROXY: value })).not.toThrow("ada");
  },
);

/** Of each, undici's own agent says whether it goes over the proxy. `PORT` is one that listens. */
const TARGETS = [
  "http://a.example.com:PORT",
  "http://example.com:PORT",
  "http://127.0.0.1:PORT",
  "http://[::1]:PORT",
  "http://host.:PORT",
];
const SETTINGS = `
  * example.com .example.com *.example.com a.example.com:PORT a.example.com:81 none.invalid,* *:PORT *:81 ::1 [::1]
  [::1]:PORT [::1]:81 127.0.0.1 127.0.0.1:PORT EXAMPLE.COM. host xample.com . [0:0:0:0:0:0:0:2]
`;

const resolvesNothing: LookupFunction = (_host, _options, callback) =>
  callback(new Error("not resolved"), []);

test.each(["", " * ", "other.com example.com", ...SETTINGS.trim().split(/\s+/)])(
  "NO_PROXY=%j means what undici's EnvHttpProxyAgent takes it for",
  async (setting) => {
    const server = createServer((socket) => socket.destroy());
    const port = String(await listen(server));
    onTestFinished(() => void server.close());
    const proxy = await startProxy({ answer: 418 });
    const noProxy = setting.replaceAll("PORT", port);
    const agent = new EnvHttpProxyAgent({
      httpProxy: proxy.url,
      noProxy,
      connect: { lookup: resolvesNothing },
    });
    onTestFinished(() => agent.destroy());
    const rules = new ProxyRules({ HTTP_PROXY: proxy.url, NO_PROXY: noProxy });
    for (const target of TARGETS) {
      const origin = target.replace("PORT", port);
      const before = proxy.seen.length;
      // eslint-disable-next-line no-await-in-loop -- the proxy counts one after the other
      await agent.request({ origin, path: "/", method: "GET" }).catch(() => {});
      expect(rules.proxyFor(origin) !== undefined, origin).toBe(proxy.seen.length > before);
    }
  },
);

test("in addition, NO_PROXY takes ranges of addresses, and an empty lower-case variable switches a proxy off", () => {
  const rules = new ProxyRules({ HTTPS_PROXY: "http://p:3128", NO_PROXY: "10.0.0.0/8,fd00::/8" });
  expect(rules.proxyFor("https://10.1.2.3")).toBeUndefined();
  expect(rules.proxyFor("https://[fd00::1]:6443")).toBeUndefined();
  expect(rules.proxyFor("https://11.1.2.3")?.address).toBe("p:3128");
  expect(
    new ProxyRules({ HTTPS_PROXY: "http://p:3128", https_proxy: "" }).proxyFor("https://a"),
  ).toBeUndefined();
});

test("an IPv6 address in the base URL is reached, directly and over a proxy, and its certificate checked", async () => {
  const api = await startApiServer("::1");
  const proxy = await startProxy();
  const ca = [api.authority.certificate];
  for (const env of [{}, { HTTPS_PROXY: proxy.url }]) {
    const options = { ca, allowPrivateAddresses: true };
    const client = clientOf(`https://[::1]:${api.port}/v1`, env, options);
    // eslint-disable-next-line no-await-in-loop -- one way after the other
    expect(await client.getAccount()).toMatchObject({ id: ACCOUNT });
  }
  expect(proxy.seen).toEqual([`CONNECT [::1]:${api.port}`]);
});

test("a proxy at an IPv6 address is named as a URL names it", () => {
  expect(new ProxyRules({ HTTPS_PROXY: "http://[fd00::1]" }).proxyFor("https://a")?.address).toBe(
    "[fd00::1]:80",
  );
});
