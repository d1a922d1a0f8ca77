import { readFile } from "node:fs/promises";
import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { buildInfo } from "./build-info.ts";
import { controllerMetrics } from "./metrics.ts";
import { observedMetrics } from "./observed-metrics.ts";

const PAGE = new URL("../../docs/observability.md", import.meta.url);

/** Every metric of ours as the page writes it: the name, with its labels in braces. */
function ours(): readonly string[] {
  const registry = new Registry();
  controllerMetrics(registry);
  buildInfo(registry, { inventoryInterval: 1 });
  const ledger = { budgetsInUse: () => [] };
  observedMetrics(registry, { caches: [], ledger, now: () => 0 });
  return registry.getMetricsAsArray().map((metric) => {
    const labels = "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    return labels.length === 0 ? metric.name : `${metric.name}{${labels.join(",")}}`;
  });
}

test("the page about observability lists each metric of ours with its labels, and no other", async () => {
  const page = await readFile(PAGE, "utf8");
  const listed = [...page.matchAll(/^\| `(signatureapi_[^`]+)` \|/gm)].map(([, metric]) => String(metric));
  expect(listed.toSorted()).toEqual(ours().toSorted());
});

test("no metric has a label that could hold a message, a value or a token", () => {
  const labels = new Set(ours().flatMap((metric) => /\{(.*)\}/.exec(metric)?.[1]?.split(",") ?? []));
  expect([...labels].toSorted()).toEqual([
    "account",
    "code",
    "kind",
    "name",
    "namespace",
    "node_version",
    "operation",
    "outcome",
    "reason",
    "scope",
    "state",
    "status",
    "type",
    "version",
  ]);
});
