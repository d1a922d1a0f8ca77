import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import * as z from "zod";
import { loadKubeConfig, type ClusterAccess } from "../../controller/src/kube/index.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfigs-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
});

interface Entries {
  readonly clusters?: Readonly<Record<string, object>>;
  readonly users?: Readonly<Record<string, object>>;
  readonly contexts?: Readonly<Record<string, object>>;
  readonly current?: string;
}

function list(field: string, entries: Readonly<Record<string, object>>): object[] {
  return Object.entries(entries).map(([name, entry]) => ({ name, [field]: entry }));
}

/** The text of a kubeconfig. */
function config({ clusters = {}, users = {}, contexts = {}, current }: Entries): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: list("cluster", clusters),
    users: list("user", users),
    contexts: list("context", contexts),
    ...(current !== undefined && { "current-context": current }),
  });
}

/** Writes files, and gives the value of KUBECONFIG that names them in this order. */
async function write(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const paths = Object.entries(files).map(async ([name, text]) => {
    const path = join(folder, name);
    if (text !== undefined) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    return path;
  });
  return (await Promise.all(paths)).join(":");
}

const server = (name: string): object => ({ server: `https://${name}.example.com` });
const WHOLE = config({
  clusters: { c: server("first") },
  users: { u: { token: "placeholder-first" } },
  contexts: { x: { cluster: "c", user: "u", namespace: "ns-first" } },
  current: "x",
});
const OTHER = WHOLE.replaceAll("first", "second");

const TABLE: readonly [string, Readonly<Record<string, string | undefined>>, object][] = [
  ["the first file wins where both have the same names", { a: WHOLE, b: OTHER }, { name: "first" }],
  ["and so does the other one, if it comes first", { b: OTHER, a: WHOLE }, { name: "second" }],
  [
    "a file that is missing is skipped",
    { none: undefined, b: OTHER, "none-either": undefined },
    { name: "second" },
  ],
  [
    "an empty file is one without entries",
    { empty: "", comment: "# nothing\n---\n", b: OTHER },
    { name: "second" },
  ],
  [
    "the current context is of the first file that sets it",
    {
      a: config({ clusters: { c: server("first") } }),
      b: config({
        contexts: { other: { cluster: "c", user: "u", namespace: "ns-other" } },
        current: "other",
      }),
      c: OTHER,
    },
    { name: "first", namespace: "ns-other", token: "placeholder-second" },
  ],
  [
    "an entry is taken whole: what a later one of its name has in addition is discarded",
    {
      a: config({ clusters: { c: server("first") }, users: { u: { username: "ada" } } }),
      b: config({
        clusters: { c: { ...server("second"), "proxy-url": "http://proxy:3128" } },
        users: { u: { token: "discarded" } },
        contexts: { x: { cluster: "c", user: "u" } },
        current: "x",
      }),
    },
    { name: "first", namespace: undefined, token: undefined },
  ],
];

/** What matters of an access. */
async function shown(access: ClusterAccess): Promise<object> {
  const { headers } = await access.read(false);
  const bearer = /^Bearer (.*)$/.exec(String(headers["authorization"]))?.[1];
  return { server: access.server, namespace: access.namespace, token: bearer, proxy: access.proxy };
}

const viewSchema = z.object({
  "current-context": z.string(),
  clusters: z.array(z.object({ name: z.string(), cluster: z.looseObject({ server: z.string() }) })),
  contexts: z.array(
    z.object({
      name: z.string(),
      context: z.object({ cluster: z.string(), user: z.string(), namespace: z.string().optional() }),
    }),
  ),
  users: z.array(z.object({ name: z.string(), user: z.looseObject({ token: z.string().optional() }) })),
});

/** The same, as kubectl sees it. */
function byKubectl(kubeconfig: string): object {
  const args = ["config", "view", "--raw", "--output", "json"];
  const view = viewSchema.parse(
    JSON.parse(execFileSync("kubectl", args, { env: { ...process.env, KUBECONFIG: kubeconfig } }).toString()),
  );
  const context = view.contexts.find(({ name }) => name === view["current-context"])?.context;
  const cluster = view.clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = view.users.find(({ name }) => name === context?.user)?.user;
  return { server: cluster?.server, namespace: context?.namespace, token: user?.token };
}

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

test.each(TABLE)("%s", async (_what, files, expected) => {
  const kubeconfig = await write(files);
  const found = await shown(await loadKubeConfig({ env: { KUBECONFIG: kubeconfig } }));
  const { name } = z.object({ name: z.string() }).parse(expected);
  const { name: _name, ...given } = {
    namespace: `ns-${name}`,
    token: `placeholder-${name}`,
    ...expected,
    name,
  };
  expect(found).toEqual({ server: `https://${name}.example.com`, ...given, proxy: undefined });
});

test.skipIf(!hasKubectl).each(TABLE)("kubectl agrees: %s", async (_what, files) => {
  const kubeconfig = await write(files);
  const found = await shown(await loadKubeConfig({ env: { KUBECONFIG: kubeconfig } }));
  expect(found).toMatchObject(byKubectl(kubeconfig));
});

/** An exec plugin that answers with a token. */
function plugin(token: string): string {
  return `#!/bin/sh\necho '{"status":{"token":"${token}"}}'\n`;
}

test("a path counts from the file that it is in, a command only if it has a slash", async () => {
  const kubeconfig = await write({
    "one/config": config({
      clusters: { c: { ...server("first"), "certificate-authority": "ca/ca.crt" } },
      contexts: { x: { cluster: "c", user: "u" } },
      current: "x",
    }),
    "two/config": config({
      users: { u: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "bin/plugin" } } },
    }),
  });
  await write({ "one/ca/ca.crt": "authority of one", "two/ca/ca.crt": "authority of two" });
  await write({ "one/bin/plugin": plugin("of-one"), "two/bin/plugin": plugin("of-two") });
  await Promise.all(["one", "two"].map(async (name) => chmod(join(folder, name, "bin/plugin"), 0o755)));
  const access = await loadKubeConfig({ env: { KUBECONFIG: kubeconfig } });
  const { headers, tls } = await access.read(false);
  expect(headers).toEqual({ authorization: "Bearer of-two" });
  expect(tls.ca).toBe("authority of one");
});

test("if none of the files is there, the error names them", async () => {
  const kubeconfig = await write({ one: undefined, two: undefined });
  await expect(loadKubeConfig({ env: { KUBECONFIG: kubeconfig } })).rejects.toThrow(
    `none of these files is there: ${join(folder, "one")}, ${join(folder, "two")}`,
  );
});

test("the file of --kubeconfig must be there", async () => {
  const kubeconfigPath = await write({ one: undefined });
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
  await expect(loadKubeConfig({ kubeconfigPath, env })).rejects.toThrow(
    `could not read the kubeconfig ${kubeconfigPath}: ENOENT`,
  );
});

test("a file that is no kubeconfig is named, and not quoted", async () => {
  const kubeconfig = await write({ a: WHOLE, b: "token: [pa55" });
  const error: unknown = await loadKubeConfig({ env: { KUBECONFIG: kubeconfig } }).catch(
    (reason: unknown) => reason,
  );
  expect(String(error)).toContain(`could not read the kubeconfig ${join(folder, "b")}: not a kubeconfig`);
  expect(String(error)).not.toContain("pa55");
});
