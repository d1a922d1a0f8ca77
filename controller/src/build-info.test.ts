import { readFile } from "node:fs/promises";
import process from "node:process";
import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { buildInfo, VERSION } from "./build-info.ts";

test("the version in the metrics is that of the chart", async () => {
  const chart = new URL("../../charts/signatureapi-controller/Chart.yaml", import.meta.url);
  expect(parse(await readFile(chart, "utf8"))).toMatchObject({ appVersion: VERSION });
});

test("version and settings are there from the start", async () => {
  const registry = new Registry();
  buildInfo(registry, { inventoryInterval: 90_000 });
  const metrics = await registry.metrics();
  expect(metrics).toContain(
    `signatureapi_build_info{version="${VERSION}",node_version="${process.version}"} 1`,
  );
  expect(metrics).toContain("signatureapi_inventory_interval_seconds 90");
});
