import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Cluster } from "./cluster.ts";
import { createAuthority } from "./certificates.ts";
import { httpsRequest } from "./https-request.ts";
import { requestCountsSince } from "./request-counts.ts";
import { startCluster } from "./start-cluster.ts";
import { processesOf } from "./test-processes.ts";

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;

describe("two clusters side by side", { timeout: 120_000 }, () => {
  let first: Cluster;
  let second: Cluster;
  beforeAll(async () => {
    [first, second] = await Promise.all([startCluster({ audit: "Metadata" }), startCluster()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  test("an object in one is not in the other", async () => {
    await first.apply(namespace("only-here"));
    expect((await first.kubectl(["get", "namespace", "only-here"])).code).toBe(0);
    const absent = await second.kubectl(["get", "namespace", "only-here"]);
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain("NotFound");
  });

  test("a document that the API server refuses rejects with its reason", async () => {
    await expect(first.apply(namespace("Not_A_Name"))).rejects.toThrow(/Invalid value: "Not_A_Name"/);
  });

  test("TLS is verified: another authority of the same name is not believed", async () => {
    const ca = readFileSync(first.caFile, "utf8");
    expect((await httpsRequest(`${first.url}/readyz`, { ca, token: first.adminToken })).body).toBe("ok");
    const stranger = createAuthority("test-cluster").certificate;
    for (const wrong of [stranger, readFileSync(second.caFile, "utf8")]) {
      await expect(httpsRequest(`${first.url}/readyz`, { ca: wrong })).rejects.toThrow(/certificate/);
    }
  });

  test("each believes only its own administrator", async () => {
    const ca = readFileSync(first.caFile, "utf8");
    const answer = await httpsRequest(`${first.url}/api/v1/secrets`, { ca, token: second.adminToken });
    expect(answer.status).toBe(401);
  });

  test("a service account may do what RBAC grants and nothing else", async () => {
    await first.apply(namespace("shop"));
    const kubeconfig = await first.serviceAccountKubeconfig({ namespace: "shop", name: "reader" });
    const read = async (resource: string): Promise<number | null> =>
      (await first.kubectl(["get", resource, "-n", "shop"], { kubeconfig })).code;
    expect(await read("configmaps")).toBe(1);
    await first.kubectl(["create", "role", "reader", "-n", "shop", "--verb=list", "--resource=configmaps"]);
    await first.kubectl([
      "create",
      "rolebinding",
      "r",
      "-n",
      "shop",
      "--role=reader",
      "--serviceaccount=shop:reader",
    ]);
    await expect.poll(async () => read("configmaps")).toBe(0);
    expect(await read("secrets")).toBe(1);
  });

  test("a service account in a namespace that is not there is refused with the reason", async () => {
    const account = { namespace: "nowhere", name: "x" };
    await expect(first.serviceAccountKubeconfig(account)).rejects.toThrow(
      /namespaces \\"nowhere\\" not found/,
    );
  });

  test("a user's kubeconfig is that user, in those groups", async () => {
    const kubeconfig = await first.userKubeconfig({ user: "bob", groups: ["team-a", "team-b"] });
    const { stdout } = await first.kubectl(["auth", "whoami", "-o", "jsonpath={.status.userInfo}"], {
      kubeconfig,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      username: "bob",
      groups: ["team-a", "team-b", "system:authenticated"],
    });
  });

  test("requests are counted, by verb, resource and answer", async () => {
    const before = await first.requestCounts();
    await first.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: counted, namespace: default}\n");
    await first.kubectl(["delete", "configmap", "not-there"]);
    const grown = requestCountsSince(before, await first.requestCounts())
      .filter(({ resource }) => resource === "configmaps")
      .map(({ verb, code, value }) => `${verb} ${code} ${value}`);
    expect(grown.toSorted()).toEqual(["APPLY 201 1", "DELETE 404 1"]);
  });

  test("the audit log names each request when it was asked for", async () => {
    await first.kubectl(["get", "configmap", "audited"]);
    const logged = (): string => readFileSync(first.auditLogFile, "utf8");
    await expect.poll(logged).toContain("/api/v1/namespaces/default/configmaps/audited");
    expect(existsSync(second.auditLogFile)).toBe(false);
  });

  test("a ValidatingAdmissionPolicy is enforced", async () => {
    await first.apply(
      [
        "apiVersion: admissionregistration.k8s.io/v1",
        "kind: ValidatingAdmissionPolicy",
        "metadata: {name: no-red}",
        "spec:",
        "  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]}",
        "  validations: [{expression: \"object.metadata.name != 'red'\", message: no red}]",
        "---",
        "apiVersion: admissionregistration.k8s.io/v1",
        "kind: ValidatingAdmissionPolicyBinding",
        "metadata: {name: no-red}",
        "spec: {policyName: no-red, validationActions: [Deny]}",
      ].join("\n"),
    );
    const create = async (): Promise<string> =>
      (await first.kubectl(["create", "configmap", "red", "--dry-run=server"])).stderr;
    await expect.poll(create, { timeout: 20_000 }).toContain("no red");
  });

  test("a restarted API server keeps its address, its objects and its credentials", async () => {
    await second.apply(namespace("survives"));
    const kubeconfig = await second.serviceAccountKubeconfig({ namespace: "survives", name: "x" });
    await second.stopApiServer();
    const port = Number(new URL(second.url).port);
    await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
    await second.startApiServer();
    expect((await second.kubectl(["get", "namespace", "survives"])).code).toBe(0);
    expect((await second.kubectl(["auth", "whoami"], { kubeconfig })).code).toBe(0);
  });

  test("with etcd paused a write does not go through, with etcd resumed it does", async () => {
    const create = async () => second.kubectl(["create", "configmap", "late", "--request-timeout=1s"]);
    second.pauseEtcd();
    try {
      expect((await create()).code).toBe(1);
    } finally {
      second.resumeEtcd();
    }
    // the write that hung may still take effect, so that another one would meet AlreadyExists
    const outcome = async () =>
      (await create()).stdout + (await second.kubectl(["get", "configmaps", "-o", "name"])).stdout;
    await expect.poll(outcome, { timeout: 20_000 }).toContain("configmap/late");
  });
});

test("stop leaves no process and no folder, and may be called again", { timeout: 60_000 }, async () => {
  const cluster = await startCluster();
  expect((await processesOf(cluster.folder)).length).toBeGreaterThanOrEqual(2);
  await cluster.stop();
  expect(await processesOf(cluster.folder)).toEqual([]);
  expect(existsSync(cluster.folder)).toBe(false);
  await cluster.stop();
});

test("a cluster that cannot start says why and leaves nothing", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "failing-"));
  vi.stubEnv("TMPDIR", folder);
  try {
    const failed = startCluster({ apiServerFlags: ["--no-such-flag"] });
    await expect(failed).rejects.toThrow(/unknown flag: --no-such-flag/);
    expect(await readdir(folder)).toEqual([]);
    expect(await processesOf(folder)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
