import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "./run.ts";
import type { BinarySpec } from "./binary-spec.ts";
import { findBySpec } from "./find-binary.ts";
import { BinaryNotFoundError } from "./not-found-error.ts";
import { TOOL_PATH, fakeBinary, packArchive, sha256, sha512, toolSpec } from "./test-archive.ts";
import { type Answer, type Mirror, startMirror } from "./test-mirror.ts";

let folder: string;
let mirror: Mirror | undefined;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "finder-"));
  lines = [];
});
afterEach(async () => {
  await mirror?.close();
  mirror = undefined;
  await rm(folder, { recursive: true });
});

const pinned = (archive: Buffer): BinarySpec =>
  toolSpec({ kind: "pinned", algorithm: "sha512", digests: { "linux-amd64": sha512(archive) } });
const noChecksum = toolSpec({ kind: "pinned", algorithm: "sha512", digests: {} });

const goodArchive = async (): Promise<Buffer> =>
  packArchive(join(folder, "made"), { "dist/tool": fakeBinary("2.1.0"), "dist/other": fakeBinary("9.9.9") });

async function serve(answers: Record<string, Answer>): Promise<void> {
  mirror = await startMirror(answers);
}

/** Searches with nothing but the system's own tools on the PATH, a cache of the test's own, and its mirror. */
async function find(spec: BinarySpec, env: NodeJS.ProcessEnv = {}): Promise<string> {
  return findBySpec(spec, {
    platform: "linux-amd64",
    log: (line) => lines.push(line),
    timeouts: { connectMs: 500, idleMs: 500 },
    env: {
      PATH: "/nowhere",
      SIGNATUREAPI_KEYS_CACHE: join(folder, "cache"),
      SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR: mirror?.url ?? "",
      ...(mirror === undefined ? { SIGNATUREAPI_KEYS_NO_DOWNLOAD: "1" } : {}),
      ...env,
    },
  });
}

async function place(where: string, version: string, mode = 0o755): Promise<string> {
  const target = join(folder, where);
  await mkdir(target, { recursive: true });
  await writeFile(join(target, "tool"), fakeBinary(version), { mode });
  return target;
}

const cached = (): string => join(folder, "cache/bin/tool/2.1.0-linux-amd64/tool");
const version = async (path: string): Promise<string> => (await run(path, ["--version"])).stdout.trim();

describe("the order of preference", () => {
  test("KUBEBUILDER_ASSETS, then the PATH, then the cache, then the download", async () => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: { body: archive } });
    const env = { KUBEBUILDER_ASSETS: await place("assets", "2.0.1"), PATH: await place("path", "2.0.2") };
    const spec = pinned(archive);
    expect(await find(spec, env)).toBe(join(folder, "assets/tool"));
    expect(await find(spec, { PATH: env.PATH })).toBe(join(folder, "path/tool"));
    expect(mirror?.requests).toEqual([]);
    expect(await find(spec)).toBe(cached());
    expect(await find(spec)).toBe(cached());
    expect(mirror?.requests).toEqual([TOOL_PATH]);
  });

  test("one that is too old is passed over with a word of explanation", async () => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: { body: archive } });
    const old = await place("old", "1.9.9");
    expect(await find(pinned(archive), { PATH: `${old}:${await place("new", "2.0.0")}` })).toBe(
      join(folder, "new/tool"),
    );
    expect(await find(pinned(archive), { PATH: old })).toBe(cached());
    expect(lines).toContain(`tool: PATH: ${old}/tool is 1.9.9, older than the 2.0.0 that is needed`);
  });

  test("one that does not run, or says nothing of a version, is passed over", async () => {
    await writeFile(join(await place("broken", "2.5.0"), "tool"), "\u007fELF nonsense");
    await writeFile(join(await place("failing", "2.5.0"), "tool"), "#!/bin/sh\nexit 3\n");
    await writeFile(join(await place("mute", "2.5.0"), "tool"), "#!/bin/sh\n");
    await place("not-executable", "2.5.0", 0o644);
    const folders = ["broken", "failing", "mute", "not-executable"].map((name) => join(folder, name));
    const error: unknown = await find(noChecksum, { PATH: folders.join(":") }).catch((e: unknown) => e);
    expect(String(error)).toMatch(/broken\/tool (cannot be run|--version ended with)/);
    expect(String(error)).toContain("failing/tool --version ended with 3");
    expect(String(error)).toContain("mute/tool did not print its version");
    expect(String(error)).not.toContain("not-executable");
  });
});

