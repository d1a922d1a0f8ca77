import { metadataOf, type KubeClient, type ObjectRef } from "@signatureapi-keys/controller/kube";
import { API_KEYS, SECRET_ANNOTATIONS, SECRETS } from "@signatureapi-keys/controller/resources";
import { adviceFor } from "../advice.ts";
import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
import { ProgressLog } from "../output/progress-log.ts";
import { untilObject } from "../watching/until.ts";
import { apiKeyFacts, mainCondition, type ApiKeyFacts } from "./facts.ts";
import { judge, type Goal, type Judgement, type Obeyed } from "./goals.ts";
import { progressSteps } from "./progress.ts";

/** What is waited for, and from when on. */
export interface AwaitGoal {
  readonly io: Io;
  readonly client: KubeClient;
  readonly ref: ObjectRef;
  readonly timeoutMs: number;
  /** The state before; steps since then are reported. Undefined reports steps from the first state seen on. */
  readonly before: ApiKeyFacts | undefined;
  readonly judge: (apiKey: ApiKeyFacts | undefined) => Judgement | Promise<Judgement>;
  /** The end of "… is not …", such as `rotated`. */
  readonly goal: string;
}

/**
 * Watches an ApiKey until it is as wanted, and reports each step on standard error.
 * @throws CliError with `EXIT.timedOut`, or at once where the goal cannot be reached
 */
export async function awaitGoal(wait: AwaitGoal): Promise<ApiKeyFacts | undefined> {
  const { io, client, ref, timeoutMs, goal } = wait;
  const log = new ProgressLog(io.stderr, io.now);
  let last = wait.before;
  let missing = "";
  let isFirst = wait.before === undefined;
  try {
    return (
      await untilObject({
        client,
        type: API_KEYS,
        ref,
        signal: io.signal,
        timeoutMs,
        async judge(object) {
          const apiKey = object === undefined ? undefined : apiKeyFacts(object);
          if (!isFirst) for (const step of progressSteps(last, apiKey)) log.step(step);
          isFirst = false;
          last = apiKey;
          const judgement = await wait.judge(apiKey);
          if (judgement.state === "reached") return { apiKey };
          if (judgement.state === "impossible")
            throw new CliError(`apikey/${ref.name} cannot become ${goal}: ${judgement.why}`);
          ({ missing } = judgement);
          log.current(missing);
          return undefined;
        },
        late: () => lateMessage(wait, missing, last),
      })
    ).apiKey;
  } finally {
    log.end();
  }
}

function lateMessage({ ref, goal }: AwaitGoal, missing: string, apiKey: ApiKeyFacts | undefined) {
  const condition = apiKey === undefined ? undefined : mainCondition(apiKey);
  const why = missing === "" ? "" : `: ${missing}`;
  return {
    message: `apikey/${ref.name} in namespace ${ref.namespace ?? ""} is not ${goal} in time${why}`,
    next: condition === undefined ? undefined : adviceFor(condition.reason),
  };
}

/**
 * Waits for one of the goals of `wait`. For `rotated`, it reads what the Secret says was obeyed, of which only the
 * metadata is transferred.
 */
export async function awaitNamedGoal(wait: Omit<AwaitGoal, "judge" | "goal">, goal: Goal): Promise<void> {
  const { client, ref } = wait;
  await awaitGoal({
    ...wait,
    goal,
    // A commit writes the Secret before the status: the status that follows finds it as it is.
    judge: async (apiKey) =>
      judge(
        goal,
        apiKey,
        goal === "rotated" && apiKey !== undefined ? await readObeyed(client, ref, apiKey) : undefined,
      ),
  });
}

async function readObeyed(client: KubeClient, ref: ObjectRef, { secretName }: ApiKeyFacts): Promise<Obeyed> {
  const secret = await client.find(metadataOf(SECRETS), { namespace: ref.namespace, name: secretName });
  const annotations = secret?.metadata.annotations ?? {};
  return { rotate: annotations[SECRET_ANNOTATIONS.rotate], trigger: annotations[SECRET_ANNOTATIONS.trigger] };
}
