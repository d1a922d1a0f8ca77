import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { helpText, readOptions } from "@signatureapi-keys/controller";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { grantsTo, grantText } from "./grants.ts";
import { CHART, chartFile, helmRelease, render, VALUE_SETS, valueSetFile } from "./helm.ts";
import { ofKind, only, podOf, renderedSchema, rulesOf } from "./rendered.ts";

const budgetSchema = z.looseObject({
  selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()) }),
});
const chartSchema = z.looseObject({ version: z.string(), appVersion: z.string() });

const flagOf = (arg: string): string => arg.split("=")[0] ?? "";

async function argsOf(release: Parameters<typeof render>[0]): Promise<readonly string[]> {
  return podOf(only(await render(release), "Deployment")).container.args;
}

async function image(values: Record<string, unknown>): Promise<string> {
  return podOf(only(await render({ values: { image: values } }), "Deployment")).container.image;
}

describe("the Deployment", () => {
  test("gives the controller flags that it understands, and that say what the values say", async () => {
    expect(readOptions(await argsOf({ valueSet: "everything" }), {})).toMatchObject({
      clusterResourceNamespace: "keys-credentials",
      allowedBaseUrls: ["https://api.signatureapi.com/v1", "https://signatureapi.example.com/v1"],
      allowedAddressRanges: { texts: ["240.0.0.0/4", "64:ff9b::/96"] },
      contractFile: "/etc/signatureapi-controller/contract/contract.yaml",
      installation: "00112233ff",
      previousInstallations: ["aabbccddee"],
      secretAccess: "watch",
      concurrency: 5,
      namespaceMintBudget: 100,
      accountMintBudget: 500,
      leaderElect: false,
      leaseName: "keys",
      readOnly: true,
      allowedSecretTypes: ["example.com/api-key"],
      allowedSecretMetadata: ["example.com/", "reloader.stakater.com/"],
      metricsAddress: ":9090",
      healthAddress: ":8081",
      resync: 5_400_000,
      logLevel: "debug",
      logFormat: "text",
    });
    expect(readOptions(await argsOf({ valueSet: "namespaced" }), {})).toMatchObject({
      namespaces: ["shop", "billing"],
      clusterResourceNamespace: "signatureapi-system",
      secretAccess: "get",
      leaderElect: true,
    });
    expect(readOptions(await argsOf({ valueSet: "bare" }), {})).toMatchObject({ metricsAddress: undefined });
  });

  test.each([
    ["configMap", { configMap: { name: "company-ca", items: [{ key: "bundle.pem", path: "ca.crt" }] } }],
    ["secret", { secret: { secretName: "company-ca", items: [{ key: "bundle.pem", path: "ca.crt" }] } }],
  ])("mounts the CA bundle of a %s, and has Node trust it", async (kind, source) => {
    const caBundle = { [kind]: "company-ca", key: "bundle.pem" };
    const values = {
      caBundle,
      extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }],
      volumes: [{ name: "scratch", emptyDir: {} }],
      volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
    };
    const { container, pod } = podOf(only(await render({ values }), "Deployment"));
    expect(container["env"]).toEqual([
      { name: "NODE_EXTRA_CA_CERTS", value: "/etc/signatureapi-controller/ca/ca.crt" },
      { name: "HTTPS_PROXY", value: "http://proxy:3128" },
    ]);
    expect(container["volumeMounts"]).toEqual([
      { name: "ca-bundle", mountPath: "/etc/signatureapi-controller/ca", readOnly: true },
      { name: "scratch", mountPath: "/tmp" },
    ]);
    expect(pod["volumes"]).toEqual([
      { name: "ca-bundle", ...source },
      { name: "scratch", emptyDir: {} },
    ]);
  });

  test("mounts nothing by default", async () => {
    const { container, pod } = podOf(only(await render(), "Deployment"));
    expect([container["env"], container["volumeMounts"], pod["volumes"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("leaves no flag of the controller out", async () => {
    const known = [...helpText().matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
    const args = [
      ...(await argsOf({ valueSet: "everything" })),
      ...(await argsOf({ valueSet: "namespaced" })),
    ];
    const given = new Set(args.map(flagOf));
    expect(known.filter((flag) => flag !== undefined && !given.has(flag))).toEqual([
      "--kubeconfig",
      "--help",
    ]);
  });

  test("runs with as few rights in its container as can be, and has time to end", async () => {
    const { pod, container } = podOf(only(await render(), "Deployment"));
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.terminationGracePeriodSeconds).toBe(120);
    expect(container).toMatchObject({
      livenessProbe: { httpGet: { path: "/healthz", port: "health" } },
      readinessProbe: { httpGet: { path: "/readyz", port: "health" } },
    });
  });

  test("names the image by tag, and by digest where one is given", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const { appVersion, version } = chartSchema.parse(parse(await chartFile("Chart.yaml")));
    expect(version).toBe(appVersion);
    expect(await image({ repository: "example.com/c" })).toBe(`example.com/c:${appVersion}`);
    expect(await image({ repository: "example.com/c", tag: "edge" })).toBe("example.com/c:edge");
    expect(await image({ repository: "example.com/c", tag: "edge", digest })).toBe(`example.com/c@${digest}`);
  });

  test("spreads its own Pods, and budgets disruptions, when there is more than one", async () => {
    const several = await render({ valueSet: "highly-available" });
    const { pod, labels } = podOf(only(several, "Deployment"));
    const { selector } = budgetSchema.parse(only(several, "PodDisruptionBudget")["spec"]);
    expect(pod.topologySpreadConstraints?.[0]?.labelSelector).toEqual(selector);
    expect(labels).toMatchObject(selector.matchLabels);
    expect(ofKind(await render(), "PodDisruptionBudget")).toEqual([]);
  });

  test("never overlaps with itself where there is no lease", async () => {
    expect(only(await render({ values: { leaderElect: false } }), "Deployment")["spec"]).toMatchObject({
      strategy: { type: "Recreate" },
    });
    expect(only(await render(), "Deployment")["spec"]).not.toHaveProperty("strategy");
  });
});

describe("the CustomResourceDefinitions", () => {
  test("arrive unchanged, braces included, and are kept at an uninstall", async () => {
    const rendered = ofKind(await render(), "CustomResourceDefinition");
    const files = await readdir(join(CHART, "files/crds"));
    expect(rendered).toHaveLength(files.length);
    for (const file of files) {
      const source = renderedSchema.parse(parse(await chartFile(`files/crds/${file}`)));
      const found = rendered.find(({ metadata }) => metadata.name === source.metadata.name);
      expect(found?.["spec"]).toEqual(source["spec"]);
      expect(found?.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    }
    expect(JSON.stringify(rendered)).toContain("{{key}}");
  });

  test("can go with the release, or be managed elsewhere", async () => {
    for (const crd of ofKind(
      await render({ values: { crds: { keep: false } } }),
      "CustomResourceDefinition",
    )) {
      expect(crd.metadata.annotations).toBeUndefined();
    }
    expect(
      ofKind(await render({ values: { crds: { enabled: false } } }), "CustomResourceDefinition"),
    ).toEqual([]);
  });
});

const account = { namespace: "signatureapi-system", name: "keys-signatureapi-controller" };

/** What may be done to workloads and Pods with these values. */
async function onWorkloads(values: Record<string, unknown>): Promise<readonly string[]> {
  return grantsTo(await render({ values }), account)
    .filter(({ apiGroup, resource }) => apiGroup === "apps" || resource === "pods")
    .map(({ verb, resource }) => `${verb} ${resource}`);
}

/** What may be done to every namespace with these values, and to one alone. */
async function onNamespaces(options: Parameters<typeof render>[0]): Promise<readonly string[]> {
  return grantsTo(await render(options), account)
    .filter(({ resource }) => resource === "namespaces")
    .map(({ verb, resourceName = "" }) => `${verb}${resourceName}`);
}

describe("the rights", () => {
  test("reach no further than the namespaces, where some are given", async () => {
    const objects = await render({ valueSet: "namespaced" });
    expect(ofKind(objects, "ClusterRoleBinding")).toEqual([]);
    const scopes = new Set(grantsTo(objects, account).map(({ namespace }) => namespace));
    expect(scopes).toEqual(new Set(["billing", "shop", "signatureapi-system"]));
    expect(
      grantsTo(objects, account).filter(
        (grant) => grant.resource === "secrets" && grant.namespace === "signatureapi-system",
      ),
    ).toEqual([]);
  });

  test("include no listing and no watching of Secrets with secretAccess: get", async () => {
    const secrets = grantsTo(await render({ values: { secretAccess: "get" } }), account).filter(
      ({ resource }) => resource === "secrets",
    );
    expect(secrets.map(({ verb }) => verb)).toEqual(["get", "create", "update", "delete"]);
  });

  test("include workloads and Pods only where they are asked for", async () => {
    const restart = ["deployments", "statefulsets", "daemonsets"].flatMap((resource) => [
      `list ${resource}`,
      `patch ${resource}`,
    ]);
    expect(await onWorkloads({})).toEqual(restart);
    expect(await onWorkloads({ podAccess: "list" })).toEqual([...restart, "list pods"]);
    expect(await onWorkloads({ workloadAccess: "none" })).toEqual([]);
  });

  test("on the lease stand where the lease does", async () => {
    const objects = await render({ values: { clusterResourceNamespace: "vault", leaseName: "ours" } });
    const leases = grantsTo(objects, account).filter(({ resource }) => resource === "leases");
    expect(leases.map(grantText)).toEqual([
      "create leases.coordination.k8s.io in vault",
      "get leases.coordination.k8s.io ours in vault",
      "update leases.coordination.k8s.io ours in vault",
      "watch leases.coordination.k8s.io ours in vault",
    ]);
    const without = grantsTo(await render({ values: { leaderElect: false } }), account);
    expect(without.filter(({ resource }) => resource === "leases")).toEqual([]);
  });

  test("on namespaces are those that SECURITY.md lists, and none where some are given", async () => {
    const page = readFileSync(new URL("../../SECURITY.md", import.meta.url), "utf8");
    const [, listed = ""] = /^\| Namespaces \| ([^;]+); none with `namespaces`/m.exec(page) ?? [];
    expect(await onNamespaces({})).toEqual(listed.split(", "));
    expect(await onNamespaces({ values: { installation: "0a1b2c3d4e" } })).toEqual(["get", "list", "watch"]);
    expect(await onNamespaces({ valueSet: "namespaced" })).toEqual([]);
  });

  test("never contain a wildcard", async () => {
    for (const valueSet of ["default", "namespaced"] as const) {
      const texts = grantsTo(await render({ valueSet }), account).map(grantText);
      expect(texts.filter((text) => text.includes("*"))).toEqual([]);
    }
  });

  test("of users include neither the status nor a write to ClusterAccounts", async () => {
    const roles = ofKind(await render(), "ClusterRole").filter(
      ({ metadata }) => metadata.labels?.["rbac.authorization.k8s.io/aggregate-to-edit"] === "true",
    );
    const rules = roles.flatMap(rulesOf);
    expect(rules).toEqual([
      expect.objectContaining({
        resources: ["apikeys", "accounts", "clusteraccounts"],
        verbs: ["get", "list", "watch"],
      }),
      expect.objectContaining({
        resources: ["apikeys", "accounts"],
        verbs: ["create", "update", "patch", "delete", "deletecollection"],
      }),
    ]);
    const toView = roles.filter(
      ({ metadata }) => metadata.labels?.["rbac.authorization.k8s.io/aggregate-to-view"] === "true",
    );
    expect(toView.map(({ metadata }) => metadata.name)).toEqual([
      "signatureapi-system-keys-signatureapi-controller-view",
    ]);
  });
});

describe("values that cannot be meant are refused", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["a name that does not exist", { namespace: ["a"] }, /additional properties 'namespace' not allowed/],
    [
      "a name that does not exist, further down",
      { crds: { enable: false } },
      /at '\/crds': additional properties 'enable' not allowed/,
    ],
    ["a concurrency of none", { concurrency: 0 }, /at '\/concurrency': minimum: got 0, want 1/],
    [
      "a way to read Secrets that does not exist",
      { secretAccess: "list" },
      /at '\/secretAccess': value must be one of 'watch', 'get'/,
    ],
    [
      "a way to reach workloads that does not exist",
      { workloadAccess: "patch" },
      /at '\/workloadAccess': value must be one of 'restart', 'none'/,
    ],
    [
      "a way to reach Pods that does not exist",
      { podAccess: "watch" },
      /at '\/podAccess': value must be one of/,
    ],
    [
      "an installation that is a number",
      { installation: 1_234_567_890 },
      /at '\/installation': got number, want string/,
    ],
    [
      "an installation of other characters",
      { installation: "production" },
      /at '\/installation': 'production' does not match pattern/,
    ],
    [
      "a base URL without a scheme",
      { allowedBaseUrls: ["api.signatureapi.com"] },
      /at '\/allowedBaseUrls\/0'.*does not match pattern/,
    ],
    ["a duration without a unit", { resync: "10" }, /at '\/resync': '10' does not match pattern/],
    [
      "a grace period in which a value could be lost",
      { terminationGracePeriodSeconds: 30 },
      /at '\/terminationGracePeriodSeconds': minimum: got 30, want 100/,
    ],
    ["a digest that is cut", { image: { digest: "sha256:0123" } }, /at '\/image\/digest'/],
    [
      "namespaces without an installation",
      { namespaces: ["shop"] },
      /installation is required with namespaces.*openssl rand -hex 5/,
    ],
    [
      "several replicas without a lease",
      { replicas: 2, leaderElect: false },
      /replicas > 1 needs leaderElect: true/,
    ],
    [
      "two sources of CA certificates",
      { caBundle: { configMap: "a", secret: "b" } },
      /caBundle\.configMap and caBundle\.secret exclude each other/,
    ],
    [
      "a variable that caBundle sets",
      { caBundle: { configMap: "a" }, extraEnv: [{ name: "NODE_EXTRA_CA_CERTS", value: "/ca.crt" }] },
      /caBundle sets NODE_EXTRA_CA_CERTS, so extraEnv must not/,
    ],
    ["a range without a prefix", { allowedAddressRanges: ["10.0.0.0"] }, /at '\/allowedAddressRanges\/0'/],
    ["one port for two servers", { metrics: { port: 8081 } }, /metrics\.port and health\.port must differ/],
    [
      "two monitors, which would read everything twice",
      { metrics: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
      /only one of metrics\.serviceMonitor\.enabled and metrics\.podMonitor\.enabled/,
    ],
    [
      "alerts on metrics that are not served",
      { metrics: { enabled: false, prometheusRule: { enabled: true } } },
      /metrics\.prometheusRule\.enabled needs metrics\.enabled: true/,
    ],
    [
      "a change of an alert that does not exist",
      { metrics: { prometheusRule: { enabled: true, alerts: { SignatureApiKeyNotready: {} } } } },
      /names SignatureApiKeyNotready, which is no alert/,
    ],
    [
      "a change of an alert that would not be obeyed",
      { metrics: { prometheusRule: { enabled: true, alerts: { SignatureApiNoLeader: { expr: "1" } } } } },
      /additional properties 'expr' not allowed/,
    ],
  ])("%s", async (_name, values, message) => {
    const { code, stderr } = await helmRelease("template", { values });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  test("but what a parent chart hands down is not", async () => {
    const { code } = await helmRelease("template", { values: { global: { region: "eu" }, enabled: true } });
    expect(code).toBe(0);
  });
});

test("every file of values in the folder ci is one that is checked", async () => {
  const files = await readdir(join(CHART, "ci"));
  expect(files.map((file) => join(CHART, "ci", file)).toSorted()).toEqual(
    VALUE_SETS.map(valueSetFile).toSorted(),
  );
});
