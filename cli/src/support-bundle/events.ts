import type { KubeObject } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { redactObject, type Fields } from "../redaction/object.ts";

const eventSchema = z.looseObject({
  metadata: z.looseObject({ namespace: z.string().optional() }),
  regarding: z
    .looseObject({
      apiVersion: z.string().optional(),
      kind: z.string().optional(),
      namespace: z.string().optional(),
    })
    .optional(),
});

const OURS = "signatureapi.com/";
/** What events of the controller's own namespace are about. */
const WORKLOADS: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "Pod", "Lease"]);

const FIELDS: Fields = [
  "regarding.**",
  "reason",
  "note",
  "type",
  "action",
  "eventTime",
  "reportingController",
  "reportingInstance",
  "series.**",
  "deprecatedFirstTimestamp",
  "deprecatedLastTimestamp",
];

/**
 * An event about one of our kinds, or about workloads in the namespace of a controller; undefined for any other.
 *
 * @param own the namespaces of controllers.
 */
export function redactEvent(event: KubeObject, own: ReadonlySet<string | undefined>): unknown {
  const { regarding, metadata } = eventSchema.parse(event);
  const isOurs = regarding?.apiVersion?.startsWith(OURS) === true;
  const isOwn = own.has(metadata.namespace) && WORKLOADS.has(regarding?.kind ?? "");
  if (!isOurs && !isOwn) return undefined;
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = event;
  const kept = FIELDS.map((field) => field.split(".")[0] ?? "");
  const known = Object.fromEntries(Object.entries(rest).filter(([name]) => kept.includes(name)));
  return redactObject(known, FIELDS);
}