describe("the download", () => {
  test("brings every binary of its archive into the cache, executable, and nothing else", async () => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: { body: archive } });
    const path = await find(pinned(archive));
    expect(await version(path)).toBe("fake v2.1.0");
    expect(await version(join(folder, "cache/bin/other/2.1.0-linux-amd64/other"))).toBe("fake v9.9.9");
    expect(await readdir(join(folder, "cache/tmp"))).toEqual([]);
  });

  test("is checked against the published checksum where none is pinned", async () => {
    const archive = await goodArchive();
    const spec = toolSpec({ kind: "published", algorithm: "sha256", suffix: ".sha256sum" });
    await serve({
      [TOOL_PATH]: { body: archive },
      [`${TOOL_PATH}.sha256sum`]: { body: `${sha256(archive)}  tool-linux-amd64.tar.gz\n` },
    });
    expect(await find(spec)).toBe(cached());
  });

  test("is checked against a published list of checksums, by its own name", async () => {
    const archive = await goodArchive();
    const spec = toolSpec({ kind: "listed", algorithm: "sha256", file: "checksums.txt" });
    const list = TOOL_PATH.replace("tool-linux-amd64.tar.gz", "checksums.txt");
    const wrong = `${sha256(Buffer.from("other"))}  tool-linux-arm64.tar.gz\n`;
    await serve({
      [TOOL_PATH]: { body: archive },
      [list]: { body: `${wrong}${sha256(archive)}  tool-linux-amd64.tar.gz\n` },
    });
    expect(await find(spec)).toBe(cached());
  });

  test("is taken without a checksum only where its publisher gives none", async () => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: { body: archive } });
    const spec = toolSpec({ kind: "unpublished" });
    expect(await version(await find(spec))).toBe("fake v2.1.0");
  });

  test("a list of checksums that does not name it is refused", async () => {
    const archive = await goodArchive();
    const spec = toolSpec({ kind: "listed", algorithm: "sha256", file: "checksums.txt" });
    const list = TOOL_PATH.replace("tool-linux-amd64.tar.gz", "checksums.txt");
    await serve({ [TOOL_PATH]: { body: archive }, [list]: { body: `${sha256(archive)}  other.tar.gz\n` } });
    await expect(find(spec)).rejects.toThrow(/lists no SHA-256 digest of tool-linux-amd64.tar.gz/);
  });

  test("a bare binary is taken as it is", async () => {
    const binary = Buffer.from(fakeBinary("2.1.0"));
    const archived = pinned(binary);
    if (archived.download === undefined) throw new Error("no download");
    await serve({ [TOOL_PATH]: { body: binary } });
    const path = await find({ ...archived, download: { ...archived.download, content: { kind: "binary" } } });
    expect(await version(path)).toBe("fake v2.1.0");
  });

  test.each<[string, (archive: Buffer) => Answer, RegExp]>([
    [
      "with a wrong checksum",
      (archive) => ({ body: Buffer.concat([archive, Buffer.from([0])]) }),
      /sha512 is .* not /,
    ],
    ["that is not there", () => ({ status: 404 }), /answered 404 Not Found/],
    ["that breaks off half way", (archive) => ({ cutOff: archive }), /terminated|aborted|closed/],
    ["that is never answered", () => "silent", /no answer for 0.5 s/],
    ["that stops half way", (archive) => ({ stalls: archive }), /nothing came for 0.5 s/],
  ])("a download %s leaves nothing in the cache and says so", async (_, answer, reason) => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: answer(archive) });
    await expect(find(pinned(archive))).rejects.toThrow(reason);
    expect(existsSync(join(folder, "cache/bin"))).toBe(false);
    expect(await readdir(join(folder, "cache/tmp"))).toEqual([]);
    expect(lines.join("\n")).toMatch(reason);
  });

  test("a published checksum that is no checksum is refused", async () => {
    const spec = toolSpec({ kind: "published", algorithm: "sha256", suffix: ".sha256sum" });
    await serve({ [`${TOOL_PATH}.sha256sum`]: { body: "<html>sign in</html>" } });
    await expect(find(spec)).rejects.toThrow(/does not begin with a SHA-256 digest/);
  });

  test.each([
    ["climbs out of its folder", (evil: string) => `../${basename(evil)}`],
    ["is absolute", (evil: string) => evil],
  ])("an archive with an entry that %s is refused whole", async (_, entryOf) => {
    const evil = join(folder, "evil");
    await writeFile(evil, "evil");
    const files = { "dist/tool": fakeBinary("2.1.0"), "dist/other": fakeBinary("9.9.9") };
    const archive = await packArchive(join(folder, "made"), files, [entryOf(evil)]);
    await rm(evil);
    await serve({ [TOOL_PATH]: { body: archive } });
    await expect(find(pinned(archive))).rejects.toThrow(/has an entry outside its folder/);
    expect(existsSync(join(folder, "cache/bin"))).toBe(false);
    expect(existsSync(evil)).toBe(false);
  });

  test("an archive whose binary is a link is refused", async () => {
    const made = join(folder, "made");
    await mkdir(join(made, "dist"), { recursive: true });
    await symlink("/bin/sh", join(made, "dist/tool"));
    const archive = await packArchive(made, { "dist/other": fakeBinary("9.9.9") }, ["dist/tool"]);
    await serve({ [TOOL_PATH]: { body: archive } });
    await expect(find(pinned(archive))).rejects.toThrow(/is not a plain file/);
    expect(existsSync(join(folder, "cache/bin"))).toBe(false);
  });

  test("processes that look at the same time download once", async () => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: { body: archive } });
    const program = fileURLToPath(new URL("test-find-tool.ts", import.meta.url));
    const searchers = [1, 2, 3].map(() =>
      run(process.execPath, [program, sha512(archive)], {
        env: {
          PATH: process.env["PATH"],
          SIGNATUREAPI_KEYS_CACHE: join(folder, "cache"),
          SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR: mirror?.url,
          KUBEBUILDER_ASSETS: "",
        },
      }),
    );
    const results = await Promise.all(searchers);
    expect(results.map(({ stdout }) => stdout.trim())).toEqual([cached(), cached(), cached()]);
    expect(mirror?.requests).toEqual([TOOL_PATH]);
  });
});

