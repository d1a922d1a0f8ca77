import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../cli/src/exit-codes.ts";
import { SECRETS } from "@signatureapi-keys/controller/resources";
import { namespace, TOKEN, type Manifest } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { LogKubelet } from "./kubelet.ts";
import { kubeletNode, patchStatus } from "./manifests.ts";
import { runCli } from "./run-cli.ts";

/** No pattern finds it: it stays out because its field does. */
const CANARY = "correct-horse-battery";
/** A value of a key that a user has written where none belongs. */
const VALUE = `key_live_${"a1B2".repeat(8)}`;
const SYSTEM = "signatureapi-system";
const LABELS = {
  "app.kubernetes.io/part-of": "signatureapi-keys",
  "app.kubernetes.io/component": "controller",
};

let world: World;
let kubelet: LogKubelet;
let folder: string;
let delivered: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-bundle-"));
  world = await World.start();
  await world.startController({ timing: FAST_TIMING });
  const key = new OneKey(world, "shop", { name: "checkout" });
  ({ value: delivered } = await key.ready({ description: CANARY, rotation: { trigger: CANARY } }));
  // As kubectl apply and people leave them.
  await key.patch({
    metadata: {
      labels: { team: CANARY },
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
          spec: { description: CANARY },
          VALUE,
        }),
        "signatureapi.com/rotate": CANARY,
      },
    },
  });
  await key.patchSecret({
    metadata: { annotations: { note: CANARY } },
    stringData: { [`${CANARY}-x`]: CANARY },
  });
  const log = `{"level":"info","msg":"key minted"}\n{"level":"warn","token":"${CANARY}","msg":"saw ${VALUE}, Bearer ${CANARY}"}\n`;
  kubelet = await LogKubelet.start({ controller: log });
  await world.apply(kubeletNode(), namespace(SYSTEM), ...controllerObjects(), event());
  await patchStatus(world.cluster, "default", "node/kubelet", {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  });
}, 60_000);

afterAll(async () => {
  await kubelet[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A Deployment of the controller and its Pod, into which users have written what does not belong there. */
function controllerObjects(): readonly Manifest[] {
  const container = {
    name: "controller",
    image: "registry.example.com/controller:0.1.0",
    args: ["--leader-elect=true", "--metrics-address=:8080"],
    env: [
      { name: "MANAGEMENT_TOKEN", value: CANARY },
      { name: "HTTPS_PROXY", value: `http://ada:${CANARY}@proxy:3128` },
    ],
  };
  const spec = { automountServiceAccountToken: false, containers: [container] };
  const metadata = { name: "controller", namespace: SYSTEM, labels: LABELS, annotations: { note: VALUE } };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: { selector: { matchLabels: LABELS }, template: { metadata: { labels: LABELS }, spec } },
    },
    { apiVersion: "v1", kind: "Pod", metadata, spec: { ...spec, nodeName: "kubelet" } },
  ];
}

function event(): Manifest {
  const regarding = {
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    name: "checkout",
    namespace: "shop",
  };
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "leak", namespace: "shop" },
    regarding,
    eventTime: "2026-11-27T12:00:00.000000Z",
    reportingController: "a-script",
    reportingInstance: "a",
    action: "Look",
    reason: "Leaked",
    type: "Warning",
    note: `wrote ${VALUE}`,
  };
}

/** Makes a bundle. @returns its files by name, and what was printed */
async function bundle(name: string, ...flags: readonly string[]) {
  const file = join(folder, name);
  const result = await runCli(["support-bundle", "--output-file", file, ...flags], {
    kubeconfig: world.cluster.kubeconfigFile,
  });
  const files = new Map<string, string>();
  const archive = Readable.from([gunzipSync(await readFile(file))]).pipe(extract());
  for await (const entry of archive) files.set(entry.header.name.replace(/^[^/]+\//, ""), await text(entry));
  return { ...result, file, files };
}

test("a bundle holds what helps, and no value and no token, wherever a user has written one", async () => {
  const { code, out, file, files } = await bundle("a.tar.gz");
  expect(code).toBe(EXIT.ok);
  expect([...files.keys()].toSorted()).toEqual(
    [
      "CONTENTS.txt",
      "doctor.txt",
      "doctor.yaml",
      "resources/apikeys.yaml",
      "resources/accounts.yaml",
      "resources/clusteraccounts.yaml",
      "secrets.yaml",
      "events.yaml",
      "controller/deployments.yaml",
      "controller/pods.yaml",
      `log/${SYSTEM}-controller.log`,
    ].toSorted(),
  );
  const all = [...files.values()].join("\n");
  for (const secret of [CANARY, VALUE, delivered, TOKEN, Buffer.from(delivered).toString("base64")])
    expect(all.includes(secret) || out.includes(secret)).toBe(false);
  expect(files.get(`log/${SYSTEM}-controller.log`)).toContain("key minted");
  expect(files.get("events.yaml")).toContain("note: wrote [redacted]\n");
  expect(files.get("resources/apikeys.yaml")).toMatch(/name: checkout[\s\S]*reason: KeyDelivered/);
  expect(files.get("controller/deployments.yaml")).toContain("--leader-elect=true");
  expect(files.get("secrets.yaml")).toContain("signatureapi.com/fingerprint");
  expect(files.get("secrets.yaml")).not.toContain("entries:");
  expect(files.get("CONTENTS.txt")).toMatch(/- Metrics of Deployment \S+: missing, /);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(out).toContain(`Wrote ${file}, which only you can read.`);
});

test("the names of entries are listed on request only, and an existing file is never replaced", async () => {
  const { file, files } = await bundle("b.tar.gz", "--secret-entries");
  expect(files.get("secrets.yaml")).toContain("- SIGNATUREAPI_KEY\n");
  expect([...files.values()].join("\n")).not.toContain(delivered);
  const again = await runCli(["support-bundle", "--output-file", file], {
    kubeconfig: world.cluster.kubeconfigFile,
  });
  expect([again.code, again.err]).toEqual([EXIT.failed, expect.stringContaining(`${file} exists already`)]);
  expect((await world.kube.get(SECRETS, { namespace: "shop", name: "checkout" })).data).toBeDefined();
});
