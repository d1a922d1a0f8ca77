import { age } from "../output/age.ts";
import type { Style } from "../output/style.ts";
import { table } from "../output/table.ts";
import type { AccountOrphans, Orphan } from "./orphan.ts";

/** The unaccounted keys for people, with what can be done. */
export function render(accounts: readonly AccountOrphans[], style: Style, now: Date): string {
  if (accounts.length === 0) return "No account reports a key that no record knows.\n";
  return accounts.map((account) => section(account, style, now)).join("\n");
}

function section(account: AccountOrphans, style: Style, now: Date): string {
  const { account: name, accountId = "not known yet", inventoryAt, policy, count, keys } = account;
  const found = `${count} unaccounted keys in vendor account ${accountId}, found ${age(inventoryAt, now)} ago`;
  const more = count > keys.length ? [`${count - keys.length} more are not named by the status.`] : [];
  return `${[
    style.strong(`${name}: ${found}`),
    table(
      HEADERS,
      keys.map((key) => row(key, now)),
    ).trimEnd(),
    ...more,
    advice(account, keys, policy),
  ].join("\n")}\n`;
}

const HEADERS = ["KEY", "MODE", "AGE", "REVISION", "APIKEY", "REVOKE"] as const;

function row({ keyId, mode, createdAt, revision, apiKey, kept }: Orphan, now: Date): readonly string[] {
  return [
    keyId,
    mode,
    age(createdAt, now),
    String(revision),
    apiKey ?? "gone",
    kept === undefined ? "possible" : `no: ${kept}`,
  ];
}

function advice(
  { account }: AccountOrphans,
  keys: readonly Orphan[],
  policy: AccountOrphans["policy"],
): string {
  if (policy === "Revoke") {
    return "The controller revokes them (spec.orphans is Revoke): without an ApiKey, in the next inventory.";
  }
  if (keys.every(({ kept }) => kept !== undefined))
    return "None can be revoked from here. If you know that nothing uses a key, revoke it in the vendor's dashboard.";
  return `Make sure that nothing uses them, also in a clone of this cluster. Then: kubectl signatureapi orphans --revoke --account '${account.replace(" ", "/")}' --token-file FILE`;
}
