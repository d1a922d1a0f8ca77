import { eventType, type KubeEvent } from "@signatureapi-keys/controller/kube";
import { ACCOUNTS, API_KEYS, CLUSTER_ACCOUNTS, GROUP } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { age } from "../output/age.ts";
import { formatted } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { table } from "../output/table.ts";
import { eventEntry, type TimelineEntry } from "../status/timeline.ts";
import { readTarget, type Target } from "../target.ts";
import { followObjects } from "../watching/follow.ts";

/** Where the API server keeps events of cluster-scoped objects. */
const CLUSTER_EVENTS = "default";

/** `events [NAME]`: what the controller has reported about ApiKeys and accounts. */
export const eventsCommand = defineCommand({
  name: "events",
  summary: "Show the events of ApiKeys and accounts, oldest first",
  flags: z.object({ watch: z.boolean().default(false), warnings: z.boolean().default(false) }),
  declare(command) {
    command
      .argument("[target]", "NAME of an ApiKey, account/NAME or clusteraccount/NAME; by default all")
      .option("-w, --watch", "show new events as they happen")
      .option("--warnings", "show warnings only");
  },
  async run(context, args, { watch, warnings }) {
    const { io, output, style } = context;
    const client = await context.client();
    const kinds = [API_KEYS, ACCOUNTS, CLUSTER_ACCOUNTS];
    const target = args[0] === undefined ? undefined : await readTarget(context, args[0], kinds);
    const namespace =
      target === undefined ? await context.listNamespace() : (target.ref.namespace ?? CLUSTER_EVENTS);
    const selection = { namespace, fieldSelector: selectorOf(target, warnings) };
    if (!watch) {
      const { items } = await client.listAll(eventType, { ...selection, signal: io.signal });
      const entries = sorted(items);
      io.stdout.write(formatted(output, entries, () => eventTable(entries, style, io.now())));
      return EXIT.ok;
    }
    const seen = new Set<string>();
    for await (const change of followObjects(client, eventType, selection, io.signal)) {
      const events = change.type === "list" ? change.items : change.type === "changed" ? [change.object] : [];
      const fresh = events.filter(({ metadata }) => !seen.has(versionOf(metadata)));
      for (const { metadata } of fresh) seen.add(versionOf(metadata));
      for (const entry of sorted(fresh))
        io.stdout.write(output === "text" ? eventLine(entry, style) : `${JSON.stringify(entry)}\n`);
    }
    return EXIT.ok;
  },
});

function selectorOf(target: Target | undefined, warnings: boolean): string {
  const parts = [
    `regarding.apiVersion=${GROUP}/v1`,
    ...(target === undefined
      ? []
      : [`regarding.kind=${target.type.kind}`, `regarding.name=${target.ref.name}`]),
    ...(warnings ? ["type=Warning"] : []),
  ];
  return parts.join(",");
}

function versionOf({ uid, resourceVersion }: KubeEvent["metadata"]): string {
  return `${uid}/${resourceVersion}`;
}

function sorted(events: readonly KubeEvent[]): readonly TimelineEntry[] {
  return events.map(eventEntry).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function eventTable(entries: readonly TimelineEntry[], style: Style, now: Date): string {
  if (entries.length === 0) return "No events. The API server keeps them for an hour by default.\n";
  const rows = entries.map(({ at, namespace, object, reason, note, isWarning }) => [
    age(at, now),
    namespace ?? "",
    object,
    isWarning ? style.warning("Warning") : "Normal",
    reason,
    note,
  ]);
  return table(["AGE", "NAMESPACE", "OBJECT", "TYPE", "REASON", "NOTE"], rows);
}

function eventLine({ at, namespace, object, reason, note, isWarning }: TimelineEntry, style: Style): string {
  const where = namespace === undefined ? object : `${namespace}/${object}`;
  return `${at}  ${where}  ${isWarning ? style.warning(reason) : reason}: ${note}\n`;
}
