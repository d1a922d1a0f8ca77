import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBinary } from "./find-binary.ts";
import { fakeBinary, packArchive, sha256 } from "./test-archive.ts";
import { startMirror } from "./test-mirror.ts";

const RELEASE = "/github.com/pulumi/pulumi/releases/download/v3.250.0";
const NAME = "pulumi-v3.250.0-linux-x64.tar.gz";

test("one download of the official archive brings the engine and its language hosts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-download-"));
  const archive = await packArchive(join(folder, "made"), {
    "pulumi/pulumi": fakeBinary("3.250.0"),
    "pulumi/pulumi-language-nodejs": fakeBinary("3.250.0"),
    "pulumi/pulumi-language-python": fakeBinary("3.250.0"),
    "pulumi/pulumi-language-yaml": fakeBinary("3.250.0"),
  });
  const mirror = await startMirror({
    [`${RELEASE}/${NAME}`]: { body: archive },
    [`${RELEASE}/pulumi-3.250.0-checksums.txt`]: { body: `${sha256(archive)}  ${NAME}\n` },
  });
  const env = {
    PATH: "/nowhere",
    SIGNATUREAPI_KEYS_CACHE: join(folder, "cache"),
    SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR: mirror.url,
  };
  const options = { platform: "linux-amd64", env, log: () => undefined } as const;
  try {
    const bin = join(folder, "cache/bin");
    expect(await findBinary("pulumi", options)).toBe(join(bin, "pulumi/3.250.0-linux-amd64/pulumi"));
    expect(await findBinary("pulumi-language-nodejs", options)).toBe(
      join(bin, "pulumi-language-nodejs/3.250.0-linux-amd64/pulumi-language-nodejs"),
    );
    expect(await findBinary("pulumi-language-yaml", options)).toBe(
      join(bin, "pulumi-language-yaml/3.250.0-linux-amd64/pulumi-language-yaml"),
    );
    expect(mirror.requests.filter((path) => path.endsWith(NAME))).toHaveLength(1);
  } finally {
    await mirror.close();
    await rm(folder, { recursive: true });
  }
});
