import { Gauge, type Registry } from "@prometheus-io/client";
import type { MintLedger } from "./allowance/ledger.ts";

/** What a cache could not take in. */
interface CacheState {
  readonly skipped: number;
  readonly refusedLists: number;
}

/** What is read whenever the metrics are collected. */
export interface Observed {
  /** The caches, with the kind that each holds. */
  readonly caches: readonly (readonly [kind: string, cache: CacheState])[];
  readonly ledger: Pick<MintLedger, "budgetsInUse">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Registers the metrics that nothing has to report, because they show what is the case when they are collected. */
export function observedMetrics(registry: Registry, { caches, ledger, now }: Observed): void {
  const registers = [registry];
  const ofCaches = (name: string, help: string, read: "skipped" | "refusedLists"): Gauge<"kind"> =>
    new Gauge({
      name,
      help,
      labelNames: ["kind"],
      registers,
      collect() {
        this.reset();
        for (const [kind, cache] of caches) this.inc({ kind }, cache[read]);
      },
    });
  ofCaches(
    "signatureapi_watch_skipped_objects",
    "Objects that exist and are skipped now, because they cannot be read or are too large, by kind; the log names them",
    "skipped",
  );
  ofCaches(
    "signatureapi_watch_refused_lists",
    "Lists that the controller has no right to make now, by kind; with --namespaces, one for each namespace",
    "refusedLists",
  );
  const ofBudgets = (
    name: string,
    help: string,
    read: "used" | "most",
  ): Gauge<"scope" | "account" | "namespace"> =>
    new Gauge({
      name,
      help,
      labelNames: ["scope", "account", "namespace"],
      registers,
      collect() {
        this.reset();
        for (const { accountId, namespace, ...budget } of ledger.budgetsInUse(now())) {
          const scope = namespace === undefined ? "account" : "namespace";
          this.set({ scope, account: accountId, namespace: namespace ?? "" }, budget[read]);
        }
      },
    });
  ofBudgets(
    "signatureapi_mint_budget_used_keys",
    "Keys minted within the last hour, by what is budgeted: scope namespace or account; account is the vendor account",
    "used",
  );
  ofBudgets("signatureapi_mint_budget_keys", "Keys that the budget allows within an hour", "most");
}
