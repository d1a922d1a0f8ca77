import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";
import type { GoBuild } from "./binary-spec.ts";
import { type Version, formatVersion, isAtLeast, parseVersion } from "./version.ts";

const HEARTBEAT_MS = 10_000;

async function goVersion(env: NodeJS.ProcessEnv): Promise<Version> {
  let answer;
  try {
    answer = await run("go", ["version"], { env, timeoutMs: 20_000 });
  } catch {
    throw new Error("there is no go on the PATH");
  }
  const version = parseVersion(answer.stdout.replace("go version go", ""));
  if (version === undefined)
    throw new Error(`go version failed: ${answer.stderr.trim() || answer.stdout.trim()}`);
  return version;
}

async function requiredGoVersion(module: string): Promise<Version> {
  const line = /^go (\S+)$/m.exec(await readFile(join(module, "go.mod"), "utf8"))?.[1] ?? "";
  const version = parseVersion(line);
  if (version === undefined) throw new Error(`${module}/go.mod names no Go version`);
  return version;
}

/** Where and how a build runs. */
export interface BuildRun {
  /** A copy of the committed module, so that nothing that go writes dirties the repository. */
  readonly module: string;
  /** The file to make. */
  readonly output: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

async function requireGo(module: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [present, required] = [await goVersion(env), await requiredGoVersion(module)];
  if (isAtLeast(present, required)) return;
  throw new Error(`go is ${formatVersion(present)}, and ${formatVersion(required)} is needed`);
}

/** How often a build is begun that the network interrupts: go keeps the modules that it has. */
const MOST_TRIES = 3;

const NETWORK_FAILURE =
  /TLS handshake timeout|i\/o timeout|connection reset|connection refused|unexpected EOF|502 Bad Gateway|503 Service Unavailable/;

function isNetworkFailure({
  code,
  stderr,
}: {
  readonly code: number | null;
  readonly stderr: string;
}): boolean {
  return code !== 0 && NETWORK_FAILURE.test(stderr);
}

/**
 * Builds a binary from Go modules; every source is checked against the module's go.sum.
 * A line is logged at the start, each 10 s, and at the end. A build that a failure of the network ends is begun again,
 * twice at most. Rejects with the end of go's output.
 */
export async function goBuild(build: GoBuild, { module, output, env, log }: BuildRun): Promise<void> {
  await requireGo(module, env);
  const started = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  const what = `${build.goPackage} ${build.version}`;
  log(`building ${what} with Go (about ${build.typicalMinutes} min on two cores)`);
  let last = "";
  const heartbeat = setInterval(
    () => log(`still building ${what}, ${elapsed()} so far${last === "" ? "" : `; ${last}`}`),
    HEARTBEAT_MS,
  );
  try {
    const tags = build.tags === undefined ? [] : ["-tags", build.tags];
    const args = ["build", "-trimpath", ...tags, "-ldflags", build.ldflags, "-o", output, build.goPackage];
    const tryBuild = async (): ReturnType<typeof run> =>
      run("go", args, {
        cwd: module,
        env: { ...env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
        onStderr: (chunk) => (last = chunk.trimEnd().split("\n").at(-1) ?? last),
      });
    let result = await tryBuild();
    for (let again = 1; again < MOST_TRIES && isNetworkFailure(result); again += 1) {
      log(`the module proxy could not be reached (${last}); building ${what} once more`);
      result = await tryBuild();
    }
    const { code, signal, stderr } = result;
    if (code !== 0) {
      const tail = stderr.trimEnd().split("\n").slice(-10).join("\n    ");
      throw new Error(`go build ${what} ended with ${code ?? signal}:\n    ${tail}`);
    }
  } finally {
    clearInterval(heartbeat);
  }
  log(`built ${what} in ${elapsed()}`);
}
