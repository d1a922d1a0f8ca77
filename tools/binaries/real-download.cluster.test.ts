import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./run.ts";
import { catalog } from "./catalog.ts";
import { findBinary, findBySpec } from "./find-binary.ts";
import { sha512 } from "./test-archive.ts";
import { startMirror } from "./test-mirror.ts";

const NAMES = ["kube-apiserver", "etcd", "kubectl"] as const;
const PATH =
  "/github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v1.36.2/envtest-v1.36.2-linux-amd64.tar.gz";

/** An archive laid out as envtest's, of the binaries that this machine has. */
async function packReal(folder: string): Promise<Buffer> {
  const inside = join(folder, "controller-tools/envtest");
  await mkdir(inside, { recursive: true });
  for (const name of NAMES) await symlink(await findBinary(name), join(inside, name));
  const file = join(folder, "envtest.tar");
  const packed = await run("tar", ["-chf", file, "-C", folder, "controller-tools"]);
  expect(packed.stderr).toBe("");
  expect((await run("gzip", ["-1", file])).code).toBe(0);
  return readFile(`${file}.gz`);
}

test("real servers come out of an archive laid out as envtest's, and run", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "real-download-"));
  const archive = await packReal(folder);
  const mirror = await startMirror({ [PATH]: { body: archive } });
  try {
    for (const name of NAMES) {
      const { download, ...spec } = catalog[name];
      if (download === undefined) throw new Error("no download");
      const digests = { "linux-amd64": sha512(archive) };
      const pinned = { ...download, checksum: { kind: "pinned", algorithm: "sha512", digests } as const };
      const path = await findBySpec(
        { ...spec, download: pinned },
        {
          platform: "linux-amd64",
          log: () => undefined,
          env: {
            SIGNATUREAPI_KEYS_CACHE: join(folder, "cache"),
            SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR: mirror.url,
          },
        },
      );
      expect(path).toBe(join(folder, `cache/bin/${name}/envtest-1.36.2-linux-amd64/${name}`));
      const { stdout } = await run(path, spec.versionArgs);
      expect(stdout).toMatch(/(Kubernetes|Client Version:|etcd Version:) v?\d+\.\d+\.\d+/);
    }
    expect(mirror.requests).toEqual([PATH]);
  } finally {
    await mirror.close();
    await rm(folder, { recursive: true });
  }
});

test("each binary's version is understood", { timeout: 120_000 }, async () => {
  for (const name of NAMES) {
    const path = await findBinary(name);
    const env = { KUBEBUILDER_ASSETS: join(path, "..") };
    expect(await findBinary(name, { env, log: () => undefined })).toBe(path);
  }
});
