import { EMERGENCY_ANNOTATION, ROTATE_ANNOTATION } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import { awaitGoal } from "../apikey/await-goal.ts";
import type { ApiKeyFacts } from "../apikey/facts.ts";
import { judge } from "../apikey/goals.ts";
import { annotateApiKey, readApiKey } from "../apikey/request.ts";
import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { durationFlag } from "../duration-flag.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { inNamespace, readTarget } from "../target.ts";
import { refuseUnrotatable } from "./refusal.ts";
import { rotatedSince } from "./rotated-since.ts";

/** Of a reason: an annotation is a line for people, and the status repeats it. */
const LONGEST_REASON = 200;

const flags = z.object({
  emergency: z.boolean().default(false),
  yes: z.boolean().default(false),
  reason: z.string().max(LONGEST_REASON, `must have at most ${LONGEST_REASON} characters`).optional(),
  wait: z.boolean().default(false),
  timeout: durationFlag(5 * 60_000),
});

/** `rotate NAME`: replaces a key once, by an annotation. */
export const rotateCommand = defineCommand({
  name: "rotate",
  summary: "Replace the key of an ApiKey now",
  flags,
  declare(command) {
    command
      .argument("<name>", "the ApiKey")
      .option("--emergency", "revoke the key and all previous ones as soon as the new value is in the Secret")
      .option("--yes", "do not ask before an emergency rotation")
      .option("--reason <text>", "why, for the record in the annotation")
      .option("--wait", "wait until the Secret holds the new value, and show the steps")
      .option("--timeout <duration>", "how long to wait; 0 means without end (default: 5m)");
  },
  async run(context, args, { emergency, yes, reason, wait, timeout }) {
    const { io, output } = context;
    const { ref, shown } = await readTarget(context, args[0] ?? "");
    const client = await context.client();
    const found = await readApiKey(client, ref);
    refuseUnrotatable(found.facts);
    if (emergency) await confirm(io, emergencyQuestion(found.facts), yes);
    const text = io.now().toISOString() + (reason === undefined ? "" : ` ${reason}`);
    const annotation = emergency ? EMERGENCY_ANNOTATION : ROTATE_ANNOTATION;
    await annotateApiKey(client, ref, found, { [annotation]: text });
    if (!wait) {
      const model = { namespace: ref.namespace, name: ref.name, requested: text, emergency, done: false };
      const goal = emergency ? "retired" : "rotated";
      const next = `kubectl signatureapi wait ${ref.name}${inNamespace(ref.namespace)} --for ${goal}`;
      io.stdout.write(formatted(output, model, () => `${shown}: rotation requested\nWait for it: ${next}\n`));
      return EXIT.ok;
    }
    const after = await awaitGoal({
      io,
      client,
      ref,
      timeoutMs: timeout,
      before: found.facts,
      goal: "rotated",
      judge: (apiKey) =>
        apiKey === undefined || apiKey.deletedAt !== undefined
          ? judge("rotated", apiKey)
          : rotatedSince(found.facts, apiKey, emergency),
    });
    const keyId = after?.status.keyId;
    const { previous = [] } = after?.status ?? {};
    const model = {
      namespace: ref.namespace,
      name: ref.name,
      requested: text,
      emergency,
      done: true,
      keyId,
      previous,
    };
    io.stdout.write(formatted(output, model, () => `${shown}: rotated, the key is ${keyId ?? "?"}\n`));
    return EXIT.ok;
  },
});

function emergencyQuestion({ namespace, name, status }: ApiKeyFacts): string {
  const ids = [status.keyId, ...(status.previous ?? []).map(({ keyId }) => keyId)].filter(
    (id) => id !== undefined,
  );
  return `An emergency rotation of apikey/${name} in namespace ${namespace} revokes ${ids.join(", ")} as soon as its Secret holds a new value. It waits for no Pod: what still uses an old value fails.`;
}