describe("the install lock", () => {
  test("is waited for, and goes with a holder that is killed", async () => {
    const archive = await goodArchive();
    await serve({ [TOOL_PATH]: { body: archive } });
    const lock = fileURLToPath(new URL("install-lock.ts", import.meta.url));
    const program = `
      const { withInstallLock } = await import(${JSON.stringify(lock)});
      await withInstallLock(${JSON.stringify(join(folder, "cache"))}, "something", console.error, async () => {
        console.log("held");
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    const found = find(pinned(archive));
    await expect
      .poll(() => lines)
      .toContain(`tool: waiting for process ${holder.pid}, which is installing something (0 s so far)`);
    expect(mirror?.requests).toEqual([]);
    holder.kill("SIGKILL");
    expect(await found).toBe(cached());
  });
});

/** A `go` that says that it is this version; what it builds says the arguments and the folder that it was called with. */
async function fakeGo(goVersion: string, build: string): Promise<NodeJS.ProcessEnv> {
  const where = join(folder, "go");
  await mkdir(where, { recursive: true });
  const script = `#!/bin/sh\nif [ "$1" = version ]; then echo "go version go${goVersion} linux/amd64"; exit; fi\n${build}`;
  await writeFile(join(where, "go"), script, { mode: 0o755 });
  return { PATH: `${where}:/usr/bin:/bin` };
}

async function buildableSpec(): Promise<BinarySpec> {
  const module = join(folder, "module");
  await mkdir(module, { recursive: true });
  await writeFile(join(module, "go.mod"), "module fake\n\ngo 1.26.0\n");
  return {
    name: "tool",
    minimum: [2, 0, 0],
    versionArgs: ["--version"],
    build: { version: "2.2.0", module, goPackage: "fake/tool", ldflags: "-s -X a=b", typicalMinutes: 1 },
  };
}

describe("the build", () => {
  test("runs go in a copy of the module and caches what it makes", async () => {
    const spec = await buildableSpec();
    const env = await fakeGo("1.26.0", 'touch dirt; printf "#!/bin/sh\\necho $CGO_ENABLED $*" > "$6"');
    const path = await find(spec, env);
    expect(path).toBe(join(folder, "cache/bin/tool/2.2.0-linux-amd64/tool"));
    expect((await run(path, [])).stdout).toMatch(
      /^0 build -trimpath -ldflags -s -X a=b -o \S+\/tool fake\/tool$/m,
    );
    expect(await readdir(join(folder, "module"))).toEqual(["go.mod"]);
    expect(lines.at(-1)).toMatch(/^tool: built fake\/tool 2\.2\.0 in \d+ s$/);
  });

  test("is not begun with a Go that is too old", async () => {
    const env = await fakeGo("1.25.9", "exit 1");
    await expect(find(await buildableSpec(), env)).rejects.toThrow("go is 1.25.9, and 1.26.0 is needed");
  });

  test("says so when there is no Go", async () => {
    await expect(find(await buildableSpec())).rejects.toThrow("there is no go on the PATH");
  });

  test("shows the end of go's output when it fails, and leaves nothing in the cache", async () => {
    const env = await fakeGo("1.27.1", "echo tool.go:3: undefined: x >&2; exit 2");
    await expect(find(await buildableSpec(), env)).rejects.toThrow(/ended with 2:\s+tool.go:3: undefined: x/);
    expect(existsSync(join(folder, "cache/bin"))).toBe(false);
  });

  test("is begun again when the network interrupts it, and continues with what go has", async () => {
    const interrupted = `[ -e ${folder}/tried ] || { touch ${folder}/tried; echo 'Get "https://proxy": net/http: TLS handshake timeout' >&2; exit 1; }`;
    const env = await fakeGo("1.26.0", `${interrupted}; printf "#!/bin/sh" > "$6"`);
    await find(await buildableSpec(), env);
    expect(lines.join("\n")).toMatch(/module proxy could not be reached .*TLS handshake timeout.*once more/);
  });

  test("is not begun again for ever", async () => {
    const env = await fakeGo("1.26.0", `echo x >> ${folder}/tries; echo "dial tcp: i/o timeout" >&2; exit 1`);
    await expect(find(await buildableSpec(), env)).rejects.toThrow(/ended with 1:\s+dial tcp: i\/o timeout/);
    expect((await readFile(join(folder, "tries"), "utf8")).trim().split("\n")).toHaveLength(3);
  });

  test("comes after a download that fails", async () => {
    const { download } = noChecksum;
    if (download === undefined) throw new Error("no download");
    await serve({});
    const env = await fakeGo("1.26.0", 'printf "#!/bin/sh" > "$6"');
    expect(await find({ ...(await buildableSpec()), download }, env)).toContain("/2.2.0-linux-amd64/");
  });
});

describe("when no way leads to the binary", () => {
  test("the error names all five ways, what each said and what to do", async () => {
    await serve({});
    const error: unknown = await find(noChecksum, {
      KUBEBUILDER_ASSETS: await place("assets", "1.0.0"),
    }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BinaryNotFoundError);
    expect(String(error).split("\n")).toEqual([
      "BinaryNotFoundError: tool could not be found, downloaded or built. One of these is enough:",
      `  KUBEBUILDER_ASSETS: ${folder}/assets/tool is 1.0.0, older than the 2.0.0 that is needed`,
      '    -> set it to a folder with tool 2.0.0 or later ("setup-envtest use -p path" prints one)',
      "  PATH: no tool in it",
      "    -> install tool 2.0.0 or later",
      `  cache: no tool in ${folder}/cache`,
      `    -> filled by the two ways below; ${folder}/cache may be copied from a machine where they work`,
      `  download: no checksum of ${mirror?.url}${TOOL_PATH} is known for linux-amd64`,
      "    -> allow the address above, or name a mirror with SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR (behind a proxy: HTTPS_PROXY with NODE_USE_ENV_PROXY=1)",
      "  build: there is no build of tool",
      "    -> install a Go that is new enough, with access to a module proxy (GOPROXY)",
    ]);
  });
});
