import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { BinarySpec, ModuleRun } from "./binary-spec.ts";
import { run } from "./run.ts";
import { parseVersion } from "./version.ts";

/** The servers whose version {@link KUBERNETES_VERSION} chooses. */
export const KUBERNETES_SERVERS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

type KubernetesServer = (typeof KUBERNETES_SERVERS)[number];

/** The environment variable that chooses another version of Kubernetes than the catalog's: `1.30.14`. */
export const KUBERNETES_VERSION = "KUBERNETES_VERSION";

/** Minutes on two cores, from an empty build cache. */
const TYPICAL_MINUTES: Readonly<Record<KubernetesServer, number>> = {
  "kube-apiserver": 8,
  "kube-controller-manager": 3,
  "kube-scheduler": 2,
};

/**
 * A server of exactly this version of Kubernetes: the official binary, or one that is built from the module of that
 * version.
 *
 * @throws Error if the version is not of the form `1.30.14`.
 */
export function kubernetesServer(name: KubernetesServer, version: string): BinarySpec {
  const [, minor] = /^1\.(\d+)\.\d+$/.exec(version) ?? [];
  const exact = parseVersion(version);
  if (minor === undefined || exact === undefined)
    throw new Error(`${KUBERNETES_VERSION} is ${version}: give a whole version, such as 1.30.14`);
  const component = "k8s.io/component-base/version";
  return {
    name,
    minimum: exact,
    exact: true,
    versionArgs: ["--version"],
    download: {
      version,
      origin: "https://dl.k8s.io",
      path: (platform) =>
        platform.startsWith("linux-")
          ? `/release/v${version}/bin/${platform.replace("-", "/")}/${name}`
          : undefined,
      checksum: { kind: "published", algorithm: "sha256", suffix: ".sha256" },
      content: { kind: "binary" },
    },
    build: {
      version,
      module: async (folder, options) => writeModule(folder, version, options),
      goPackage: `k8s.io/kubernetes/cmd/${name}`,
      ldflags: `-s -w -X ${component}.gitVersion=v${version} -X ${component}.gitMajor=1 -X ${component}.gitMinor=${minor}`,
      typicalMinutes: TYPICAL_MINUTES[name],
    },
  };
}

/**
 * A module that builds a version of Kubernetes. Its own go.mod takes the staging modules from folders beside it, which
 * are not in the published module: they are required as the modules of the same version. The checksum database proves
 * what is downloaded.
 */
async function writeModule(folder: string, version: string, { env, log }: ModuleRun): Promise<void> {
  await mkdir(folder, { recursive: true });
  const go = async (args: readonly string[]): Promise<string> => {
    const result = await run("go", args, {
      cwd: folder,
      env: { ...env, GOFLAGS: "-mod=mod", GOWORK: "off" },
    });
    if (result.code !== 0) throw new Error(`go ${args.join(" ")} failed: ${result.stderr.trim()}`);
    return result.stdout;
  };
  await writeFile(join(folder, "go.mod"), "module kubernetes\n");
  log(`asking the module proxy for k8s.io/kubernetes v${version}`);
  const downloaded = await go(["mod", "download", "-json", `k8s.io/kubernetes@v${version}`]);
  const { GoMod } = downloadedSchema.parse(JSON.parse(downloaded));
  await writeFile(join(folder, "go.mod"), moduleFile(await readFile(GoMod, "utf8"), version));
  await writeFile(join(folder, "tools.go"), TOOLS);
  await go(["mod", "tidy"]);
}

/** What go says of a downloaded module: the path of its go.mod. */
const downloadedSchema = z.object({ GoMod: z.string() });

/** Its go.mod. @param upstream the go.mod of Kubernetes. */
export function moduleFile(upstream: string, version: string): string {
  const go = /^go .*$/m.exec(upstream)?.[0] ?? "";
  const staging = [...upstream.matchAll(/^\s+(k8s\.io\/\S+) (?:v0\.0\.0(?![-\w])|=> \.\/staging)/gm)].map(
    ([, name = ""]) => name,
  );
  const replaced = [...new Set(staging)].toSorted();
  const lines = replaced.map((name) => `replace ${name} => ${name} v0.${version.slice("1.".length)}`);
  return `module kubernetes\n\n${go}\n\nrequire k8s.io/kubernetes v${version}\n\n${lines.join("\n")}\n`;
}

const TOOLS = `//go:build tools

package tools

import (
${KUBERNETES_SERVERS.map((name) => `\t_ "k8s.io/kubernetes/cmd/${name}"`).join("\n")}
)
`;
