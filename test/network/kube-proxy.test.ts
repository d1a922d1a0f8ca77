import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { KubeClient, loadKubeConfig } from "../../controller/src/kube/index.ts";
import { createAuthority, issueCertificate } from "../cluster/certificates.ts";
import { listen } from "./listening.ts";
import { startProxy, type ProxyBehaviour } from "./proxy-server.ts";

/** An API server that answers /version, and a kubeconfig of it by a name that only a proxy resolves. */
async function startWorld(cluster: Readonly<Record<string, unknown>> = {}, host = "kubernetes.example.com") {
  const authority = createAuthority("cluster CA");
  const { key, certificate } = issueCertificate(authority, {
    usage: "server",
    commonName: "kube-apiserver",
    dnsNames: ["kubernetes.example.com"],
    ipAddresses: ["::1"],
  });
  const server = createServer({ key, cert: certificate }, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"major":"1"}');
  });
  const port = await listen(server, host === "[::1]" ? "::1" : "127.0.0.1");
  const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true });
  });
  const kubeconfigPath = join(folder, "config");
  const config = {
    clusters: [
      {
        name: "c",
        cluster: {
          server: `https://${host}:${port}`,
          "certificate-authority-data": Buffer.from(authority.certificate).toString("base64"),
          ...cluster,
        },
      },
    ],
    users: [{ name: "u", user: { token: "placeholder" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(kubeconfigPath, JSON.stringify(config));
  return { kubeconfigPath, target: `kubernetes.example.com:${port}` };
}

async function clientOf(kubeconfigPath: string, env: Readonly<Record<string, string>>): Promise<KubeClient> {
  const client = new KubeClient(await loadKubeConfig({ kubeconfigPath, env }));
  onTestFinished(async () => client.close());
  return client;
}

const version = async (client: KubeClient): Promise<unknown> =>
  JSON.parse((await client.raw({ method: "GET", path: "/version", timeoutMs: 1_500 })).body);

const toLoopback: ProxyBehaviour = { resolve: () => "127.0.0.1" };

test("the API server is reached over the proxy of HTTPS_PROXY", async () => {
  const { kubeconfigPath, target } = await startWorld();
  const proxy = await startProxy({ ...toLoopback, credentials: "ada:secret" });
  const env = { HTTPS_PROXY: proxy.url.replace("://", "://ada:secret@") };
  expect(await version(await clientOf(kubeconfigPath, env))).toEqual({ major: "1" });
  expect(proxy.seen).toEqual([`CONNECT ${target}`]);
});

test("proxy-url of the kubeconfig wins over the environment, and NO_PROXY is not for it", async () => {
  const [own, other] = [await startProxy(toLoopback), await startProxy(toLoopback)];
  const { kubeconfigPath, target } = await startWorld({ "proxy-url": own.url });
  const env = { HTTPS_PROXY: other.url, NO_PROXY: "*" };
  expect(await version(await clientOf(kubeconfigPath, env))).toEqual({ major: "1" });
  expect([own.seen, other.seen]).toEqual([[`CONNECT ${target}`], []]);
});

test.each([
  [407, /answered 407: set HTTPS_PROXY to a URL with the user and password/],
  [403, /answered 403: allow this host and port/],
  [502, /answered 502: check the name of the API server/],
] as const)("a proxy that answers %i is named, without its password", async (answer, message) => {
  const { kubeconfigPath, target } = await startWorld();
  const proxy = await startProxy({ answer });
  const client = await clientOf(kubeconfigPath, { HTTPS_PROXY: proxy.url.replace("://", "://ada:pa55@") });
  const error: unknown = await version(client).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(message);
  expect(String(error)).toContain(`the proxy ${proxy.address} (HTTPS_PROXY) on the way to ${target}`);
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain("pa55");
});

test("a proxy that cannot be reached is named", async () => {
  const { kubeconfigPath } = await startWorld({ "proxy-url": "http://ada:pa55@127.0.0.1:1" });
  const error: unknown = await version(await clientOf(kubeconfigPath, {})).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(
    /the proxy 127\.0\.0\.1:1 \(proxy-url of the kubeconfig\) .*cannot be reached \(ECONNREFUSED\)/,
  );
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain("pa55");
});

test("a proxy's URL that cannot be used is an error that does not quote it", async () => {
  const { kubeconfigPath } = await startWorld({ "proxy-url": "ftp://ada:pa55@proxy" });
  const error: unknown = await version(await clientOf(kubeconfigPath, {})).catch((reason: unknown) => reason);
  expect(String(error)).toContain("proxy-url of the kubeconfig is no URL of a proxy");
  expect(inspect(error, { depth: null })).not.toContain("pa55");
});

test("an API server at an IPv6 address is reached, and its certificate checked", async () => {
  const { kubeconfigPath } = await startWorld({}, "[::1]");
  expect(await version(await clientOf(kubeconfigPath, { HTTPS_PROXY: "http://127.0.0.1:1" }))).toEqual({
    major: "1",
  });
});
