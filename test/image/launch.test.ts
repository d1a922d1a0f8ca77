import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { run } from "../../tools/binaries/run.ts";
import { buildBundle } from "../e2e/bundle.ts";
import { container, HAS_CONTAINERS, type ContainerSettings } from "./container.ts";

const MIB = 2 ** 20;
const FRUGAL = ["--heap-growing-percent=20", "--liftoff-only", "--no-concurrent-recompilation"];

// In the place of the controller: what it would find.
const PROBE = `import v8 from "node:v8";
  const { heap_size_limit } = v8.getHeapStatistics();
  const { pid, execArgv, env } = process;
  const found = { heap: heap_size_limit, pid, flags: execArgv, args: process.argv.slice(2), arenas: env.MALLOC_ARENA_MAX };
  process.stdout.write(JSON.stringify(found));
  process.exitCode = 7;`;

const foundSchema = z.object({
  heap: z.number(),
  pid: z.number(),
  flags: z.array(z.string()),
  args: z.array(z.string()),
  arenas: z.string(),
});

let folder: string;
let built: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-launch-"));
  built = join(folder, "built");
  await buildBundle(join(built, "controller.mjs"));
  await copyFile(join(built, "launch.mjs"), join(folder, "launch.mjs"));
  await writeFile(join(folder, "signatureapi-controller.mjs"), PROBE);
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function launch(settings: ContainerSettings, nodeOptions = ""): Promise<z.infer<typeof foundSchema>> {
  const [command, ...args] = [
    ...container(settings),
    process.execPath,
    join(folder, "launch.mjs"),
    "--log-level=debug",
  ];
  const env = { ...process.env, NODE_OPTIONS: nodeOptions };
  const { code, stdout, stderr } = await run(command, args, { env });
  expect(stderr).toBe("");
  expect(code).toBe(7);
  return foundSchema.parse(JSON.parse(stdout));
}

describe.skipIf(!HAS_CONTAINERS)("the launcher in a container", () => {
  test.each([1, 2] as const)("reads the limit of cgroups, version %i", async (cgroups) => {
    const small = await launch({ memory: 256 * MIB, cgroups });
    expect(small.flags).toEqual(["--max-old-space-size=116", "--max-semi-space-size=4", ...FRUGAL]);
    expect(small.heap).toBe((116 + 3 * 4) * MIB);
    const large = await launch({ memory: 1024 * MIB, cgroups });
    expect(large.heap).toBe((730 + 3 * 4) * MIB);
  });

  test("hands the arguments of the container on", async () => {
    const { args, arenas } = await launch({ memory: 512 * MIB });
    expect(args).toEqual(["--log-level=debug"]);
    expect(arenas).toBe("1");
  });

  test("leaves flags in NODE_OPTIONS as they are", async () => {
    const given = await launch({ memory: 512 * MIB }, "--max-old-space-size=200");
    expect(given.flags).toEqual(["--max-semi-space-size=4", ...FRUGAL]);
    expect(given.heap).toBe((200 + 3 * 4) * MIB);
  });
});
