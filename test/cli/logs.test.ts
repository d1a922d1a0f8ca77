import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { Cluster } from "../cluster/cluster.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { LogKubelet } from "./kubelet.ts";
import { controllerPod, kubeletNode, lease, patchStatus } from "./manifests.ts";
import { runCli, startCli, type CliResult } from "./run-cli.ts";

const LOGS = {
  "signatureapi-1": '{"msg":"waits","apiKey":"shop/checkout"}\n',
  "signatureapi-2": '{"msg":"minted","apiKey":"shop/checkout"}\n{"msg":"other","apiKey":"shop/other"}\n',
};

let cluster: Cluster;
let kubelet: LogKubelet;

beforeAll(async () => {
  cluster = await startCluster();
  kubelet = await LogKubelet.start(LOGS);
  const objects = [
    kubeletNode(),
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "signatureapi-system" } },
    ...Object.keys(LOGS).map((name) => controllerPod("signatureapi-system", name)),
    lease("signatureapi-system", "signatureapi-2_0b0e"),
  ];
  await cluster.apply(objects.map((object) => stringify(object)).join("---\n"));
  await patchStatus(cluster, "default", "node/kubelet", {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  });
});

afterAll(async () => {
  await kubelet[Symbol.asyncDispose]();
  await cluster.stop();
});

async function logs(...args: readonly string[]): Promise<CliResult> {
  return runCli(["logs", ...args], { kubeconfig: cluster.kubeconfigFile });
}

test("logs are those of the replica that the lease names", async () => {
  const result = await logs();
  expect(result.err).toBe("");
  expect(result.out).toBe(LOGS["signatureapi-2"]);
});

test("with the name of an ApiKey, only its lines are shown", async () => {
  const { out } = await logs("checkout", "-n", "shop");
  expect(out).toBe('{"msg":"minted","apiKey":"shop/checkout"}\n');
});

test("--all shows each replica's, each line with its Pod", async () => {
  const { out } = await logs("--all", "checkout", "-n", "shop");
  expect(out.split("\n").toSorted()).toEqual([
    "",
    'signatureapi-1: {"msg":"waits","apiKey":"shop/checkout"}',
    'signatureapi-2: {"msg":"minted","apiKey":"shop/checkout"}',
  ]);
});

test("--follow shows lines as they are written, until it is interrupted", async () => {
  const { io, ended } = startCli(["logs", "--follow", "--since", "10m"], {
    kubeconfig: cluster.kubeconfigFile,
  });
  await expect.poll(() => io.out(), { timeout: 20_000, interval: 50 }).toContain("minted");
  kubelet.write("signatureapi-2", '{"msg":"later"}\n{"msg":"unfin');
  await expect.poll(() => io.out(), { timeout: 20_000, interval: 50 }).toContain('{"msg":"later"}\n');
  io.interrupt();
  expect(await ended).toBe(0);
  expect(io.err()).toBe("");
});

test("without a leader among several, it says which lease names none, and what to do", async () => {
  const { code, err } = await logs("--lease-name", "nope");
  expect(code).toBe(1);
  expect(err).toContain("no lease nope in namespace signatureapi-system names a leader among 2 Pods");
  expect(err).toContain("--all");
});

test("without a controller, it says where it looked", async () => {
  const { code, err } = await logs("--controller-namespace", "default");
  expect(code).toBe(1);
  expect(err).toContain("there is no Pod of the controller in namespace default");
});

test("version shows the controller of the cluster, and without a right, the plugin's own", async () => {
  const none = await runCli(["version"], { kubeconfig: cluster.kubeconfigFile });
  expect(none).toMatchObject({ code: 0, err: "" });
  expect(none.out).toMatch(/^Plugin: \d+\.\d+\.\d+\nController: none found in this cluster\n$/);
  const args = ["create", "deployment", "signatureapi", "--image=example.com/signatureapi-controller:0.9.0"];
  await cluster.kubectl(["-n", "signatureapi-system", ...args]);
  const labels = ["app.kubernetes.io/part-of=signatureapi-keys", "app.kubernetes.io/component=controller"];
  const label = ["label", "deployment/signatureapi", ...labels, "app.kubernetes.io/version=0.9.0"];
  await cluster.kubectl(["-n", "signatureapi-system", ...label]);
  const one = await runCli(["version"], { kubeconfig: cluster.kubeconfigFile });
  expect(one.out).toContain("Controller: 0.9.0 (signatureapi-system/signatureapi, image ");
  const refused = await runCli(["version", "--as", "jane"], { kubeconfig: cluster.kubeconfigFile });
  expect(refused.code).toBe(0);
  expect(refused.out).toMatch(/^Plugin: \S+\n$/);
  expect(refused.err).toContain("The version of the controller is not known");
});
