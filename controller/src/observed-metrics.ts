import { Gauge, type Registry } from "@prometheus-io/client";
import type { BudgetInUse, MintLedger } from "./allowance/ledger.ts";

/** What a cache could not take in. */
interface CacheState {
  readonly skipped: number;
  /** The namespaces that may not be listed; an empty name stands for the whole cluster. */
  readonly refusedIn: readonly string[];
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
  skippedGauge(registry, caches);
  refusedGauge(registry, caches);
  const use = (): readonly BudgetInUse[] => ledger.budgetsInUse(now());
  budgetGauge(
    registry,
    "signatureapi_mint_budget_used_keys",
    "Keys of the last hour that count against a budget: of a namespace, or of what all namespaces share",
    () => use().map((budget) => [budget, budget.used]),
  );
  budgetGauge(registry, "signatureapi_mint_budget_keys", "Keys that the budget allows within an hour", () =>
    use().map((budget) => [budget, budget.most]),
  );
}

function skippedGauge(registry: Registry, caches: Observed["caches"]): Gauge<"kind"> {
  return new Gauge({
    name: "signatureapi_watch_skipped_objects",
    help: "Objects that exist and are skipped now, because they cannot be read or are too large, by kind; the log names them",
    labelNames: ["kind"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, { skipped }] of caches) this.inc({ kind }, skipped);
    },
  });
}

function refusedGauge(registry: Registry, caches: Observed["caches"]): Gauge<"kind" | "namespace"> {
  return new Gauge({
    name: "signatureapi_watch_refused",
    help: "1 while the API server refuses to list the objects of a kind, in a namespace, or in the cluster if that is empty",
    labelNames: ["kind", "namespace"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, { refusedIn }] of caches)
        for (const namespace of refusedIn) this.set({ kind, namespace }, 1);
    },
  });
}

function budgetGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => readonly (readonly [BudgetInUse, number])[],
): Gauge<"scope" | "account" | "namespace"> {
  return new Gauge({
    name,
    help,
    labelNames: ["scope", "account", "namespace"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [{ scope, accountId, namespace }, keys] of read())
        this.set({ scope, account: accountId, namespace }, keys);
    },
  });
}
