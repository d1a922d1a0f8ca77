import { withoutTag } from "@signatureapi-keys/lifecycle";
import type { ManagementClient } from "@signatureapi-keys/management-api";
import { ManagementApiError } from "@signatureapi-keys/management-api";
import { CliError } from "../errors.ts";
import { asked } from "../management/connect.ts";
import { redactText } from "../redaction/text.ts";
import { mismatch, waitForSecondListing } from "./evidence.ts";
import { reasonToKeep, type AccountOrphans, type ClusterRecords, type Orphan } from "./orphan.ts";

/** What happened to a key that was to be revoked. */
export interface RevocationResult {
  readonly keyId: string;
  readonly outcome: "revoked" | "kept" | "unknown";
  /** Why it was kept, or is not known to be revoked. */
  readonly why: string | undefined;
}

/** A key for which all evidence is there, and what its description says without the tag. */
export interface Candidate {
  readonly orphan: Orphan;
  readonly text: string;
}

/** What a revocation needs of the world. */
export interface RevocationWorld {
  readonly client: Pick<ManagementClient, "getAccount" | "listAllApiKeys" | "getApiKey" | "revokeApiKey">;
  /** Live, and complete as far as the user may see. */
  readonly records: () => Promise<ClusterRecords>;
  readonly now: () => Date;
  /** Milliseconds. */
  readonly settleTime: number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Collects the evidence for a revocation: the token is of the account, a listing of this plugin a settle time after the
 * inventory's shows the same keys with the same tags, and records that are read after it name none of them.
 *
 * @throws CliError where there can be no evidence at all
 */
export async function collectEvidence(
  { account, accountId, inventoryAt }: AccountOrphans,
  wanted: readonly Orphan[],
  world: RevocationWorld,
): Promise<{ readonly candidates: readonly Candidate[]; readonly kept: readonly RevocationResult[] }> {
  const { client, now, settleTime } = world;
  const found = await asked("read the account of the token", async () => client.getAccount());
  if (found.id !== accountId) {
    throw new CliError(
      `the token is of vendor account ${found.id}, and ${account} is of ${accountId ?? "none yet"}`,
      {
        next: "Give the token of that account with --token-file. Nothing was revoked.",
      },
    );
  }
  const wait = waitForSecondListing(inventoryAt, now().getTime(), settleTime);
  if (typeof wait !== "number") {
    throw new CliError(`${account}: ${wait.problem}`, {
      next: "Check the controller: kubectl signatureapi doctor",
    });
  }
  await world.wait(wait);
  const { apiKeys } = await asked("list the keys of the account", async () => client.listAllApiKeys());
  const listed = new Map(apiKeys.map((key) => [key.id, key]));
  // After the listing: a record precedes its key.
  const records = await world.records();
  const judged = wanted.map((orphan) => {
    const shown = listed.get(orphan.keyId);
    const why = mismatch(orphan, shown) ?? reasonToKeep(orphan, records);
    return { orphan, text: redactText(withoutTag(shown?.description ?? "")), why };
  });
  return {
    candidates: judged.filter(({ why }) => why === undefined).map(({ orphan, text }) => ({ orphan, text })),
    kept: judged.flatMap(({ orphan, why }) =>
      why === undefined ? [] : [{ keyId: orphan.keyId, outcome: "kept", why }],
    ),
  };
}

/**
 * Revokes keys, each after one more look at the cluster and at the key itself.
 *
 * Invariant: the tag that a GET has just shown names the installation and the owner that the inventory has reported, and
 * no record that was read since the user agreed names the key.
 */
export async function revokeAll(
  candidates: readonly Candidate[],
  world: RevocationWorld,
): Promise<readonly RevocationResult[]> {
  const records = await world.records();
  const results: RevocationResult[] = [];
  for (const { orphan } of candidates) results.push(await revokeOne(orphan, records, world));
  return results;
}

async function revokeOne(
  orphan: Orphan,
  records: ClusterRecords,
  { client }: RevocationWorld,
): Promise<RevocationResult> {
  const { keyId } = orphan;
  try {
    const why = reasonToKeep(orphan, records) ?? mismatch(orphan, await client.getApiKey(keyId));
    if (why !== undefined) return { keyId, outcome: "kept", why };
    await client.revokeApiKey(keyId);
    return { keyId, outcome: "revoked", why: undefined };
  } catch (error) {
    if (!(error instanceof ManagementApiError)) throw error;
    const outcome = error.effect === "unknown" ? "unknown" : "kept";
    return { keyId, outcome, why: error.message };
  }
}
