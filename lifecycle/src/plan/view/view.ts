import type { Timing } from "../../timing.ts";
import type { AccountView, Findings } from "./account.ts";
import type { DependentsView, SecretUsersView } from "./dependents.ts";
import type { ObjectView } from "./object.ts";
import type { PassView } from "./pass.ts";
import type { AlteredSecret, SecretFights, SecretView } from "./secret.ts";

/** Everything that a decision rests on. */
export interface View {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly timing: Timing;
  readonly installation: string;
  /** Installations that this one takes over from: what they manage and have made is its own. */
  readonly previousInstallations?: readonly string[] | undefined;
  /** The owner part of the tags of this ApiKey's keys. */
  readonly owner: string;
  readonly readOnly: boolean;
  readonly object: ObjectView | { readonly state: "gone" };
  /** Another ApiKey of the namespace that names the same Secret and was first. */
  readonly secretClaimedBy: string | undefined;
  readonly secret: SecretView;
  /** Kept in memory only. */
  readonly fights?: SecretFights | undefined;
  /** How the Secret was stored when it was written last. Kept in memory only: another write of it would be in vain. */
  readonly altered?: AlteredSecret | undefined;
  readonly account: AccountView;
  /** Undefined where dependents are not restarted, and not waited for. */
  readonly dependents?: DependentsView | undefined;
  /** Undefined where Pods may not be seen. */
  readonly users?: SecretUsersView | undefined;
  /** What the last inventory sweep found about this ApiKey. Kept in memory only. */
  readonly findings?: Findings | undefined;
  readonly pass: PassView;
}

/** A view of an object that exists. */
export type PresentView = View & { readonly object: ObjectView };

/** Whether the object exists. */
export function isPresent(view: View): view is PresentView {
  return view.object.state === "present";
}
