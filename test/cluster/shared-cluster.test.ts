import { expect, test } from "vitest";
import { sharedCluster } from "./shared-cluster.ts";

const cluster = sharedCluster();

test("the cluster that a run shares is there, and lets its tests act as its administrator", async () => {
  const { stdout } = await cluster.kubectl(["auth", "can-i", "*", "*"]);
  expect(stdout.trim()).toBe("yes");
});

test("its connection is enough to make credentials of less power", async () => {
  const kubeconfig = await cluster.userKubeconfig({ user: "stranger" });
  const { stdout } = await cluster.kubectl(["auth", "can-i", "list", "secrets"], { kubeconfig });
  expect(stdout.trim()).toBe("no");
});
