import { RECONCILE_ANNOTATION } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import { awaitGoal } from "../apikey/await-goal.ts";
import { mainCondition } from "../apikey/facts.ts";
import { annotateApiKey, readApiKey } from "../apikey/request.ts";
import { defineCommand } from "../command.ts";
import { durationFlag } from "../duration-flag.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { readTarget } from "../target.ts";

/** `reconcile NAME`: asks the controller to look at an ApiKey and its key now. */
export const reconcileCommand = defineCommand({
  name: "reconcile",
  summary: "Ask the controller to look at an ApiKey now",
  flags: z.object({ wait: z.boolean().default(false), timeout: durationFlag(60_000) }),
  declare(command) {
    command
      .argument("<name>", "the ApiKey")
      .option("--wait", "wait until the controller has looked")
      .option("--timeout <duration>", "how long to wait; 0 means without end (default: 1m)");
  },
  async run(context, args, { wait, timeout }) {
    const { io, output } = context;
    const { ref, shown } = await readTarget(context, args[0] ?? "");
    const client = await context.client();
    const found = await readApiKey(client, ref);
    const text = io.now().toISOString();
    await annotateApiKey(client, ref, found, { [RECONCILE_ANNOTATION]: text });
    const base = { namespace: ref.namespace, name: ref.name, requested: text };
    if (!wait) {
      io.stdout.write(formatted(output, { ...base, done: false }, () => `${shown}: a look is requested\n`));
      return EXIT.ok;
    }
    const after = await awaitGoal({
      io,
      client,
      ref,
      timeoutMs: timeout,
      before: found.facts,
      goal: "reconciled",
      judge(apiKey) {
        if (apiKey === undefined) return { state: "impossible", why: "it was deleted" };
        if (apiKey.status.lastHandledReconcileAt === text) return { state: "reached" };
        return { state: "pending", missing: "the controller has not looked yet" };
      },
    });
    const condition = after === undefined ? undefined : mainCondition(after);
    const state = condition === undefined ? "" : `, ${condition.reason}: ${condition.message}`;
    const model = { ...base, done: true, reason: condition?.reason, message: condition?.message };
    io.stdout.write(formatted(output, model, () => `${shown}: looked at${state}\n`));
    return EXIT.ok;
  },
});
