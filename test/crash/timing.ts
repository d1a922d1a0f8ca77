import type { Timing } from "@signatureapi-keys/lifecycle";
import { FAST_TIMING } from "../e2e/world.ts";

/** Tighter than {@link FAST_TIMING}, since most rows wait for an attempt to grow old; the same rules hold between its parts. */
export const CRASH_TIMING: Timing = {
  ...FAST_TIMING,
  postWindow: 700,
  requestDeadline: 1_000,
  commitBudget: 1_200,
  attemptLifetime: 3_000,
  settleTime: 1_800,
  // The vendor's clock is this machine's. A key that carries an attempt's tag and was created within its time is taken
  // for one that a repeated request has made; one onto which a description is copied must be made later.
  clockTolerance: 0,
};

/** How long a replaced key lives in the matrix: long enough to see it retire, short enough to wait for. */
export const OVERLAP = "1s";
