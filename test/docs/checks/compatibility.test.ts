import { expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { fileText } from "./sources.ts";

const PAGE = fileText("docs/compatibility.md");

/** The rows of the tables under a heading of the page. */
function rowsUnder(heading: string): string {
  const [, section = ""] = PAGE.split(`## ${heading}\n`);
  return (section.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .join("\n");
}

/** The one match of a pattern in a file. */
function said(path: string, pattern: RegExp): string {
  const [, version] = pattern.exec(fileText(path)) ?? [];
  if (version === undefined) throw new Error(`${path} does not say ${pattern}`);
  return version;
}

const manifestSchema = z.object({
  engines: z.object({ node: z.string().startsWith(">=") }),
  peerDependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()),
});

function manifest(path: string): z.infer<typeof manifestSchema> {
  return manifestSchema.parse(JSON.parse(fileText(path)));
}

const CATALOG = "tools/binaries/catalog.ts";

test("the versions that the tests use are those of the catalog", () => {
  expect(rowsUnder("Kubernetes")).toContain(`| ${said(CATALOG, /const KUBERNETES = "(.*)"/)} | all tests`);
  expect(rowsUnder("Helm")).toContain(`| ${said(CATALOG, /const HELM = "(.*)"/)} | all tests`);
  expect(rowsUnder("Pulumi")).toContain(`| ${said(CATALOG, /const PULUMI = "(.*)"/)} |`);
  const { "@pulumi/pulumi": sdk } = manifest("provider/package.json").devDependencies;
  expect(rowsUnder("Pulumi")).toContain(`| ${sdk} by all tests`);
});

test("the least versions are those that chart, packages and image demand", () => {
  const { kubeVersion } = z
    .object({ kubeVersion: z.string() })
    .parse(parse(fileText("charts/signatureapi-controller/Chart.yaml")));
  const [least = ""] = /\d+\.\d+/.exec(kubeVersion) ?? [];
  expect(PAGE).toContain(`## Kubernetes\n\n${least} or newer.`);
  expect(fileText("docs/install.md")).toContain(`| Kubernetes | ${least} or newer`);
  const root = manifest("package.json").engines.node.slice(2);
  const provider = manifest("provider/package.json");
  const image = said("controller/Dockerfile", /nodejs(\d+)-/);
  const node = rowsUnder("Node");
  expect(node).toContain(`| brings its own: ${image} |`);
  expect(node).toContain(`| ${root} or newer to start; \`npm ci\` then installs the ${image} `);
  expect(node).toContain(`| \`pulumi-signatureapi\` | ${provider.engines.node.slice(2)} or newer |`);
  expect(fileText("README.md")).toContain(`Node >= ${root} with npm`);
  const [major] = said("management-api/Dockerfile", /node:(\d+)/).split(".");
  expect(major).toBe(image);
  const peer = provider.peerDependencies["@pulumi/pulumi"] ?? "";
  expect(rowsUnder("Pulumi")).toContain(
    `| ${peer.slice(1)} or newer, below ${Number.parseInt(peer.slice(1), 10) + 1} |`,
  );
});
