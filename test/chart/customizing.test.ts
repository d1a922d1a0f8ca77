import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { helmRelease, render, renderAll } from "./helm.ts";
import { ofKind, only, podOf, type Rendered } from "./rendered.ts";

const podSpecSchema = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ spec: z.record(z.string(), z.unknown()) }) }),
});

function podSpec(objects: readonly Rendered[]): Readonly<Record<string, unknown>> {
  return podSpecSchema.parse(only(objects, "Deployment")).spec.template.spec;
}

describe("labels", () => {
  const SELECTOR = {
    "app.kubernetes.io/name": "signatureapi-controller",
    "app.kubernetes.io/instance": "keys",
    "app.kubernetes.io/component": "controller",
  };
  const wrong = Object.fromEntries(Object.keys(SELECTOR).map((name) => [name, "mine"]));

  test("of users are merged: none is there twice, and what selects by ours finds it", async () => {
    const labels = { ...wrong, team: "platform", "app.kubernetes.io/part-of": "mine" };
    const values = {
      commonLabels: labels,
      podLabels: { ...labels, tier: "control" },
      metrics: { service: { labels }, serviceMonitor: { enabled: true, labels } },
    };
    const { stdout } = await helmRelease("template", { values });
    expect(parseAllDocuments(stdout, { uniqueKeys: true }).flatMap(({ errors }) => errors)).toEqual([]);
    const objects = await render({ values });
    const { labels: pod } = podOf(only(objects, "Deployment"));
    expect(pod).toMatchObject({ ...SELECTOR, team: "platform", tier: "control" });
    for (const kind of ["Deployment", "Service", "ServiceMonitor"])
      expect(only(objects, kind).metadata.labels).toMatchObject({ ...SELECTOR, team: "platform" });
  });
});

test("namespaceOverride moves every object of a namespace, and who the policies speak of", async () => {
  const objects = await render({ values: { namespaceOverride: "elsewhere" } });
  const namespaces = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
  expect(new Set(namespaces)).toEqual(new Set(["elsewhere"]));
  expect(JSON.stringify(objects)).toContain("system:serviceaccount:elsewhere:keys-signatureapi-controller");
  expect(JSON.stringify(objects)).not.toContain("signatureapi-system");
});

describe("the Pod", () => {
  test("takes what users want of it, and keeps the rest", async () => {
    const plain = podSpec(await render());
    const more = {
      runtimeClassName: "gvisor",
      schedulerName: "other",
      dnsPolicy: "None",
      dnsConfig: { nameservers: ["10.0.0.10"] },
      hostAliases: [{ ip: "10.0.0.11", hostnames: ["proxy.example.com"] }],
    };
    expect(podSpec(await render({ values: more }))).toEqual({ ...plain, ...more });
  });

  test("takes any other field by podSpecExtra, and large numbers stay whole", async () => {
    const plain = podSpec(await render());
    const podSpecExtra = { hostUsers: false, securityContext: { runAsUser: 1_000_710_001 } };
    const { securityContext, ...rest } = podSpec(await render({ values: { podSpecExtra } }));
    const { securityContext: before, ...others } = plain;
    expect(rest).toEqual({ ...others, hostUsers: false });
    expect(securityContext).toEqual({ ...z.looseObject({}).parse(before), runAsUser: 1_000_710_001 });
  });

  test.each([
    ["auto", 65_532],
    ["disabled", 65_532],
    ["enabled", undefined],
  ])("has a fixed UID where openshift is %s and the cluster is none: %s", async (openshift, uid) => {
    const { pod } = podOf(only(await render({ values: { openshift } }), "Deployment"));
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
    const { runAsUser } = z.looseObject({ runAsUser: z.number().optional() }).parse(pod.securityContext);
    expect(runAsUser).toBe(uid);
  });

  test("is replaced as strategy says, but never two at a time without a lease", async () => {
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
    const of = async (values: Record<string, unknown>): Promise<unknown> =>
      z
        .looseObject({ strategy: z.unknown() })
        .parse(only(await render({ values: { strategy, ...values } }), "Deployment")["spec"]).strategy;
    expect(await of({})).toEqual(strategy);
    expect(await of({ leaderElect: false })).toEqual({ type: "Recreate" });
  });
});

/** The spec of the PodDisruptionBudget of two replicas. */
async function budget(values: Record<string, unknown>): Promise<unknown> {
  const objects = await render({ values: { replicas: 2, podDisruptionBudget: values } });
  return only(objects, "PodDisruptionBudget")["spec"];
}

