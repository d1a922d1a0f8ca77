import { kubeObjectSchema, type ResourceType } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import type { World } from "./world.ts";

const eventSchema = kubeObjectSchema.extend({
  regarding: z.looseObject({ kind: z.string().optional(), name: z.string().optional() }).optional(),
  reason: z.string().optional(),
  type: z.string().optional(),
  note: z.string().optional(),
});

type Event = z.infer<typeof eventSchema>;

const EVENTS: ResourceType<Event> = {
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  schema: eventSchema,
};

/** Resolves with the note of an event about an object as soon as there is one with the reason that says so. */
export async function eventNote(
  world: World,
  namespace: string,
  kind: string,
  name: string,
  reason: string,
  saying = /(?:)/,
): Promise<string> {
  return world.watcher.untilAny(EVENTS, namespace, ({ regarding, reason: given, note }) => {
    const about = regarding?.kind === kind && regarding.name === name;
    return about && given === reason && saying.test(note ?? "") ? (note ?? "") : undefined;
  });
}
