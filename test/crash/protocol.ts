import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import * as z from "zod";

const occurrenceSchema = z.object({ step: z.string(), occurrence: z.int().min(1) });

const pointSchema = occurrenceSchema.extend({
  side: z.enum(["before", "after"]),
  since: occurrenceSchema.optional(),
  until: occurrenceSchema.optional(),
});

/**
 * What becomes of the process at a point: `kill` and `stop` are SIGKILL and SIGSTOP, sent by the process to
 * itself, so that nothing more of it runs; `hold` waits in the hook until it may go on, while the rest of
 * the process runs.
 */
const trapSchema = z.object({ action: z.enum(["kill", "stop", "hold"]), point: pointSchema });

export type Trap = z.infer<typeof trapSchema>;

/** What the test sends to the process. `traps` begins the count of the steps anew. */
export const commandSchema = z.union([
  z.object({ traps: z.array(trapSchema) }),
  z.object({ goOn: z.literal(true) }),
]);

export type Command = z.infer<typeof commandSchema>;

const timingSchema = z.custom<Timing>(
  (value) =>
    typeof value === "object" && value !== null && Object.keys(DEFAULT_TIMING).every((name) => name in value),
  "all durations of the timing are needed",
);

/** How a process is started, as JSON in {@link SETTINGS_VARIABLE}; without `traps`, it reports no steps. */
export const settingsSchema = z.object({
  flags: z.array(z.string()),
  timing: timingSchema,
  traps: z.array(trapSchema).optional(),
  identity: z.string().optional(),
  lease: z.object({ leaseDurationMs: z.int(), renewDeadlineMs: z.int(), retryPeriodMs: z.int() }).optional(),
});

export type Settings = z.infer<typeof settingsSchema>;

export const SETTINGS_VARIABLE = "CONTROLLER_TEST_SETTINGS";

/** What the process reports to the test, a line each, between the lines of its log. */
export const noticeSchema = z.union([
  z.object({ crashTest: z.literal("set") }),
  z.object({
    crashTest: z.enum(["before", "after", "kill", "stop", "hold"]),
    step: z.string(),
    at: z.number(),
  }),
]);

export type Notice = z.infer<typeof noticeSchema>;
