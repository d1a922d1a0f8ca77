import { accountKey, type AccountDocument } from "@signatureapi-keys/controller/accounts";
import { ADOPTED, ownerOf } from "@signatureapi-keys/lifecycle";
import { nameOf, type ApiKeySummary } from "../doctor/api-key-summary.ts";
import type { SecretRecord } from "./secret-record.ts";

/** What the cluster records, read completely or not. */
export interface ClusterRecords {
  readonly apiKeys: readonly ApiKeySummary[];
  /** Undefined where Secrets may not be listed in all namespaces. */
  readonly secrets: readonly SecretRecord[] | undefined;
  /** Whether the ApiKeys of all namespaces were listed. */
  readonly complete: boolean;
  /** The installations that this cluster's controllers are, and have taken over from. */
  readonly installations: ReadonlySet<string>;
}

/** What is known of an unaccounted key. */
export interface Orphan {
  readonly keyId: string;
  readonly mode: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly installation: string;
  readonly owner: string;
  readonly revision: number;
  /** The ApiKey that it was made for, if that exists. */
  readonly apiKey: string | undefined;
  /** Why this plugin does not revoke it; undefined where nothing speaks against it. */
  readonly kept: string | undefined;
}

/** The unaccounted keys of an account, as its status names them. */
export interface AccountOrphans {
  /** `ClusterAccount acme`. */
  readonly account: string;
  readonly accountId: string | undefined;
  /** When the inventory that found them began. */
  readonly inventoryAt: string | undefined;
  /** What the controller does with them; undefined for an Account, which has no say. */
  readonly policy: "Report" | "Revoke" | undefined;
  /** How many the inventory has counted. */
  readonly count: number;
  /** The status names at most a hundred. */
  readonly keys: readonly Orphan[];
}

/** The unaccounted keys of all accounts that have any. */
export function orphansOf(
  accounts: readonly AccountDocument[],
  records: ClusterRecords,
): readonly AccountOrphans[] {
  return accounts.flatMap(({ ref, record, policy }) => {
    const count = record.keys?.unaccounted ?? 0;
    if (count === 0) return [];
    return [
      {
        account: accountKey(ref),
        accountId: record.accountId,
        inventoryAt: record.lastInventoryAt,
        policy: policy.orphans,
        count,
        keys: (record.unaccountedKeys ?? []).map((key) => orphanOf(key, records)),
      },
    ];
  });
}

type NamedKey = NonNullable<AccountDocument["record"]["unaccountedKeys"]>[number];

function orphanOf(key: NamedKey, records: ClusterRecords): Orphan {
  const living = records.apiKeys.find(({ uid }) => ownerOf(uid) === key.owner);
  return {
    ...key,
    apiKey: living === undefined ? undefined : nameOf(living),
    kept: reasonToKeep(key, records),
  };
}

/**
 * What speaks against the revocation of a key that no record is said to name. Revoking is for good, so whatever the
 * cluster knows of the key is looked at again, and what cannot be seen completely proves nothing.
 */
export function reasonToKeep(
  { keyId, owner, installation, revision }: Pick<NamedKey, "keyId" | "owner" | "installation" | "revision">,
  { apiKeys, secrets, complete, installations }: ClusterRecords,
): string | undefined {
  if (revision === ADOPTED) return "it was adopted, so another user has made it";
  if (installations.size === 0) return "the installation of this cluster's controller is not known";
  if (!installations.has(installation)) return `it is tagged for another installation (${installation})`;
  const living = apiKeys.find(({ uid }) => ownerOf(uid) === owner);
  if (living !== undefined) return `its ApiKey ${nameOf(living)} exists, and its Pods may use it`;
  const naming = apiKeys.find((apiKey) => names(apiKey, keyId));
  if (naming !== undefined) return `ApiKey ${nameOf(naming)} names it`;
  if (!complete) return "the ApiKeys of all namespaces could not be listed";
  if (secrets === undefined) return "the Secrets of all namespaces could not be listed";
  const secret = secrets.find(({ keyIds }) => keyIds.includes(keyId));
  return secret === undefined
    ? undefined
    : `Secret ${secret.namespace}/${secret.name} carries its record, and Pods may use it`;
}

function names({ status, adopts }: ApiKeySummary, keyId: string): boolean {
  const attempts = [status?.attempt, ...(status?.abandoned ?? [])].map((attempt) => attempt?.keyId);
  const recorded = [status?.keyId, ...(status?.previous ?? []).map((previous) => previous.keyId)];
  return [adopts, ...recorded, ...attempts].includes(keyId);
}
