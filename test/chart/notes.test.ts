import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { installKinds } from "../e2e/install-kinds.ts";
import { sharedCluster } from "../cluster/shared-cluster.ts";
import { CHART, helmRelease, VALUE_SETS, type Release } from "./helm.ts";

// The pages of the version that the chart is of.
const { version } = z
  .object({ version: z.string() })
  .parse(parse(readFileSync(`${CHART}/Chart.yaml`, "utf8")));
const PAGES = `https://github.com/signatureapi-keys/signatureapi-keys/blob/v${version}/`;

/** What helm prints after an installation. */
async function notes(release: Release): Promise<string> {
  const flags = ["--dry-run=client", ...(release.flags ?? [])];
  const { code, stdout, stderr } = await helmRelease("install", { ...release, flags });
  expect(code, stderr).toBe(0);
  return stdout.split("\nNOTES:\n")[1] ?? "";
}

/** The manifests that the notes have the user apply. */
function manifests(text: string): readonly string[] {
  return [...text.matchAll(/<<'YAML'\n([\s\S]*?)\n {2}YAML$/gm)].map(([, block = ""]) =>
    block.replaceAll(/^ {2}/gm, ""),
  );
}

describe("the notes", () => {
  beforeAll(async () => {
    const cluster = sharedCluster();
    await installKinds(cluster);
    for (const name of ["shop", "billing"])
      await cluster.apply(`apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`);
  });

  test.each(VALUE_SETS)(
    "name what is missing to the first key, as the API server takes it (%s)",
    async (valueSet) => {
      const text = await notes({ valueSet });
      const applied = manifests(text);
      expect(applied.at(-1)).toContain("kind: ApiKey");
      expect(applied).toHaveLength(2);
      for (const input of applied) {
        const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
        const { code, stderr } = await sharedCluster().kubectl(args, { input });
        expect(code, stderr).toBe(0);
      }
      expect(text).toContain("signatureapi.com/credential=true");
      expect(text).not.toMatch(/<no value>|%!/);
      for (const [, page = ""] of text.matchAll(/blob\/v0\.1\.0\/([^\s#]+?)[.]?(?=[\s#]|$)/g))
        expect(existsSync(fileURLToPath(new URL(`../../${page}`, import.meta.url))), page).toBe(true);
      expect(text).toContain(`${PAGES}docs/troubleshooting.md`);
    },
  );

  test.each<[string, Release, RegExp, RegExp]>([
    ["readOnly", { values: { readOnly: true } }, /READ-ONLY/, /NO REPLICA|NO ROLES|does NOT install/],
    ["no replica", { values: { replicas: 0 } }, /NO REPLICA/, /READ-ONLY/],
    [
      "no roles",
      { valueSet: "bare" },
      /NO ROLES.*service account keys.*SECURITY\.md#rights-of-the-controller/,
      /READ-ONLY/,
    ],
    [
      "no kinds",
      { valueSet: "no-cluster-rights" },
      /does NOT install.*kubectl apply --server-side -f files\/crds/s,
      /every namespace/,
    ],
    [
      "some namespaces",
      { valueSet: "namespaced" },
      /manages ApiKeys in shop, billing\./,
      /every namespace|kind: ClusterAccount\n/,
    ],
    [
      "every namespace",
      {},
      /manages ApiKeys in every namespace\./,
      /READ-ONLY|NO REPLICA|NO ROLES|does NOT install|over TLS/,
    ],
    ["a test", {}, /helm test keys --namespace signatureapi-system/, /<no value>/],
    ["no test", { values: { test: { enabled: false } } }, /rollout status/, /helm test/],
    [
      "protected metrics",
      { valueSet: "highly-available" },
      /Bind Prometheus to the ClusterRole signatureapi-system-keys-signatureapi-controller-metrics-reader/,
      /READ-ONLY/,
    ],
    [
      "kinds that go",
      { values: { crds: { keep: false } } },
      /Definitions go, and with them every ApiKey/,
      /Definitions stay/,
    ],
    [
      "accounts of its own",
      { values: { clusterAccounts: [{ name: "acme", spec: { credentials: { name: "vault" } } }] } },
      /acme: Secret vault in namespace signatureapi-system, entry token[\s\S]*name: acme}/,
      /kind: ClusterAccount\n/,
    ],
  ])("say what matters with %s", async (_name, release, said, unsaid) => {
    const text = await notes(release);
    expect(text).toMatch(said);
    expect(text).not.toMatch(unsaid);
  });
});
