import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { alertsIn } from "../observability/alert-rules.ts";
import { promtool } from "../observability/promtool.ts";
import { chartFile, render } from "./helm.ts";
import { ofKind, only, podOf, type Rendered } from "./rendered.ts";

const KINDS = ["ServiceMonitor", "PodMonitor", "PrometheusRule"];

const ruleSpecSchema = z.object({
  groups: z.array(z.object({ name: z.string(), rules: z.array(z.record(z.string(), z.unknown())) })),
});

/** The groups of the PrometheusRule that these values give. */
async function groups(values: Record<string, unknown>): Promise<z.infer<typeof ruleSpecSchema>["groups"]> {
  const metrics = { prometheusRule: { enabled: true, ...values } };
  const rule = only(await render({ values: { metrics } }), "PrometheusRule");
  return ruleSpecSchema.parse(rule["spec"]).groups;
}

/** The endpoint of the monitor that these values give. */
function endpointOf(monitor: Rendered): unknown {
  const { endpoints, podMetricsEndpoints } = z
    .looseObject({ endpoints: z.tuple([z.unknown()]), podMetricsEndpoints: z.tuple([z.unknown()]) })
    .partial()
    .parse(monitor["spec"]);
  return (endpoints ?? podMetricsEndpoints)?.[0];
}

test("nothing of the Prometheus operator and no dashboard is there unless it is wanted", async () => {
  const objects = await render();
  for (const kind of KINDS) expect(ofKind(objects, kind)).toEqual([]);
  expect(ofKind(objects, "ConfigMap")).toEqual([]);
});

describe("the monitors", () => {
  test.each(["ServiceMonitor", "PodMonitor"])("%s keeps the labels of the metrics", async (kind) => {
    const name = `${kind[0]?.toLowerCase()}${kind.slice(1)}`;
    const objects = await render({ values: { metrics: { [name]: { enabled: true } } } });
    const monitor = only(objects, kind);
    const endpoint = { port: "metrics", path: "/metrics", interval: "60s", scrapeTimeout: "10s" };
    expect(endpointOf(monitor)).toEqual({ ...endpoint, honorLabels: true });
    const { labels } = podOf(only(objects, "Deployment"));
    const { selector } = z
      .looseObject({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) })
      .parse(monitor["spec"]);
    expect(labels).toMatchObject(selector.matchLabels);
  });

  test("relabel as they are asked to", async () => {
    const monitor = only(await render({ valueSet: "everything" }), "ServiceMonitor");
    expect(endpointOf(monitor)).toMatchObject({
      interval: "30s",
      relabelings: [{ targetLabel: "node" }],
      metricRelabelings: [{ action: "drop" }],
    });
    expect(monitor.metadata.labels).toMatchObject({ release: "prometheus" });
  });
});

describe("the PrometheusRule", () => {
  test("has every alert of the file as it is there, with the runbook of the installed version", async () => {
    const file = await chartFile("files/alerts.yaml");
    const { appVersion } = z
      .looseObject({ appVersion: z.string() })
      .parse(parse(await chartFile("Chart.yaml")));
    const pages = `https://github.com/signatureapi-keys/signatureapi-keys/blob/v${appVersion}/docs/runbooks/`;
    const expected = file.replaceAll("runbook_url: docs/runbooks/", `runbook_url: ${pages}`);
    expect(expected).not.toBe(file);
    expect(await groups({})).toEqual(ruleSpecSchema.parse(parse(expected)).groups);
  });

  test("leaves alerts out and changes them, and puts others after them", async () => {
    const [ours, more] = await groups({
      runbookBaseUrl: "https://git.example.com/keys/",
      alerts: {
        SignatureApiRateLimitNear: { enabled: false },
        SignatureApiKeyNotReady: { severity: "page", for: "30m" },
        SignatureApiNoLeader: { enabled: true },
      },
      additionalRules: [{ record: "keys:ready", expr: "sum(signatureapi_apikey_ready)" }],
    });
    const names = alertsIn(await chartFile("files/alerts.yaml")).map(({ alert }) => alert);
    expect(ours?.rules.map((rule) => rule["alert"])).toEqual(
      names.filter((name) => name !== "SignatureApiRateLimitNear"),
    );
    expect(ours?.rules.find((rule) => rule["alert"] === "SignatureApiKeyNotReady")).toMatchObject({
      for: "30m",
      labels: { severity: "page" },
      annotations: { runbook_url: "https://git.example.com/keys/docs/runbooks/SignatureApiKeyNotReady.md" },
    });
    expect(more?.rules).toEqual([{ record: "keys:ready", expr: "sum(signatureapi_apikey_ready)" }]);
  });

  test.each(["default", "everything"] as const)("is accepted by promtool (%s)", async (valueSet) => {
    const values = { metrics: { prometheusRule: { enabled: true } } };
    const rule = only(await render({ valueSet, values }), "PrometheusRule");
    const { code, stdout, stderr } = await promtool(["check", "rules"], rule["spec"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/SUCCESS: \d\d rules found/);
    expect(code).toBe(0);
  });
});

test("the dashboard is a ConfigMap that Grafana's sidecar finds, unchanged", async () => {
  const maps = ofKind(await render({ valueSet: "everything" }), "ConfigMap");
  const [map, ...others] = maps.filter(({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1");
  if (map === undefined) throw new Error("there is no dashboard");
  expect(others).toEqual([]);
  expect(map.metadata.labels).toMatchObject({ grafana_dashboard: "1" });
  expect(map.metadata.annotations).toEqual({ grafana_folder: "SignatureAPI" });
  const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(map);
  const dashboard: unknown = JSON.parse(await chartFile("files/dashboard.json"));
  expect(Object.keys(data)).toEqual(["signatureapi-controller.json"]);
  expect(JSON.parse(data["signatureapi-controller.json"] ?? "")).toEqual(dashboard);
});
