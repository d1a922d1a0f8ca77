import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FakeClock } from "../kube/fake-clock.ts";
import { CertificateFiles } from "./certificate-files.ts";
import { selfSignedCertificate } from "./self-signed.ts";
import type { KeyPair } from "./x509.ts";

const NOW = new Date("2026-11-02T10:00:00Z");
const first = selfSignedCertificate("one", NOW);
const second = selfSignedCertificate("two", NOW);
const third = selfSignedCertificate("three", NOW);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-certificate-"));
  return async () => rm(folder, { recursive: true, force: true });
});

/** As the kubelet does it: a folder for each version, and a link to it that is replaced in one step. */
async function mount({ certificate, key }: KeyPair, version: string): Promise<void> {
  await mkdir(join(folder, version));
  await writeFile(join(folder, version, "tls.crt"), certificate);
  await writeFile(join(folder, version, "tls.key"), key);
  await symlink(version, join(folder, "..next"));
  await rename(join(folder, "..next"), join(folder, "..data"));
}

async function open(): Promise<{
  files: CertificateFiles;
  next: () => Promise<KeyPair | string>;
  clock: FakeClock;
}> {
  const clock = new FakeClock();
  const seen: (KeyPair | string)[] = [];
  let wake: (() => void) | undefined;
  const take = (what: KeyPair | string): void => {
    seen.push(what);
    wake?.();
  };
  const files = await CertificateFiles.open(folder, { clock, onChange: take, onProblem: take });
  onTestFinished(() => files.stop());
  const next = async (): Promise<KeyPair | string> => {
    while (seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return seen.shift() ?? "";
  };
  return { files, next, clock };
}

describe("a certificate in a mounted Secret", () => {
  test("is read again when the kubelet replaces it, and without a look at a clock", async () => {
    await mount(first, "..1");
    for (const name of ["tls.crt", "tls.key"]) await symlink(join("..data", name), join(folder, name));
    const { files, next } = await open();
    expect(files.current).toEqual(first);
    await mount(second, "..2");
    expect(await next()).toEqual(second);
    await mount(third, "..3");
    expect(await next()).toEqual(third);
    expect(files.current).toEqual(third);
  });

  test("stays while certificate and key do not belong together", async () => {
    await writeFile(join(folder, "tls.crt"), first.certificate);
    await writeFile(join(folder, "tls.key"), first.key);
    const { files, next } = await open();
    await writeFile(join(folder, "tls.key"), second.key);
    expect(await next()).toMatch(/tls\.crt and tls\.key in .* do not belong together/);
    expect(files.current).toEqual(first);
    await writeFile(join(folder, "tls.crt"), second.certificate);
    // The problem may be seen more than once.
    let seen = await next();
    while (typeof seen === "string") seen = await next();
    expect(seen).toEqual(second);
  });

  test("is found by the clock where the file system reports nothing", async () => {
    const real = await mkdtemp(join(tmpdir(), "signatureapi-keys-elsewhere-"));
    onTestFinished(async () => rm(real, { recursive: true, force: true }));
    await writeFile(join(real, "tls.crt"), first.certificate);
    await writeFile(join(real, "tls.key"), first.key);
    for (const name of ["tls.crt", "tls.key"]) await symlink(join(real, name), join(folder, name));
    const { files, next, clock } = await open();
    // Not in the folder that is watched.
    await writeFile(join(real, "tls.crt"), second.certificate);
    await writeFile(join(real, "tls.key"), second.key);
    expect(files.current).toEqual(first);
    await clock.advance(10_000);
    expect(await next()).toEqual(second);
  });

  test("that is missing or no certificate is an error that names the file and quotes nothing", async () => {
    await expect(open()).rejects.toThrow(/cannot read .*tls\.crt \(ENOENT\)/);
    await writeFile(join(folder, "tls.crt"), first.certificate);
    await writeFile(join(folder, "tls.key"), "this is no key");
    await expect(open()).rejects.toThrow(/tls\.key is no PEM text of what its name says$/);
  });
});
