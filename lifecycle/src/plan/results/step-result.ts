import type { RemoteKey } from "../../evidence.ts";
import type { MintedKey } from "../commit/state.ts";
import type { AccountView } from "../view/account.ts";
import type { Dependent, DependentsView, SecretUsersView } from "../view/dependents.ts";
import type { PassView } from "../view/pass.ts";
import type { Problem } from "../view/problem.ts";
import type { SecretView } from "../view/secret.ts";
import type { View } from "../view/view.ts";

/** What a step brought to light. Each effect answers with the new state of what it changed. */
export interface Observed {
  readonly object?: View["object"];
  readonly secret?: SecretView;
  /** What the account says now, by the labels that the namespace has now. */
  readonly account?: AccountView;
  /** What an admission policy makes of the Secret as it is written. */
  readonly altered?: Problem;
  readonly remote?: RemoteKey | "absent";
  readonly listing?: PassView["listing"];
  readonly claims?: PassView["claims"];
  readonly dependents?: DependentsView;
  readonly users?: SecretUsersView;
  /** A workload as its restart has left it. */
  readonly restarted?: Dependent;
  /** The key that a mint or a roll gave; its value stays with whoever applies the steps. */
  readonly minted?: Omit<MintedKey, "attempt">;
}

/** The outcome of a step; `conflict` says that what we knew of the target is out of date. */
export type StepResult =
  | { readonly outcome: "done"; readonly observed: Observed }
  | {
      readonly outcome: "rejected" | "unknown";
      readonly problem: Problem;
      readonly conflict: boolean;
      /** Set where nothing was sent: what was not asked for has left nothing. */
      readonly unsent?: true;
      readonly retryAt?: number;
      /** Set where the refusal of a reservation is over so soon that it is not reported. */
      readonly isQuiet?: boolean;
    };
