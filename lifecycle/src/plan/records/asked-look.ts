import type { ObjectView } from "../view/object.ts";
import type { StatusRecord } from "../view/status.ts";

/** Whether a user asks for a look that was not taken yet. */
export function isLookAsked({ reconcile, status }: Pick<ObjectView, "reconcile" | "status">): boolean {
  return reconcile !== undefined && reconcile !== status.lastHandledReconcileAt;
}

/** The record of an object that was looked at, whatever was found. */
export function withHandledLook(
  { reconcile }: Pick<ObjectView, "reconcile">,
  record: StatusRecord,
): StatusRecord {
  return reconcile === undefined ? record : { ...record, lastHandledReconcileAt: reconcile };
}
