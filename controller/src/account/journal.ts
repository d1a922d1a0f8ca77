import { isProblem, type Problem } from "@signatureapi-keys/lifecycle";
import type { Logger } from "pino";
import type { EventSink } from "../events.ts";
import { findCondition } from "../kube/index.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { accountKey, accountLabels, type AccountRef } from "./account-ref.ts";
import type { AccountDocument } from "./document.ts";
import { conditionsOf } from "./report.ts";
import type { VerifiedAccount } from "./verified-account.ts";

/** Reports what happens to accounts, in the log, in events and in metrics; each change once. */
export class AccountJournal {
  readonly #log: Logger;
  readonly #events: EventSink;
  readonly #metrics: ControllerMetrics;
  /** The reason that was reported last, by account. */
  readonly #reported = new Map<string, string>();

  constructor(log: Logger, events: EventSink, metrics: ControllerMetrics) {
    this.#log = log;
    this.#events = events;
    this.#metrics = metrics;
  }

  /** An account was looked at. What its status says already was an event before this process was started. */
  judged(account: AccountDocument, state: VerifiedAccount | Problem): void {
    const { ref } = account;
    this.#metrics.accountReady.set(accountLabels(ref), isProblem(state) ? 0 : 1);
    this.#metrics.accountConditions.show(accountLabels(ref), conditionsOf(state));
    const reason = isProblem(state) ? state.reason : "AccountReady";
    const before = this.#reported.get(accountKey(ref));
    if (before === reason) return;
    this.#reported.set(accountKey(ref), reason);
    const isNews =
      before !== undefined || findCondition(account.record.conditions, "Ready")?.reason !== reason;
    const fields = { ...accountLabels(ref), reason };
    if (isProblem(state)) {
      this.#log.warn(fields, state.message);
      if (isNews)
        this.#events.record(account, { type: "Warning", reason, action: "Verify", note: state.message });
    } else {
      const note = `the credentials of account ${state.accountId} are accepted`;
      this.#log.info({ ...fields, accountId: state.accountId }, note);
      if (isNews) this.#events.record(account, { type: "Normal", reason, action: "Verify", note });
    }
  }

  /** The object is gone. */
  forget(ref: AccountRef): void {
    this.#reported.delete(accountKey(ref));
    this.#metrics.accountReady.remove(accountLabels(ref));
    this.#metrics.accountConditions.forget(accountLabels(ref));
  }
}
