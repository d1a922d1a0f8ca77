import { parseTag } from "@signatureapi-keys/lifecycle";
import type { Orphan } from "./orphan.ts";

/** A key as the management API shows it. */
export interface ShownKey {
  readonly id: string;
  readonly description: string;
  readonly status: string;
}

/**
 * Why a key that the management API shows is not the one that the inventory has reported; undefined where it is.
 *
 * @param shown undefined where the API does not show it.
 */
export function mismatch(orphan: Orphan, shown: ShownKey | undefined): string | undefined {
  if (shown === undefined) return "the management API does not list it any more";
  if (shown.status !== "active") return `it is ${shown.status}`;
  const tag = parseTag(shown.description);
  if (tag === undefined) return "its description carries no tag";
  const same =
    tag.installation === orphan.installation &&
    tag.owner === orphan.owner &&
    tag.revision === orphan.revision;
  return same ? undefined : "its tag is another one than the inventory has reported";
}

/** How long an inventory may be ago, in milliseconds: its account may have been another one since. */
const OLDEST_INVENTORY_MS = 24 * 60 * 60 * 1_000;

/**
 * How long to wait until a listing now is a second one, a settle time after the inventory's own.
 *
 * @returns milliseconds, or why the inventory cannot be used.
 */
export function waitForSecondListing(
  inventoryAt: string | undefined,
  now: number,
  settleTime: number,
): number | { readonly problem: string } {
  const began = Date.parse(inventoryAt ?? "");
  if (Number.isNaN(began)) return { problem: "no complete inventory is recorded" };
  if (now - began > OLDEST_INVENTORY_MS)
    return { problem: "the last complete inventory is more than a day old, so the controller may not run" };
  return Math.min(settleTime, Math.max(0, began + settleTime - now));
}
