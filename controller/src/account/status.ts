import { cutText, isProblem, type Problem, type Reason } from "@signatureapi-keys/lifecycle";
import { findCondition, isKubeError, removeCondition } from "../kube/index.ts";
import type { AccountStatus } from "../resources/account.ts";
import { isReason, reportConditions, setFitting } from "../resources/conditions.ts";
import { UNOBSERVED, type Condition } from "../resources/schema.ts";
import { identityOf } from "../resources/document-meta.ts";
import { ACCOUNT_DOCUMENTS, orderedStatus, type AccountDocument } from "./document.ts";
import type { AccountEnvironment } from "./environment.ts";
import { reportOf } from "./report.ts";
import { writeLeft } from "./recorded-left.ts";
import { writeUnaccounted } from "./recorded-unaccounted.ts";
import type { InventoryReport, RecordedAccount } from "./runtime.ts";
import { vendorAccountOf, type VerifiedAccount } from "./verified-account.ts";

/** What keeps an account from minting until its spec is edited, as its status says it. */
const UNTIL_EDITED: ReadonlySet<string> = new Set<Reason>(["TagNotPreserved", "KeysVanished"]);

/**
 * Why the account mints nothing until an administrator has looked, as the status still says: a restart must not find it out
 * again with another key. An edited spec says that it was looked into.
 */
function recordedDistrust({ record, metadata }: AccountDocument): Problem | undefined {
  const ready = findCondition(record.conditions, "Ready");
  if (ready === undefined || ready.observedGeneration !== metadata.generation) return undefined;
  const { reason, message } = ready;
  return isReason(reason) && UNTIL_EDITED.has(reason) ? { reason, message, transient: false } : undefined;
}

/** What the object says of its account: as long as nothing else is known, that holds. */
export function recordedAccount(account: AccountDocument): RecordedAccount {
  const { declaration, record, policy } = account;
  const vendorAccount =
    isProblem(declaration) || record.accountId === undefined || !URL.canParse(declaration.baseUrl)
      ? undefined
      : vendorAccountOf({ accountId: record.accountId, origin: new URL(declaration.baseUrl).origin });
  return { policy, vendorAccount, distrust: recordedDistrust(account) };
}

/** Whether the spec is another one than the status speaks of. */
export function specChanged({ record, metadata }: AccountDocument): boolean {
  const { observedGeneration = UNOBSERVED } = record;
  return observedGeneration !== UNOBSERVED && observedGeneration !== metadata.generation;
}

/**
 * Says on the object what was found, and only where that is news.
 *
 * @throws KubeError where it could not be written, other than for a conflict: then a newer object is on its way.
 */
export async function writeAccountStatus(
  env: Pick<AccountEnvironment, "kube" | "readOnly" | "inventoryMs" | "now">,
  account: AccountDocument,
  state: VerifiedAccount | Problem,
  inventory: InventoryReport | undefined,
): Promise<void> {
  const before = account.record;
  const after = nextStatus(account, state, inventory, new Date(env.now()));
  if (env.readOnly || isNoNews(before, after, env.inventoryMs)) return;
  const type = ACCOUNT_DOCUMENTS[account.ref.kind];
  try {
    await env.kube.updateStatus(type, { metadata: identityOf(account), status: after });
  } catch (error) {
    if (!isKubeError(error, "conflict", "not-found")) throw error;
  }
}

/** An inventory that found the same as before is reported once an interval: a restart writes nothing. */
function isNoNews(before: AccountStatus, after: AccountStatus, inventoryMs: number): boolean {
  const [reported, made] = [before, after].map(({ lastInventoryAt = "" }) => Date.parse(lastInventoryAt));
  const undated = [before, after].map((status) => JSON.stringify({ ...status, lastInventoryAt: "" }));
  if (undated[0] !== undated[1]) return false;
  return (
    before.lastInventoryAt === after.lastInventoryAt || Number(made) - Number(reported) < inventoryMs / 2
  );
}

function nextStatus(
  { metadata, record: before }: AccountDocument,
  state: VerifiedAccount | Problem,
  inventory: InventoryReport | undefined,
  now: Date,
): AccountStatus {
  const generation = metadata.generation ?? 0;
  const known = isProblem(state)
    ? {}
    : { accountId: state.accountId, liveMode: cutText(state.liveMode, { units: 64 }) };
  const reported = reportConditions(before.conditions ?? [], reportOf(state), generation, now);
  const conditions = withUnaccounted(reported, inventory, generation, now);
  const counted =
    inventory === undefined
      ? {}
      : {
          keys: inventory.counts,
          leftKeys: writeLeft(inventory.left),
          unaccountedKeys: writeUnaccounted(inventory.unaccounted),
          lastInventoryAt: new Date(inventory.startedAt).toISOString(),
        };
  return orderedStatus({
    ...before,
    ...known,
    ...counted,
    observedGeneration: generation,
    conditions: [...conditions],
  });
}

/** How many key IDs a condition names: more are in the log. */
const NAMED_IDS = 10;

function withUnaccounted(
  conditions: readonly Condition[],
  inventory: InventoryReport | undefined,
  observedGeneration: number,
  now: Date,
): readonly Condition[] {
  if (inventory === undefined) return conditions;
  const { unaccounted } = inventory;
  if (unaccounted.length === 0) return removeCondition(conditions, "UnaccountedKeys");
  const reason: Reason = "UnaccountedKeys";
  const message = unaccountedMessage(unaccounted.map(({ id }) => id));
  return setFitting(
    conditions,
    { type: "UnaccountedKeys", status: "True", reason, message, observedGeneration },
    now,
  );
}

/** Names keys that no record knows, and says what can be done about them. */
export function unaccountedMessage(keyIds: readonly string[]): string {
  const more = keyIds.length > NAMED_IDS ? ` and ${keyIds.length - NAMED_IDS} more` : "";
  const named = keyIds.toSorted().slice(0, NAMED_IDS).join(", ");
  return `${keyIds.length} live keys carry this installation's tag and no record knows them: ${named}${more}; look at them with kubectl signatureapi orphans, and revoke them once nothing uses them`;
}
