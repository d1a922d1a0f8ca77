import { isProblem, type Problem } from "@signatureapi-keys/lifecycle";
import type { Logger } from "pino";
import type { EventSink } from "../events.ts";
import type { ControllerMetrics } from "../metrics.ts";
import type { CustomObject } from "../resources/types.ts";
import { accountKey, accountLabels, type AccountRef, type VerifiedAccount } from "./runtime.ts";

/** Tells people what happens to accounts; each change once. */
export class AccountJournal {
  readonly #log: Logger;
  readonly #events: EventSink;
  readonly #metrics: ControllerMetrics;
  readonly #told = new Map<string, string>();

  constructor(log: Logger, events: EventSink, metrics: ControllerMetrics) {
    this.#log = log;
    this.#events = events;
    this.#metrics = metrics;
  }

  /** An account was looked at. */
  judged(ref: AccountRef, object: CustomObject, state: VerifiedAccount | Problem): void {
    this.#metrics.accountReady.set(accountLabels(ref), isProblem(state) ? 0 : 1);
    const telling = isProblem(state) ? state.reason : "AccountReady";
    if (this.#told.get(accountKey(ref)) === telling) return;
    this.#told.set(accountKey(ref), telling);
    const fields = { ...accountLabels(ref), reason: telling };
    if (isProblem(state)) {
      this.#log.warn(fields, state.message);
      this.#events.record(object, {
        type: "Warning",
        reason: state.reason,
        action: "Verify",
        note: state.message,
      });
    } else {
      const note = `the credentials of account ${state.accountId} are accepted`;
      this.#log.info({ ...fields, accountId: state.accountId }, note);
      this.#events.record(object, { type: "Normal", reason: "AccountReady", action: "Verify", note });
    }
  }

  /** The object is gone. */
  forget(ref: AccountRef): void {
    this.#told.delete(accountKey(ref));
    this.#metrics.accountReady.remove(accountLabels(ref));
  }
}
