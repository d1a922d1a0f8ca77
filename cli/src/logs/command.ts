import { keyOf, type KubeClient } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { controllerPods, leadingPod, type ControllerPod } from "../controller-pods/find.ts";
import { durationFlag } from "../duration-flag.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { readTarget } from "../target.ts";
import { isAbout } from "./about.ts";
import { logLines } from "./lines.ts";

/** The chart's name of the container. */
const CONTAINER = "controller";
/** A controller with nothing to do may be silent for hours. */
const FOLLOW_IDLE_MS = 24 * 3_600_000;
const IDLE_MS = 30_000;

/** `logs`: of the replica that leads. */
export const logsCommand = defineCommand({
  name: "logs",
  summary: "Show the log of the controller's leader",
  flags: z.object({
    follow: z.boolean().default(false),
    since: durationFlag(0),
    tail: z.coerce.number("must be a number").int().min(0).optional(),
    all: z.boolean().default(false),
    controllerNamespace: z.string().optional(),
    leaseName: z.string().default("signatureapi-controller"),
  }),
  declare(command) {
    command
      .argument("[name]", "only lines that name this ApiKey of the namespace")
      .option("-f, --follow", "show new lines as they are written")
      .option("--since <duration>", "only lines of the last duration, such as 10m")
      .option("--tail <lines>", "only the last lines")
      .option("--all", "show the logs of all replicas, each line with its Pod")
      .option("--controller-namespace <name>", "the namespace of the controller; by default it is looked up")
      .option("--lease-name <name>", "the lease of the controller (default: signatureapi-controller)");
  },
  async run(context, args, { follow, since, tail, all, controllerNamespace, leaseName }) {
    const { io } = context;
    const client = await context.client();
    const target = args[0] === undefined ? undefined : await readTarget(context, args[0]);
    const about = target === undefined ? undefined : keyOf({ metadata: target.ref });
    const place = { namespace: controllerNamespace, leaseName };
    const pods = all ? await controllerPods(client, place) : [await leadingPod(client, place)];
    if (pods.length === 0) throw new CliError("there is no Pod of the controller");
    const query = {
      container: CONTAINER,
      follow: follow ? true : undefined,
      sinceSeconds: since > 0 ? Math.ceil(since / 1_000) : undefined,
      tailLines: tail,
    };
    const show = async (pod: ControllerPod): Promise<void> => {
      const prefix = all ? `${pod.metadata.name}: ` : "";
      for await (const line of podLog(client, pod, query, follow, io.signal))
        if (about === undefined || isAbout(line, about)) io.stdout.write(`${prefix}${line}\n`);
    };
    await Promise.all(pods.map(show));
    return EXIT.ok;
  },
});

function podLog(
  client: KubeClient,
  { metadata }: ControllerPod,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const path = `/api/v1/namespaces/${metadata.namespace ?? ""}/pods/${metadata.name}/log`;
  return logLines(
    client.stream({ path, query, idleTimeoutMs: follow ? FOLLOW_IDLE_MS : IDLE_MS, signal }),
    signal,
  );
}
