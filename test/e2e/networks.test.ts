import { ProxyRules } from "@signatureapi-keys/management-api";
import { ACCOUNTS, CLUSTER_ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createAuthority } from "../cluster/certificates.ts";
import { startApiServer, TOKEN, type ApiServer } from "../network/api-server.ts";
import { startProxy } from "../network/proxy-server.ts";
import { isReady, refusedFor } from "./conditions.ts";
import { account, clusterAccount, credentials, namespace, type Manifest } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

const SYSTEM = "signatureapi-system";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace(SYSTEM));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A controller for an API server of the test. It looks at nothing again by itself: the resync is far away. */
async function startController(baseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const controller = await world.startController({
    timing: FAST_TIMING,
    flags: ["--allowed-base-urls", baseUrl, "--resync", "1h", "--inventory-interval", "1h"],
    proxies: new ProxyRules(env),
  });
  onTestFinished(async () => void (await controller.stop()));
}

const configMap = (inNamespace: string, text: string): Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "company-ca", namespace: inNamespace },
  data: { "ca.crt": text },
});

const urlOf = (api: ApiServer, host = "localhost"): string => `https://${host}:${api.port}/v1`;

test("an account trusts the CA in spec.caBundle, and mints nothing before", async () => {
  const api = await startApiServer();
  await startController(urlOf(api));
  await world.apply(
    namespace("inline"),
    credentials("inline", { token: TOKEN }),
    account("inline", urlOf(api)),
  );
  const key = new OneKey(world, "inline", { name: "checkout" });
  await key.declare({});
  const ref = { namespace: "inline", name: "default" };
  const refused = await world.watcher.until(ACCOUNTS, ref, refusedFor("ManagementAPIUnavailable"));
  expect(refused).toMatch(/CA that is not trusted.*spec\.caBundle of the account/);
  await world.apply(account("inline", urlOf(api), { caBundle: "-----BEGIN CERTIFICATE-----" }));
  expect(await world.watcher.until(ACCOUNTS, ref, refusedFor("InvalidCABundle"))).toMatch(
    /^spec\.caBundle cannot be used .*no list of complete PEM certificates/,
  );
  await world.apply(account("inline", urlOf(api), { caBundle: createAuthority("another CA").certificate }));
  await world.watcher.until(ACCOUNTS, ref, refusedFor("ManagementAPIUnavailable"));
  expect(api.emulator.admin.requests()).toEqual([]);
  await world.apply(account("inline", urlOf(api), { caBundle: api.authority.certificate }));
  await world.watcher.until(ACCOUNTS, ref, isReady);
  await key.untilReady();
});

test("a ConfigMap that is missing or holds no certificates is named; what it holds later is taken up", async () => {
  const api = await startApiServer();
  await startController(urlOf(api));
  const declared = account("mapped", urlOf(api), { caBundleConfigMapRef: { name: "company-ca" } });
  await world.apply(namespace("mapped"), credentials("mapped", { token: TOKEN }), declared);
  const ref = { namespace: "mapped", name: "default" };
  expect(await world.watcher.until(ACCOUNTS, ref, refusedFor("CABundleNotFound"))).toContain(
    "ConfigMap mapped/company-ca, which spec.caBundleConfigMapRef names, does not exist",
  );
  await world.apply(configMap("mapped", "junk"));
  expect(await world.watcher.until(ACCOUNTS, ref, refusedFor("InvalidCABundle"))).toMatch(
    /^the entry "ca\.crt" of ConfigMap mapped\/company-ca cannot be used/,
  );
  expect(api.emulator.admin.requests()).toEqual([]);
  await world.apply(configMap("mapped", api.authority.certificate));
  await world.watcher.until(ACCOUNTS, ref, isReady);
  const first = new OneKey(world, "mapped", { name: "first" });
  await first.declare({});
  await first.untilReady();

  // Another CA: the next call that meets it has the ConfigMap read again.
  const next = createAuthority("next CA");
  await world.apply(configMap("mapped", next.certificate));
  api.replaceCertificate(next);
  const second = new OneKey(world, "mapped", { name: "second" });
  await second.declare({});
  await second.untilReady();
  expect(api.emulator.admin.keys()).toHaveLength(2);
});

test("the ConfigMap of a ClusterAccount is in the namespace of its credentials", async () => {
  const api = await startApiServer();
  await startController(urlOf(api));
  await world.apply(
    credentials(SYSTEM, { token: TOKEN }),
    configMap(SYSTEM, api.authority.certificate),
    clusterAccount("company", urlOf(api), { caBundleConfigMapRef: { name: "company-ca" } }),
  );
  await world.watcher.until(CLUSTER_ACCOUNTS, { name: "company" }, isReady);
});

test("both at once are refused", async () => {
  const both = { caBundle: "x", caBundleConfigMapRef: { name: "company-ca" } };
  await world.apply(namespace("both"));
  await expect(world.apply(account("both", "https://localhost/v1", both))).rejects.toThrow(
    /exclude each other/,
  );
});

test("over a proxy, a key is minted and delivered; a proxy that refuses is in the condition", async () => {
  const api = await startApiServer();
  const url = urlOf(api, "api.example.com");
  const proxy = await startProxy({ resolve: () => "127.0.0.1", credentials: "ada:pa55" });
  const declared = account("proxied", url, { caBundle: api.authority.certificate });
  await world.apply(namespace("proxied"), credentials("proxied", { token: TOKEN }), declared);
  const ref = { namespace: "proxied", name: "default" };
  const refusing = await world.startController({
    timing: FAST_TIMING,
    flags: ["--allowed-base-urls", url],
    proxies: new ProxyRules({ HTTPS_PROXY: proxy.url.replace("://", "://ada:wrong-pa55@") }),
  });
  const message = await world.watcher.until(ACCOUNTS, ref, refusedFor("ManagementAPIUnavailable"));
  expect(message).toContain(
    `The proxy ${proxy.address} (HTTPS_PROXY) on the way to api.example.com:${api.port}`,
  );
  await refusing.stop();
  expect([message, ...refusing.lines].join()).not.toContain("wrong-pa55");
  await startController(url, { HTTPS_PROXY: proxy.url.replace("://", "://ada:pa55@") });
  const key = new OneKey(world, "proxied", { name: "checkout" });
  await key.declare({});
  await key.untilReady();
});
