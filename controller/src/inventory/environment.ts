import type { AccountRef } from "../account/account-ref.ts";
import type { AccountDocument } from "../account/document.ts";
import type { AccountRegistry } from "../account/registry.ts";
import type { AccountRuntime } from "../account/runtime.ts";
import type { ApiKeyDocument } from "../apikey/document.ts";
import type { ApiKeyEnvironment } from "../apikey/environment.ts";
import type { FindingsMemory } from "./findings.ts";
import type { InventoryJournal } from "./journal.ts";

/** Everything an inventory works with. */
export interface InventoryEnvironment {
  /** What the reconciliation of ApiKeys works with. Its store of ApiKeys has the index `byOwner` too. */
  readonly apiKey: ApiKeyEnvironment;
  readonly accounts: AccountRegistry;
  /** The namespaces that are looked after; undefined for all. What lies outside of them is never called deleted. */
  readonly namespaces: readonly string[] | undefined;
  readonly findings: FindingsMemory;
  readonly journal: InventoryJournal;
  /** The Account or ClusterAccount as a reflector has seen it. */
  readonly findAccount: (ref: AccountRef) => AccountDocument | undefined;
  /** Says on the account's object what was found. */
  readonly report: (runtime: AccountRuntime) => Promise<void>;
  /** Called with an ApiKey about which something was found. */
  readonly onFinding: (apiKey: ApiKeyDocument) => void;
  /** Called with a namespace in which fewer keys count against its limits. */
  readonly onRelief: (namespace: string) => void;
  /** Called when an account mints again. */
  readonly onResume: (ref: AccountRef) => void;
  /** Aborts when the process stops working: an inventory that is cut short decides nothing. */
  readonly stopping: AbortSignal;
  /** Milliseconds between two inventories. */
  readonly intervalMs: number;
  /** Milliseconds until an inventory that failed is tried again. */
  readonly retryMs: number;
}
