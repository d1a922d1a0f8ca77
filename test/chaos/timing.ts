import type { Timing } from "@signatureapi-keys/lifecycle";
import { FAST_TIMING } from "../e2e/world.ts";

/** Seconds instead of minutes and hours, so that a run meets many attempts that fail, and sees them all recovered. */
export const CHAOS_TIMING: Timing = { ...FAST_TIMING, longestPause: 8_000 };

/** A lease that a killed leader does not hold up everybody for long with. */
export const CHAOS_LEASE = { leaseDurationMs: 2_500, renewDeadlineMs: 1_800, retryPeriodMs: 300 };

/** Between two inventories of an account, as the flag takes it. */
export const INVENTORY_INTERVAL = "4s";
