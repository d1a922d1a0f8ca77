import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments, stringify } from "yaml";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import * as z from "zod";
import { run, type RunResult } from "../../tools/binaries/run.ts";
import { renderedSchema, type Rendered } from "./rendered.ts";

/** The chart's folder. */
export const CHART = fileURLToPath(new URL("../../charts/signatureapi-controller/", import.meta.url));

/** The sets of values in the chart's folder `ci`, by what stands before `-values.yaml`. */
export const VALUE_SETS = [
  "default",
  "namespaced",
  "no-cluster-rights",
  "highly-available",
  "everything",
  "bare",
] as const;

/** A set of values, as a file of the chart's folder `ci`. */
export function valueSetFile(name: (typeof VALUE_SETS)[number]): string {
  return join(CHART, "ci", `${name}-values.yaml`);
}

/** What a chart is rendered or installed with. */
export interface Release {
  /** A folder, or a packaged chart; by default that of this checkout. */
  readonly chart?: string;
  /** Default `keys`. */
  readonly name?: string;
  /** Default `signatureapi-system`. */
  readonly namespace?: string;
  readonly valueSet?: (typeof VALUE_SETS)[number];
  /** Wins over the value set. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** More flags of helm. */
  readonly flags?: readonly string[];
}

/** Runs helm in a home of its own. A refusal is a result (`code` is not 0), not an error. */
export async function helm(args: readonly string[], kubeconfig?: string): Promise<RunResult> {
  const binary = await findBinary("helm");
  const home = await mkdtemp(join(tmpdir(), "signatureapi-keys-helm-"));
  try {
    const folders = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
    const env = { ...process.env, ...folders, KUBECONFIG: kubeconfig ?? join(home, "no-cluster") };
    return await run(binary, args, { env });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** `helm <verb>` of the chart for a release, such as `template` or `install`. */
export async function helmRelease(
  verb: "template" | "install" | "upgrade",
  { chart = CHART, name = "keys", namespace = "signatureapi-system", valueSet, values, flags = [] }: Release,
  kubeconfig?: string,
): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-values-"));
  try {
    const args: string[] = [verb, name, chart, "--namespace", namespace, ...flags];
    if (valueSet !== undefined) args.push("--values", valueSetFile(valueSet));
    if (values !== undefined) {
      const file = join(folder, "values.yaml");
      await writeFile(file, stringify(values));
      args.push("--values", file);
    }
    return await helm(args, kubeconfig);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The objects that the chart renders for a release, without its tests. Throws with helm's message where it refuses. */
export async function render(release: Release = {}): Promise<readonly Rendered[]> {
  return renderAll({ ...release, flags: ["--skip-tests", ...(release.flags ?? [])] });
}

/** The same, with what `helm test` creates. */
export async function renderAll(release: Release = {}): Promise<readonly Rendered[]> {
  const { code, stdout, stderr } = await helmRelease("template", release);
  if (code !== 0) throw new Error(`helm template failed: ${stderr}`);
  return parseAllDocuments(stdout)
    .map((document) => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return z.union([renderedSchema, z.null()]).parse(document.toJS());
    })
    .filter((object) => object !== null);
}

/** Installs the chart into a cluster, or upgrades it. Throws with helm's message where it refuses. */
export async function install(
  kubeconfig: string,
  release: Release,
  verb: "install" | "upgrade" = "install",
): Promise<void> {
  const { code, stderr } = await helmRelease(verb, release, kubeconfig);
  if (code !== 0) throw new Error(`helm ${verb} failed: ${stderr}`);
}

/** The text of one of the chart's files. */
export async function chartFile(path: string): Promise<string> {
  return readFile(join(CHART, path), "utf8");
}