describe("what platforms set", () => {
  test("the times of the probes change, and the rest of them stays", async () => {
    const values = { livenessProbe: { failureThreshold: 10 }, readinessProbe: { periodSeconds: 10 } };
    const { container } = podOf(only(await render({ values }), "Deployment"));
    expect(container).toMatchObject({
      livenessProbe: {
        httpGet: { path: "/healthz", port: "health" },
        initialDelaySeconds: 10,
        periodSeconds: 20,
        timeoutSeconds: 10,
        failureThreshold: 10,
      },
      readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 10, timeoutSeconds: 5 },
    });
  });

  test("other containers run before the controller and next to it", async () => {
    const spec = podSpec(await render({ valueSet: "everything" }));
    expect(spec).toMatchObject({
      initContainers: [{ name: "wait" }],
      containers: [{ name: "controller", envFrom: [{ configMapRef: { name: "proxy" } }] }, { name: "proxy" }],
    });
  });

  test("what a parent chart hands down is used: registry, pull secrets and labels", async () => {
    const global = {
      imageRegistry: "registry.example.com/",
      imagePullSecrets: ["shared", { name: "own" }],
      commonLabels: { team: "platform", tier: "low" },
    };
    const values = { global, imagePullSecrets: [{ name: "own" }], commonLabels: { tier: "high" } };
    const objects = await renderAll({ values });
    for (const kind of ["Deployment", "Pod"]) {
      const object = only(objects, kind);
      expect(object.metadata.labels).toMatchObject({ team: "platform", tier: "high" });
      expect(JSON.stringify(object)).toContain('"imagePullSecrets":[{"name":"shared"},{"name":"own"}]');
      expect(JSON.stringify(object)).toContain('"image":"registry.example.com/signatureapi-controller:');
    }
  });

  test("a disruption budget counts who stays, or who may be away, and lets broken replicas be evicted", async () => {
    expect(await budget({})).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
    for (const minAvailable of [0, 1, "50%"]) {
      const spec = await budget({ minAvailable, unhealthyPodEvictionPolicy: "" });
      expect(spec).toMatchObject({ minAvailable });
      expect(spec).not.toHaveProperty("maxUnavailable");
      expect(spec).not.toHaveProperty("unhealthyPodEvictionPolicy");
    }
  });

  test("the Service takes the families of a cluster with two, and the service account takes labels", async () => {
    const objects = await render({ valueSet: "everything" });
    expect(only(objects, "Service")["spec"]).toMatchObject({
      ipFamilyPolicy: "PreferDualStack",
      ipFamilies: ["IPv4"],
    });
    expect(only(objects, "ServiceAccount").metadata.labels).toMatchObject({
      "azure.workload.identity/use": "true",
    });
    expect(only(await render(), "Service")["spec"]).not.toHaveProperty("ipFamilyPolicy");
  });

  test("annotations of the kinds never say that they go with the release", async () => {
    const annotations = { "helm.sh/resource-policy": "delete", "example.com/owner": "platform" };
    for (const crd of ofKind(await render({ values: { crds: { annotations } } }), "CustomResourceDefinition"))
      expect(crd.metadata.annotations).toEqual({
        "helm.sh/resource-policy": "keep",
        "example.com/owner": "platform",
      });
  });
});

function tcp(port: number): object {
  return { port, protocol: "TCP" };
}

describe("networkPolicy", () => {
  test("is not there unless it is wanted", async () => {
    expect(ofKind(await render(), "NetworkPolicy")).toEqual([]);
  });

  test("lets the Pods reach DNS, the API server and the management API, and nothing else", async () => {
    const objects = await render({ values: { networkPolicy: { enabled: true } } });
    const { matchLabels } = z
      .looseObject({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) })
      .parse(only(objects, "Deployment")["spec"]).selector;
    expect(only(objects, "NetworkPolicy")["spec"]).toEqual({
      podSelector: { matchLabels },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [tcp(8080)] }, { ports: [tcp(8081)] }],
      egress: [
        { ports: [{ port: 53, protocol: "UDP" }, tcp(53)] },
        { ports: [tcp(443), tcp(6443)] },
        { ports: [tcp(443)] },
      ],
    });
  });

  test("is as narrow as the values say", async () => {
    const policy = JSON.stringify(only(await render({ valueSet: "everything" }), "NetworkPolicy")["spec"]);
    for (const text of ["monitoring", "kube-system", "10.0.0.1/32", "10.0.0.11/32", "3128", "9000", "514"])
      expect(policy).toContain(text);
  });
});

test("extraObjects are templates, as maps and as texts", async () => {
  const names = ofKind(await render({ valueSet: "everything" }), "Secret").map(
    ({ metadata }) => metadata.name,
  );
  expect(names).toEqual(expect.arrayContaining(["keys-more", "keys-text"]));
});
