import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBinary } from "./find-binary.ts";
import { fakeBinary, packArchive, sha256 } from "./test-archive.ts";
import { startMirror } from "./test-mirror.ts";

const RELEASE = "/github.com/prometheus/prometheus/releases/download/v3.13.5";
const NAME = "prometheus-3.13.5.linux-arm64";

test("one download of the official archive brings the server and promtool", async () => {
  const folder = await mkdtemp(join(tmpdir(), "prometheus-download-"));
  const archive = await packArchive(join(folder, "made"), {
    [`${NAME}/prometheus`]: fakeBinary("3.13.5"),
    [`${NAME}/promtool`]: fakeBinary("3.13.5"),
    [`${NAME}/prometheus.yml`]: "",
  });
  const mirror = await startMirror({
    [`${RELEASE}/${NAME}.tar.gz`]: { body: archive },
    [`${RELEASE}/sha256sums.txt`]: { body: `${sha256(archive)}  ${NAME}.tar.gz\n` },
  });
  const env = {
    PATH: "/nowhere",
    SIGNATUREAPI_KEYS_CACHE: join(folder, "cache"),
    SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR: mirror.url,
  };
  const options = { platform: "linux-arm64", env, log: () => undefined } as const;
  try {
    const bin = join(folder, "cache/bin");
    for (const name of ["prometheus", "promtool"] as const)
      expect(await findBinary(name, options)).toBe(join(bin, name, "3.13.5-linux-arm64", name));
    expect(mirror.requests.filter((path) => path.endsWith(".tar.gz"))).toHaveLength(1);
  } finally {
    await mirror.close();
    await rm(folder, { recursive: true });
  }
});
