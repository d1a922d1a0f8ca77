import { readOptions } from "@signatureapi-keys/controller";
import { describe, expect, test } from "vitest";
import { helmRelease } from "./helm.ts";

/** Values that set a flag as they are, with texts and numbers at the edges of what the flag takes. */
const EDGES: readonly (readonly [value: string, flag: string, edges: readonly unknown[]])[] = [
  ["concurrency", "concurrency", [0, 1, 1_000, 1_001]],
  ["mintBudget.namespace", "namespace-mint-budget", [0, 1, 1_000_000, 1_000_001]],
  ["mintBudget.account", "account-mint-budget", [0, 1_000_000, 1_000_001]],
  [
    "resync",
    "resync",
    ["999ms", "1000ms", "0.5s", "3660d", "3660d1ms", "1h30m", "10", "1w", "99999999999999d"],
  ],
  ["inventoryInterval", "inventory-interval", ["0s", "1s", "87840h", "87841h"]],
  ["leaseName", "lease-name", ["a".repeat(253), "a".repeat(254), "Keys", "-a"]],
  ["installation", "installation", ["0a1b2c3d4e", "0a1b2c3d4", "0A1B2C3D4E"]],
  ["logLevel", "log-level", ["trace", "verbose"]],
  ["logFormat", "log-format", ["text", "xml"]],
  ["secretAccess", "secret-access", ["get", "list"]],
  ["workloadAccess", "workload-access", ["none", "patch"]],
  ["podAccess", "pod-access", ["list", "get"]],
  ["clusterResourceNamespace", "cluster-resource-namespace", ["a".repeat(63), "a".repeat(64)]],
  ["previousInstallations", "previous-installations", [["aabbccddee"], ["aabbccdde"]]],
  ["allowedSecretTypes", "allowed-secret-types", [["a".repeat(2_048)], ["a".repeat(2_049)]]],
  ["allowedSecretMetadata", "allowed-secret-metadata", [["tier"], ["a".repeat(2_049)]]],
  [
    "allowedBaseUrls",
    "allowed-base-urls",
    [[`https://a/${"b".repeat(2_038)}`], [`https://a/${"b".repeat(2_039)}`]],
  ],
];

const MANY = Array.from({ length: 1_001 }, (_, i) => `n${i}`);

/** `a.b` as nested maps. */
function nested(path: string, value: unknown): Record<string, unknown> {
  const [head = "", ...rest] = path.split(".");
  return { [head]: rest.length === 0 ? value : nested(rest.join("."), value) };
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 40);
}

function flagTakes(flag: string, value: unknown): boolean {
  try {
    readOptions([`--${flag}=${String(value)}`], {});
    return true;
  } catch {
    return false;
  }
}

async function chartTakes(values: Record<string, unknown>): Promise<boolean> {
  return (await helmRelease("template", { values })).code === 0;
}

describe("the chart refuses what the flag of the controller would refuse, and nothing else", () => {
  test.each(EDGES)("%s, as --%s", { timeout: 120_000 }, async (path, flag, edges) => {
    const ofFlag = edges.map((value) => `${shown(value)}: ${flagTakes(flag, value)}`);
    const ofChart: string[] = [];
    for (const value of edges) ofChart.push(`${shown(value)}: ${await chartTakes(nested(path, value))}`);
    expect(ofChart).toEqual(ofFlag);
    // Otherwise nothing would be compared.
    expect(new Set(ofFlag.map((text) => text.split(": ").at(-1)))).toEqual(new Set(["true", "false"]));
  });

  test("lists of more than a thousand", { timeout: 120_000 }, async () => {
    const values = { namespaces: MANY, installation: "0a1b2c3d4e" };
    expect(flagTakes("namespaces", MANY)).toBe(false);
    expect(await chartTakes(values)).toBe(false);
    expect(flagTakes("namespaces", MANY.slice(1))).toBe(true);
    expect(await chartTakes({ ...values, namespaces: MANY.slice(1) })).toBe(true);
  });

  test("and the message names value and bound", async () => {
    const { stderr } = await helmRelease("template", { values: { resync: "500ms" } });
    expect(stderr).toContain("resync must be at least 1s, not 500ms");
    const long = await helmRelease("template", { values: { inventoryInterval: "4000d" } });
    expect(long.stderr).toContain("inventoryInterval must be at most ten years (3660d), not 4000d");
  });
});
