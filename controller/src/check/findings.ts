import { accountKey } from "../account/account-ref.ts";
import type { AccountDocument } from "../account/document.ts";
import { findCondition } from "../kube/index.ts";

/** One line of a check: what was found, and whether it is as it must be. */
export interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

/** What /readyz has answered, or why it has not. */
export type ReadyAnswer = { readonly status: number; readonly body: string } | { readonly problem: string };

/** Whether the controller is ready. */
export function controllerFinding(healthUrl: string, answer: ReadyAnswer): Finding {
  if ("problem" in answer) {
    return {
      ok: false,
      text: `no controller answers at ${healthUrl} (${answer.problem}): look at its Pods with kubectl describe, and at its log`,
    };
  }
  if (answer.status === 200) return { ok: true, text: "the controller is ready" };
  return {
    ok: false,
    text: `the controller is not ready: ${answer.body.trim()} (HTTP ${answer.status}); its log says what it waits for`,
  };
}

const NO_ACCOUNT: Finding = {
  ok: true,
  text: "there is no Account and no ClusterAccount yet, so no ApiKey can get a key: declare one (docs/account.md)",
};

/** Whether the accounts can be used. One that was suspended on purpose is as it must be. */
export function accountFindings(accounts: readonly AccountDocument[]): readonly Finding[] {
  return accounts.length === 0 ? [NO_ACCOUNT] : accounts.map(accountFinding);
}

function accountFinding({ ref, record, metadata, policy }: AccountDocument): Finding {
  const name = accountKey(ref);
  const ready = findCondition(record.conditions, "Ready");
  if (policy.suspend) return { ok: true, text: `${name} is suspended (spec.suspend)` };
  if (ready === undefined || ready.observedGeneration !== metadata.generation) {
    return {
      ok: false,
      text: `${name}: the controller has not looked at its spec yet; the log of the controller says why`,
    };
  }
  if (ready.status === "True") return { ok: true, text: `${name} is ready` };
  return {
    ok: false,
    text: `${name} is not ready: ${ready.reason}: ${ready.message} (docs/reasons.md#${ready.reason.toLowerCase()})`,
  };
}
