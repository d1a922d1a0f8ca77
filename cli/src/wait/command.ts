import * as z from "zod";
import { awaitNamedGoal } from "../apikey/await-goal.ts";
import { GOALS } from "../apikey/goals.ts";
import { defineCommand } from "../command.ts";
import { durationFlag } from "../duration-flag.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { readTarget } from "../target.ts";

/** `wait NAME --for GOAL`: returns when an ApiKey is as wanted. */
export const waitCommand = defineCommand({
  name: "wait",
  summary: "Wait until an ApiKey is ready, rotated, retired or deleted",
  flags: z.object({
    for: z.enum(GOALS, { error: `must be one of ${GOALS.join(", ")}` }).default("ready"),
    timeout: durationFlag(5 * 60_000),
  }),
  declare(command) {
    command
      .argument("<name>", "the ApiKey")
      .option("--for <goal>", "ready, rotated, retired or deleted (default: ready)")
      .option("--timeout <duration>", "how long to wait; 0 means without end (default: 5m)")
      .addHelpText(
        "after",
        `
  ready    the Secret holds the key that the spec declares
  rotated  every rotation that was requested is done, and it is ready
  retired  no previous key is active
  deleted  the ApiKey is gone, and with it its keys
`,
      );
  },
  async run(context, args, { for: goal, timeout }) {
    const { io, output } = context;
    const { ref, shown } = await readTarget(context, args[0] ?? "");
    const client = await context.client();
    await awaitNamedGoal({ io, client, ref, timeoutMs: timeout, before: undefined }, goal);
    const model = { namespace: ref.namespace, name: ref.name, goal, done: true };
    io.stdout.write(formatted(output, model, () => `${shown}: ${goal}\n`));
    return EXIT.ok;
  },
});
