import { readFileSync } from "node:fs";
import { readOptions } from "@signatureapi-keys/controller";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { grantsTo, grantText } from "./grants.ts";
import { helmRelease, render } from "./helm.ts";
import { bindingOf, ofKind, only, podOf, rulesOf, type Rendered } from "./rendered.ts";

const ACCOUNT = { namespace: "signatureapi-system", name: "keys-signatureapi-controller" };
const PREFIX = "signatureapi-system-keys-signatureapi-controller";
const SECURE = { metrics: { secure: { enabled: true } } };
const REVIEWS = [
  "create tokenreviews.authentication.k8s.io in the cluster",
  "create subjectaccessreviews.authorization.k8s.io in the cluster",
];

function endpointOf(monitor: Rendered): unknown {
  const endpoints = z.object({ endpoints: z.tuple([z.unknown()]) });
  return endpoints.parse(monitor["spec"]).endpoints[0];
}

async function reviewsWith(values: Record<string, unknown>): Promise<readonly string[]> {
  return grantsTo(await render({ values }), ACCOUNT)
    .map(grantText)
    .filter((text) => text.includes("reviews"));
}

describe("metrics.secure", () => {
  test("is off by default: HTTP, and no right to ask who a token is", async () => {
    const objects = await render({ values: { metrics: { serviceMonitor: { enabled: true } } } });
    expect(JSON.stringify(objects)).not.toMatch(
      /--metrics-secure|metrics-reader|"https"|bearerToken|tlsConfig/,
    );
    expect(await reviewsWith({})).toEqual([]);
    const page = readFileSync(new URL("../../SECURITY.md", import.meta.url), "utf8");
    expect(page).toContain(
      "| TokenReviews, SubjectAccessReviews | create, only with `metrics.secure.enabled`",
    );
  });

  test("grants the two reviews, also where only some namespaces are managed", async () => {
    expect(await reviewsWith(SECURE)).toEqual(REVIEWS);
    const namespaced = { ...SECURE, namespaces: ["shop"], installation: "0a1b2c3d4e" };
    expect(await reviewsWith(namespaced)).toEqual(REVIEWS);
    expect(await reviewsWith({ ...SECURE, rbac: { create: false } })).toEqual([]);
  });

  test("binds whom it lists to the role that reads the metrics, and nothing else", async () => {
    const objects = await render({ valueSet: "everything" });
    const name = "signatureapi-system-keys-metrics-reader";
    const role = ofKind(objects, "ClusterRole").find(({ metadata }) => metadata.name === name);
    expect(role && rulesOf(role)).toEqual([
      { apiGroups: [], resources: [], nonResourceURLs: ["/metrics"], verbs: ["get"] },
    ]);
    const binding = ofKind(objects, "ClusterRoleBinding").find(({ metadata }) => metadata.name === name);
    expect(binding && bindingOf(binding)).toMatchObject({
      roleRef: { kind: "ClusterRole", name },
      subjects: [
        { kind: "ServiceAccount", name: "prometheus-k8s", namespace: "monitoring" },
        { kind: "Group", name: "platform", apiGroup: "rbac.authorization.k8s.io" },
      ],
    });
    const without = ofKind(await render({ values: SECURE }), "ClusterRoleBinding");
    expect(without.map(({ metadata }) => metadata.name)).toEqual([`${PREFIX}-metrics-auth`, PREFIX]);
  });

  test("mounts certificate and key of the Secret, and no more of it", async () => {
    const { pod, container } = podOf(only(await render({ valueSet: "everything" }), "Deployment"));
    expect(readOptions(container.args, {})).toMatchObject({
      metricsSecure: true,
      metricsCertDir: "/etc/signatureapi-controller/metrics",
    });
    expect(container["volumeMounts"]).toContainEqual({
      name: "metrics-certificate",
      mountPath: "/etc/signatureapi-controller/metrics",
      readOnly: true,
    });
    const items = ["tls.crt", "tls.key"].map((key) => ({ key, path: key }));
    expect(pod["volumes"]).toContainEqual({
      name: "metrics-certificate",
      secret: { secretName: "keys-metrics-tls", items },
    });
    const selfSigned = podOf(only(await render({ values: SECURE }), "Deployment"));
    expect(readOptions(selfSigned.container.args, {})).toMatchObject({
      metricsSecure: true,
      metricsCertDir: undefined,
    });
    expect(selfSigned.pod["volumes"]).toBeUndefined();
  });

  test("has the ServiceMonitor send its token, to whom the certificate names", async () => {
    const objects = await render({ valueSet: "everything" });
    expect(endpointOf(only(objects, "ServiceMonitor"))).toMatchObject({
      scheme: "https",
      bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
      tlsConfig: {
        ca: { secret: { name: "keys-metrics-tls", key: "ca.crt" } },
        serverName: `${only(objects, "Service").metadata.name}.signatureapi-system.svc`,
      },
    });
    const authorization = { credentials: { name: "token", key: "token" } };
    const selfSigned = { secure: { enabled: true }, serviceMonitor: { enabled: true, authorization } };
    const endpoint = endpointOf(only(await render({ values: { metrics: selfSigned } }), "ServiceMonitor"));
    expect(endpoint).toMatchObject({ authorization, tlsConfig: { insecureSkipVerify: true } });
    expect(endpoint).not.toHaveProperty("bearerTokenFile");
    const tlsConfig = { caFile: "/etc/prometheus/ca.crt" };
    const own = { ...selfSigned, secure: { enabled: true, tlsConfig } };
    expect(endpointOf(only(await render({ values: { metrics: own } }), "ServiceMonitor"))).toMatchObject({
      tlsConfig,
    });
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      "a PodMonitor without a token",
      { secure: { enabled: true }, podMonitor: { enabled: true } },
      /metrics\.podMonitor\.authorization is required/,
    ],
    [
      "a certificate that would not be served",
      { secure: { certificateSecret: "a" } },
      /need metrics\.secure\.enabled: true/,
    ],
    [
      "nothing to protect",
      { enabled: false, secure: { enabled: true } },
      /metrics\.secure\.enabled needs metrics\.enabled: true/,
    ],
    [
      "a reader of no namespace",
      { secure: { enabled: true, readers: [{ kind: "ServiceAccount", name: "a" }] } },
      /the ServiceAccount a needs a namespace/,
    ],
    [
      "a reader that is no subject",
      { secure: { enabled: true, readers: [{ kind: "Pod", name: "a" }] } },
      /'\/metrics\/secure\/readers\/0\/kind'/,
    ],
  ])("refuses %s", async (_name, metrics, message) => {
    const { code, stderr } = await helmRelease("template", { values: { metrics } });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
