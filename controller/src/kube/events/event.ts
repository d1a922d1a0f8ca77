import * as z from "zod";
import { kubeObjectSchema } from "../client/object-meta.ts";
import type { ResourceType } from "../client/resource-type.ts";

/** `v1.ObjectReference`: which object an event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

const eventSchema = kubeObjectSchema.extend({
  eventTime: z.string().nullish(),
  series: z.looseObject({ count: z.number(), lastObservedTime: z.string() }).nullish(),
  reportingController: z.string().optional(),
  reportingInstance: z.string().optional(),
  action: z.string().optional(),
  reason: z.string().optional(),
  note: z.string().optional(),
  type: z.string().optional(),
  regarding: z.custom<ObjectReference>((value) => typeof value === "object" && value !== null).optional(),
});
export type KubeEvent = z.infer<typeof eventSchema>;

/** `events.events.k8s.io/v1`. */
export const eventType: ResourceType<KubeEvent> = {
  group: "events.k8s.io",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
  schema: eventSchema,
};

/** The API server allows 1,024 bytes, not characters. */
const LONGEST_NOTE_BYTES = 1_024;

/** A note that fits, cut at a character. */
export function fittingNote(note: string): string {
  if (Buffer.byteLength(note) <= LONGEST_NOTE_BYTES) return note;
  const ellipsis = "…";
  const left = LONGEST_NOTE_BYTES - Buffer.byteLength(ellipsis);
  let bytes = 0;
  let end = 0;
  for (const character of note) {
    bytes += Buffer.byteLength(character);
    if (bytes > left) break;
    end += character.length;
  }
  return note.slice(0, end) + ellipsis;
}
