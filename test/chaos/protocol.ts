import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import { z } from "zod";

const timingSchema = z.custom<Timing>(
  (value) =>
    typeof value === "object" && value !== null && Object.keys(DEFAULT_TIMING).every((name) => name in value),
  "all durations of the timing are needed",
);

/** How a replica is started, as JSON in {@link SETTINGS_VARIABLE}. */
export const settingsSchema = z.object({
  flags: z.array(z.string()),
  identity: z.string(),
  timing: timingSchema,
  lease: z.object({ leaseDurationMs: z.int(), renewDeadlineMs: z.int(), retryPeriodMs: z.int() }),
});

export type ReplicaSettings = z.infer<typeof settingsSchema>;

export const SETTINGS_VARIABLE = "CHAOS_SETTINGS";
