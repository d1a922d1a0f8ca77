/** `npm run test:kubernetes`: runs tests against another version of Kubernetes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { KUBERNETES_VERSION } from "../../tools/binaries/kubernetes-release.ts";
import { run } from "../../tools/binaries/run.ts";

const HELP = `Usage: npm run test:kubernetes -- --version 1.30.14 [files]

Runs the end-to-end tests and the installation of the chart against the servers of another version of Kubernetes, one
file after the other. They are downloaded, or built with Go, which takes minutes; later runs find them in the cache.

  --version   a whole version; KUBERNETES_VERSION names it too
  files       other tests, as vitest takes them: test/rotation test/chart/rbac.test.ts
`;

/** What every supported version must pass. */
const TESTS = ["test/e2e", "test/chart/install.test.ts"];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { version: { type: "string" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  const version = values.version ?? process.env[KUBERNETES_VERSION];
  if (values.help === true || version === undefined) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  process.env[KUBERNETES_VERSION] = version;
  await requireVersion(version);
  const files = positionals.length === 0 ? TESTS : positionals;
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  const args = [vitest, "run", "--project", "cluster", "--no-file-parallelism", ...files];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  await once(child, "exit");
  return child.exitCode ?? 1;
}

/** The claim of a run is its version, so what runs is asked for it. */
async function requireVersion(version: string): Promise<void> {
  const server = await findBinary("kube-apiserver");
  const { stdout } = await run(server, ["--version"]);
  if (stdout.trim() !== `Kubernetes v${version}`)
    throw new Error(`${server} says that it is ${stdout.trim()}, not v${version}: remove it`);
  process.stdout.write(`Kubernetes v${version}: ${server}\n`);
}

process.exitCode = await main();
