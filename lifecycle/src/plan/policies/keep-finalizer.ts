import { act, type Decision } from "../decision.ts";
import { recordsAnything } from "../records/named-keys.ts";
import type { PresentView } from "../view/view.ts";

/**
 * Puts the finalizer back on an object that has, or may have, a key. Whatever replaces the whole object, such as
 * `kubectl replace`, takes it off, and without it a deletion would leave the key alive.
 */
export function keepFinalizer({ object, secret }: PresentView): Decision | undefined {
  const { finalizer, deleting, status } = object;
  if (finalizer || deleting) return undefined;
  const delivered = secret.state === "present" && secret.owner === "this" && secret.record !== undefined;
  return recordsAnything(status) || delivered ? act({ kind: "add-finalizer" }) : undefined;
}
