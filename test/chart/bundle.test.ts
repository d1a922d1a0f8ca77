import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { helpText } from "@signatureapi-keys/controller";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import { buildBundle } from "../e2e/bundle.ts";
import { isReady } from "../e2e/conditions.ts";
import { apiKey, readyNamespace } from "../e2e/manifests.ts";
import { container, HAS_USERS, projectServiceAccount } from "../image/container.ts";
import { Installation, SYSTEM } from "./installation.ts";

let folder: string;
let bundle: string;

beforeAll(async () => {
  // Far from node_modules, as in the image.
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-bundle-"));
  // An image is read by every user.
  await chmod(folder, 0o755);
  bundle = join(folder, "signatureapi-controller.mjs");
  await buildBundle(bundle);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the bundle starts where nothing else is installed", async () => {
  const { code, stdout, stderr } = await run(process.execPath, [bundle, "--help"], { cwd: folder });
  expect(stderr).toBe("");
  expect(stdout).toBe(helpText());
  expect(code).toBe(0);
});

test("the bundle holds no more of its dependencies than is used: at most 2.5 MB", async () => {
  const chunks = (await readdir(join(folder, "chunks"))).map((name) => join(folder, "chunks", name));
  const files = await Promise.all([bundle, ...chunks].map(async (file) => stat(file)));
  expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(2_500_000);
});

test("the bundle names a flag that it does not know, and ends with 2", async () => {
  const { code, stderr } = await run(process.execPath, [bundle, "--namespace=a"], { cwd: folder });
  expect(stderr).toContain("--namespace");
  expect(code).toBe(2);
});

test(
  "the bundle works as the chart's service account, and ends when asked to",
  { timeout: 120_000 },
  async () => {
    await using installation = await Installation.install({});
    await using controller = await installation.startReplica(bundle);
    await installation.apply(
      ...readyNamespace("shop", installation.emulator.url),
      apiKey("shop", "checkout"),
    );
    await installation.watcher.until(API_KEYS, { namespace: "shop", name: "checkout" }, isReady);
    expect(await controller.end()).toBe(0);
    expect(controller.output).not.toContain('"level":"error"');
  },
);

test.skipIf(!HAS_USERS)(
  "the launcher works as a user of OpenShift, without a home, and writes no file",
  { timeout: 120_000 },
  async () => {
    await using installation = await Installation.install({});
    const files = join(folder, "serviceaccount");
    await mkdir(files);
    await using controller = await installation.startReplica(
      join(folder, "launch.mjs"),
      [],
      async (kubeconfig) =>
        container({
          memory: 512 * 2 ** 20,
          uid: 1_000_710_001,
          pod: await projectServiceAccount(kubeconfig, SYSTEM, files),
        }),
    );
    await installation.apply(
      ...readyNamespace("shop", installation.emulator.url),
      apiKey("shop", "checkout"),
    );
    await installation.watcher.until(API_KEYS, { namespace: "shop", name: "checkout" }, isReady);
    const status = await readFile(`/proc/${controller.pid}/status`, "utf8");
    expect(status).toMatch(/^Uid:\t1000710001\t1000710001/m);
    const commandLine = (await readFile(`/proc/${controller.pid}/cmdline`, "utf8")).split("\0");
    expect(commandLine).toContain("--max-old-space-size=320");
    expect(commandLine).toContain(bundle);
    // SIGTERM reaches the controller: the launcher has replaced itself.
    expect(await controller.end()).toBe(0);
    expect(controller.output).not.toContain('"level":"error"');
  },
);
