import { KEY_KINDS, type KeyKind, type RemoteKey } from "@signatureapi-keys/lifecycle";
import type { Logger } from "pino";
import { unaccountedMessage } from "../account/status.ts";
import { accountKey, accountLabels, type AccountRef } from "../account/account-ref.ts";
import type { AccountDocument } from "../account/document.ts";
import type { ApiKeyDocument } from "../apikey/document.ts";
import type { EventSink } from "../events.ts";
import type { ControllerMetrics } from "../metrics.ts";

/** Reports what inventories find: events on the account, a log, and metrics. It is given IDs, never a value. */
export class InventoryJournal {
  readonly #log: Logger;
  readonly #events: EventSink;
  readonly #metrics: ControllerMetrics;
  /** The unaccounted keys that were reported, by account. */
  readonly #reported = new Map<string, ReadonlySet<string>>();

  constructor(log: Logger, events: EventSink, metrics: ControllerMetrics) {
    this.#log = log;
    this.#events = events;
    this.#metrics = metrics;
  }

  /** A complete inventory was made. */
  counted(
    ref: AccountRef,
    object: AccountDocument | undefined,
    report: {
      readonly startedAt: number;
      readonly counts: Readonly<Record<KeyKind, number>>;
      readonly unaccounted: readonly Pick<RemoteKey, "id">[];
    },
  ): void {
    const labels = accountLabels(ref);
    for (const [state, count] of Object.entries(report.counts))
      this.#metrics.accountKeys.set({ ...labels, state }, count);
    this.#metrics.lastInventory.set(labels, report.startedAt / 1_000);
    this.#log.debug({ ...labels, counts: report.counts }, "inventory made");
    const keyIds = report.unaccounted.map(({ id }) => id);
    this.#reportUnaccounted(ref, object, keyIds);
  }

  /** An inventory could not be completed: nothing follows from it. */
  failed(ref: AccountRef, error: unknown): void {
    this.#log.warn(
      { ...accountLabels(ref), error: String(error) },
      "the inventory failed, and is tried again",
    );
  }

  /** A recorded key is gone, or has another value than the one that was committed. */
  drifted(apiKey: ApiKeyDocument, keyId: string, why: "missing" | "rolled"): void {
    const { namespace, name } = apiKey.metadata;
    const what =
      why === "missing" ? "is revoked or gone" : "has another value than the one that was committed";
    this.#log.warn({ kind: "ApiKey", namespace, name, keyId }, `key ${keyId} ${what}`);
  }

  /** A key of an abandoned attempt was found. */
  leftover(apiKey: ApiKeyDocument, keyId: string): void {
    const { namespace, name } = apiKey.metadata;
    const text = `key ${keyId} was left by an abandoned attempt`;
    this.#log.warn({ kind: "ApiKey", namespace, name, keyId }, text);
  }

  /** A key whose ApiKey is gone was revoked, as the account asks for. */
  orphanRevoked(ref: AccountRef, object: AccountDocument | undefined, key: RemoteKey): void {
    this.#metrics.revocations.inc({ reason: "Orphaned" });
    this.#log.info({ audit: true, ...accountLabels(ref), keyId: key.id, reason: "Orphaned" }, "key revoked");
    if (object === undefined) return;
    const note = `revoked key ${key.id} (Orphaned): its ApiKey is gone`;
    this.#events.record(object, { type: "Normal", reason: "KeyRevoked", action: "Revoke", note });
  }

  /** The account's object is gone: its series go too. */
  forget(ref: AccountRef): void {
    const labels = accountLabels(ref);
    this.#reported.delete(accountKey(ref));
    for (const state of KEY_KINDS) this.#metrics.accountKeys.remove({ ...labels, state });
    this.#metrics.lastInventory.remove(labels);
  }

  // Each key once: an event marks a change.
  #reportUnaccounted(ref: AccountRef, object: AccountDocument | undefined, keyIds: readonly string[]): void {
    const key = accountKey(ref);
    const reported = this.#reported.get(key);
    this.#reported.set(key, new Set(keyIds));
    const news = keyIds.filter((keyId) => reported?.has(keyId) !== true);
    if (news.length === 0) return;
    const note = unaccountedMessage(news);
    this.#log.warn({ ...accountLabels(ref), reason: "UnaccountedKeys", keyIds: news }, note);
    if (object !== undefined)
      this.#events.record(object, { type: "Warning", reason: "UnaccountedKeys", action: "Inventory", note });
  }
}
