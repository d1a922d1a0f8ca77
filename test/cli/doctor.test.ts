import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { EXIT } from "../../cli/src/exit-codes.ts";
import { Installation, SYSTEM } from "../chart/installation.ts";
import { only } from "../chart/rendered.ts";
import { sharedCluster } from "../cluster/shared-cluster.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { account, credentials } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { workloadType } from "../workloads/resources.ts";
import { compareScreens } from "./compare-screens.ts";
import { runCli } from "./run-cli.ts";

const reportSchema = z.object({
  result: z.string(),
  findings: z.array(
    z.object({
      check: z.string(),
      state: z.string(),
      what: z.string(),
      where: z.string().optional(),
      remedy: z.string().optional(),
    }),
  ),
});

type Found = z.output<typeof reportSchema>["findings"][number];

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.install({
    release: { values: { podAccess: "list" } },
    namespaces: { shop: {} },
  });
  const controller = await installation.startReplica();
  await controller.said(/(this replica leads)/);
  await installation.apply(credentials("shop"), account("shop", installation.emulator.url));
  const key = new OneKey(installation, "shop", { name: "checkout" });
  await installation.apply(key.manifest());
  await key.untilReady();
  await reportReady(1);
}, 120_000);

afterAll(async () => installation[Symbol.asyncDispose]());

/** What a kube-controller-manager writes, which no test cluster has. */
async function reportReady(replicas: number): Promise<void> {
  const { name } = only(installation.objects, "Deployment").metadata;
  const status = { replicas, readyReplicas: replicas, availableReplicas: replicas };
  const ref = { namespace: SYSTEM, name };
  await installation.kube.patch(
    workloadType("Deployment"),
    ref,
    { status },
    { type: "merge", subresource: "status" },
  );
}

async function doctor(kubeconfig = installation.cluster.kubeconfigFile, ...flags: readonly string[]) {
  const { code, out, err } = await runCli(["doctor", "-o", "json", ...flags], { kubeconfig });
  expect(err).toBe("");
  const { findings } = reportSchema.parse(JSON.parse(out));
  return { code, findings, wrong: findings.filter(({ state }) => state !== "ok") };
}

function texts(findings: readonly Found[]): readonly string[] {
  return findings.map(({ state, where = "", what }) => `${state} ${where}: ${what}`);
}

/** Runs it while something is deleted, and puts that back. */
async function without<T>(kind: string, name: string, look: () => Promise<T>): Promise<T> {
  const { stdout } = await installation.cluster.kubectl(["get", kind, name, "-o", "yaml"]);
  await installation.cluster.kubectl(["delete", kind, name]);
  try {
    return await look();
  } finally {
    const fresh = stdout.replaceAll(/^ {2}(uid|resourceVersion|creationTimestamp):.*\n/gm, "");
    await installation.cluster.kubectl(["create", "-f", "-"], { input: fresh });
  }
}

describe("doctor", () => {
  test("finds nothing wrong with a chart whose controller has delivered a key", async () => {
    const { code, findings, wrong } = await doctor();
    expect(texts(wrong)).toEqual([]);
    expect(code).toBe(EXIT.ok);
    const checks = new Set(findings.map(({ check }) => check));
    expect([...checks].toSorted()).toEqual(
      [
        "accounts",
        "admission",
        "apikeys",
        "clock",
        "cluster",
        "controller",
        "kinds",
        "leader",
        "rights",
      ].toSorted(),
    );
    expect(findings.find(({ check }) => check === "rights")?.what).toMatch(/has all \d+ rights/);
  });

  test("prints the same for people, with the worst in a summary", async () => {
    const { code, out } = await runCli(["doctor"], { kubeconfig: installation.cluster.kubeconfigFile });
    expect(out).toMatch(/^cluster\n {2}ok {7}Kubernetes v1/);
    expect(out).toMatch(/\n0 problems, 0 unknown, 0 warnings, \d+ ok\n$/);
    expect(code).toBe(EXIT.ok);
  });

  test("names the rights that the controller lost", async () => {
    const binding = only(installation.objects, "ClusterRoleBinding").metadata.name;
    const { code, wrong } = await without("clusterrolebinding", binding, doctor);
    const found = texts(wrong).filter((text) => text.startsWith("problem ServiceAccount"));
    expect(found.join("\n")).toContain(
      "it may not get, list, watch, create, update, delete secrets in all namespaces",
    );
    expect(code).toBe(EXIT.problem);
  });

  test("names a policy without its binding", async () => {
    const { stdout } = await installation.cluster.kubectl([
      "get",
      "validatingadmissionpolicybinding",
      "-o",
      "name",
    ]);
    const status = stdout.split("\n").find((name) => name.endsWith("-status")) ?? "";
    const name = status.split("/")[1] ?? "";
    const { code, wrong } = await without("validatingadmissionpolicybinding", name, doctor);
    expect(texts(wrong).join("\n")).toMatch(
      /problem ValidatingAdmissionPolicy \S+-status: it has no binding/,
    );
    expect(code).toBe(EXIT.problem);
  });

  test("names a quota that leaves no Secret", async () => {
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace: "shop" } };
    await installation.apply({ ...quota, spec: { hard: { secrets: "0" } } });
    const status = JSON.stringify({ status: { hard: { secrets: "0" }, used: { secrets: "0" } } });
    const patch = ["patch", "resourcequota", "none", "-n", "shop", "--subresource=status", "--type=merge"];
    await installation.cluster.kubectl([...patch, "-p", status]);
    const { wrong } = await doctor();
    await installation.cluster.kubectl(["delete", "resourcequota", "none", "-n", "shop"]);
    expect(texts(wrong).join("\n")).toMatch(
      /problem Namespace shop: a dry run of a Secret as system:serviceaccount:\S+ is refused: .*exceeded quota/,
    );
  });

  test("reports to a user with few rights what it could not see, and who can", async () => {
    const viewer = await installation.cluster.userKubeconfig({ user: "ada" });
    const { code, findings } = await doctor(viewer);
    expect(code).toBe(EXIT.unknown);
    const unknown = findings.filter(({ state }) => state === "unknown");
    expect(new Set(unknown.map(({ check }) => check))).toEqual(
      new Set(["kinds", "controller", "admission", "accounts", "apikeys"]),
    );
    expect(findings.filter(({ state }) => state === "problem")).toEqual([]);
  });

  test("finds before an installation that an administrator may install, and that others may not", async () => {
    const cluster = sharedCluster();
    expect(await doctor(cluster.kubeconfigFile, "--pre")).toMatchObject({ code: EXIT.ok, wrong: [] });
    const { code, wrong } = await doctor(await cluster.userKubeconfig({ user: "ada" }), "--pre");
    expect(texts(wrong).join("\n")).toMatch(/problem .*you may not create customresourcedefinitions/);
    expect(code).toBe(EXIT.problem);
  });

  test("prints what its page shows", async () => {
    // Other tests may have left kinds in the cluster that they share.
    await using fresh = await startCluster();
    const { shown, printed } = await compareScreens("docs/kubectl-doctor.md", async (args) => {
      const { kubeconfigFile } = args.includes("--pre") ? fresh : installation.cluster;
      return runCli(args, { kubeconfig: kubeconfigFile });
    });
    expect(shown).toHaveLength(2);
    expect(shown).toEqual(printed);
  });
});
