import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { OPENAPI_FILE } from "../generate-openapi.ts";
import { startEmulator, type Emulator } from "./index.ts";
import { findPython, schemathesisInterpreter } from "./schemathesis-install.ts";

const VERSION = "4.32.5";
const CONFIG = fileURLToPath(new URL("schemathesis.toml", import.meta.url));
const TOKEN = "schemathesis-token";
const INSTALL_MS = 300_000;
const RUN_MS = 60_000;

const reportSchema = z.object({
  exit_code: z.number(),
  operations: z.object({ total: z.number(), tested: z.number() }),
  phases: z.record(z.string(), z.object({ status: z.string() })),
  valid_rates: z.record(z.string(), z.record(z.string(), z.object({ accepted: z.number() }))),
});

const python = await findPython();
const title = "Schemathesis finds nothing wrong with the emulator, and reaches every operation with success";
let scratch: string;
let emulator: Emulator;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "schemathesis-"));
  emulator = await startEmulator({
    accounts: [{ id: "acc_schemathesis", token: TOKEN, testKeys: 100_000 }],
    rateLimit: 100_000,
    burst: 100_000,
  });
});

afterAll(async () => {
  await emulator.close();
  await rm(scratch, { recursive: true, force: true });
});

test.skipIf(python === undefined)(
  python === undefined ? `${title} (skipped: there is no python3 of version 3.10 or later)` : title,
  { timeout: INSTALL_MS + RUN_MS },
  async () => {
    const interpreter = await schemathesisInterpreter(python ?? "", VERSION);
    const report = join(scratch, "report.json");
    const { output, code } = await run(interpreter, report);

    expect(code, output).toBe(0);
    const {
      operations,
      phases,
      valid_rates: rates,
    } = reportSchema.parse(JSON.parse(await readFile(report, "utf8")));
    expect(operations).toEqual({ total: 7, tested: 7 });
    expect(Object.values(phases).map(({ status }) => status)).toEqual([
      "success",
      "success",
      "success",
      "success",
    ]);
    const accepted = Object.entries(rates).filter(([, byPhase]) =>
      Object.values(byPhase).some((phase) => phase.accepted > 0),
    );
    expect(accepted.length, JSON.stringify(rates)).toBe(7);
    expect(emulator.admin.keys().some((key) => key.status === "revoked")).toBe(true);
  },
);

async function run(interpreter: string, report: string): Promise<{ output: string; code: number | null }> {
  const target = ["run", OPENAPI_FILE, "--url", emulator.url, "--header", `Authorization: Bearer ${TOKEN}`];
  const bounds = ["--max-examples", "50", "--seed", "20261123"];
  const reporting = ["--no-color", "--report", "json", "--report-json-path", report];
  const child = spawn(
    interpreter,
    ["-m", "schemathesis.cli", "--config-file", CONFIG, ...target, ...bounds, ...reporting],
    { cwd: scratch, stdio: ["ignore", "pipe", "inherit"], timeout: RUN_MS },
  );
  const closed = Promise.withResolvers<number | null>();
  child.once("error", closed.reject);
  child.once("close", closed.resolve);
  const [output, code] = await Promise.all([text(child.stdout), closed.promise]);
  return { output, code };
}
