import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run } from "../../tools/binaries/run.ts";

const BUILD = fileURLToPath(new URL("../../cli/build.ts", import.meta.url));
const PLUGIN = "kubectl-signatureapi";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubectl-plugin-"));
  const outfile = join(folder, PLUGIN);
  expect(await run(process.execPath, [BUILD, "--outfile", outfile])).toMatchObject({ code: 0 });
  await chmod(outfile, 0o755);
  // A program without a suffix is CommonJS for Node, unless a package says otherwise.
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
});

afterAll(async () => rm(folder, { recursive: true }));

async function kubectl(...args: readonly string[]) {
  const path = [folder, dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH: path, HOME: folder, KUBECONFIG: join(folder, "none") };
  return run(await findBinary("kubectl"), args, { env });
}

test("kubectl finds the plugin, and passes on its exit status", async () => {
  const version = await kubectl("signatureapi", "version", "--client");
  expect(version).toMatchObject({ code: 0, stderr: "" });
  expect(version.stdout).toMatch(/^Plugin: \d+\.\d+\.\d+\n$/);
  expect(await kubectl("signatureapi", "rotate")).toMatchObject({ code: 2, stdout: "" });
});

test("kubectl completes commands of the plugin by the program that completion prints", async () => {
  const { stdout } = await kubectl("signatureapi", "completion", "kubectl");
  await writeFile(join(folder, "kubectl_complete-signatureapi"), stdout, { mode: 0o755 });
  const { stdout: completed } = await kubectl("__complete", "signatureapi", "rec");
  expect(completed).toBe("reconcile\tAsk the controller to look at an ApiKey now\n:4\n");
});
