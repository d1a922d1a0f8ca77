import { stringify } from "yaml";
import { expect, test } from "vitest";
import { startCluster } from "./start-cluster.ts";

function workload(kind: string, spec: object): string {
  const labels = { app: kind.toLowerCase() };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: "app", image: "example.com/app:1" }] },
  };
  return stringify({
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "app", namespace: "shop" },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  });
}

test("workloads roll out, one after another, and go with their namespace", { timeout: 120_000 }, async () => {
  await using cluster = await startCluster({ workloads: true });
  await cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
  const manifests = [
    workload("Deployment", { replicas: 3 }),
    workload("StatefulSet", { replicas: 2, serviceName: "app" }),
    workload("DaemonSet", {}),
  ];
  await cluster.apply(manifests.join("---\n"));
  const pods = async (): Promise<readonly string[]> => {
    const { stdout } = await cluster.kubectl([
      "-n",
      "shop",
      "get",
      "pods",
      "-o",
      "jsonpath={.items[*].metadata.uid}",
    ]);
    return stdout.split(" ").filter((uid) => uid !== "");
  };
  const rolledOut = async (): Promise<void> => {
    for (const kind of ["deployment", "statefulset", "daemonset"]) {
      const args = ["-n", "shop", "rollout", "status", `${kind}/app`, "--timeout=30s"];
      const { code, stderr } = await cluster.kubectl(args);
      expect({ kind, code, stderr }).toEqual({ kind, code: 0, stderr: "" });
    }
  };
  await rolledOut();
  const before = await pods();
  expect(before).toHaveLength(6);
  const all = ["deployment/app", "statefulset/app", "daemonset/app"];
  await cluster.kubectl(["-n", "shop", "rollout", "restart", ...all]);
  await rolledOut();
  const after = await pods();
  expect(after.filter((uid) => before.includes(uid))).toEqual([]);
  expect((await cluster.kubectl(["delete", "namespace", "shop", "--timeout=60s"])).code).toBe(0);
});
