import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inClusterAccess } from "./in-cluster.ts";
import { loadKubeConfig } from "./kube-config.ts";

let folder: string;
const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "in-cluster-"));
  await writeFile(join(folder, "token"), "first\n");
  await writeFile(join(folder, "ca.crt"), "a certificate");
  await writeFile(join(folder, "namespace"), "signatureapi-system\n");
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("the access of a Pod is its projected service account, and its token is read anew each time", async () => {
  const access = inClusterAccess({ env, folder });
  expect(access).toMatchObject({ server: "https://10.0.0.1:443", namespace: "signatureapi-system" });
  expect(await access?.read(false)).toEqual({
    headers: { authorization: "Bearer first" },
    tls: { ca: "a certificate" },
  });
  await writeFile(join(folder, "token"), "second");
  expect((await access?.read(false))?.headers).toEqual({ authorization: "Bearer second" });
});

test("IPv6 addresses are written as a URL wants them", () => {
  const six = { ...env, KUBERNETES_SERVICE_HOST: "fd00::1" };
  expect(inClusterAccess({ env: six, folder })?.server).toBe("https://[fd00::1]:443");
});

test("outside a cluster there is no such access", () => {
  expect(inClusterAccess({ env: {}, folder })).toBeUndefined();
});

test("where nothing names a cluster, the error says what would", async () => {
  await expect(loadKubeConfig({ env: { HOME: folder } })).rejects.toThrow(/KUBECONFIG.*service account/u);
});

const file = (name: string): string => join(folder, name);
const config = (name: string) => ({
  clusters: [{ name, cluster: { server: `https://${name}.example.com` } }],
  users: [{ name, user: { token: `placeholder-${name}` } }],
  contexts: [{ name, context: { cluster: name, user: name, namespace: `ns-${name}` } }],
  "current-context": name,
});

test("several files of KUBECONFIG are merged, the first one's context counting", async () => {
  await writeFile(file("one"), JSON.stringify(config("one")));
  await writeFile(file("two"), JSON.stringify(config("two")));
  const access = await loadKubeConfig({ env: { KUBECONFIG: `${file("one")}:${file("two")}` } });
  expect(access).toMatchObject({ server: "https://one.example.com", namespace: "ns-one" });
  expect((await access.read(false)).headers).toEqual({ authorization: "Bearer placeholder-one" });
});

test("a token file that a kubeconfig names is read anew after a refusal", async () => {
  const withTokenFile = {
    clusters: [{ name: "c", cluster: { server: "https://c.example.com" } }],
    users: [
      {
        name: "u",
        user: { "auth-provider": { name: "tokenFile", config: { tokenFile: join(folder, "token") } } },
      },
    ],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  const kubeconfigPath = join(folder, "kubeconfig");
  await writeFile(kubeconfigPath, JSON.stringify(withTokenFile));
  const access = await loadKubeConfig({ kubeconfigPath });
  expect((await access.read(false)).headers).toEqual({ authorization: "Bearer first" });
  await writeFile(join(folder, "token"), "second");
  expect((await access.read(true)).headers).toEqual({ authorization: "Bearer second" });
});
