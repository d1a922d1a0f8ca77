import { setImmediate as immediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { startEmulator, type Emulator, type EmulatorOptions } from "../emulator/index.ts";
import { ManagementToken } from "../management-token.ts";
import { runCheck, type CheckOptions, type CheckResult } from "./run.ts";
import { startDeviating, type Deviation } from "./test-deviating-proxy.ts";
import type { RowId } from "./rows.ts";
import type { Verdict } from "./verdict.ts";

export const ACCOUNT = "acc_checked";
export const TOKEN = "token-of-the-checked-account";
export const NAME = "Checked Company";
export const DESCRIPTIONS = ["Checkout of the company", "Billing of the company"] as const;

/** An emulator without keys. Closed at the end of the test. */
export async function startBare(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({
    accounts: [{ id: ACCOUNT, token: TOKEN, name: NAME }],
    rateLimit: 10_000,
    burst: 10_000,
    ...options,
  });
  onTestFinished(() => emulator.close());
  return emulator;
}

/** An emulator with two live keys, so that no row lacks one. Closed at the end of the test. */
export async function startChecked(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startBare(options);
  emulator.admin.createKey(ACCOUNT, { mode: "live", description: DESCRIPTIONS[0] });
  const first = Date.now();
  // The order of keys of one millisecond cannot be seen.
  while (Date.now() === first) await immediate();
  emulator.admin.createKey(ACCOUNT, { mode: "live", description: DESCRIPTIONS[1] });
  return emulator;
}

/** Runs the check against a server, as fast as it answers. */
export function checkOf(baseUrl: string, options: Partial<CheckOptions> = {}): Promise<CheckResult> {
  return runCheck({
    baseUrl,
    token: ManagementToken.of(TOKEN),
    createTestKey: true,
    marker: "abcdefgh",
    signal: new AbortController().signal,
    requestsPerSecond: 1_000,
    visibleWithinMs: 50,
    pollMs: 5,
    ...options,
  });
}

/** Runs the check against an emulator behind an API that deviates. */
export async function checkDeviating(
  deviation: Deviation,
  options: Partial<CheckOptions> = {},
): Promise<{ result: CheckResult; emulator: Emulator }> {
  const emulator = await startChecked();
  const url = await startDeviating(emulator.url, deviation);
  return { result: await checkOf(url, options), emulator };
}

/** The rows in a state. */
export function rowsIn(state: Verdict["state"], { rows }: CheckResult): readonly RowId[] {
  return rows.filter(({ verdict }) => verdict.state === state).map(({ row }) => row.id);
}
