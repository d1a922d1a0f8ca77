import { sweepLimit, suspectOf, type Suspect } from "@signatureapi-keys/lifecycle";
import { findKey } from "../account/remote-key.ts";
import type { AccountRuntime } from "../account/runtime.ts";
import { readStatus } from "../apikey/status-codec.ts";
import { API_KEYS, type CustomObject } from "../resources/types.ts";
import type { InventoryEnvironment } from "./environment.ts";
import type { Sweep } from "./sweep.ts";

/** A recorded key that a listing and a GET by ID agree on: it is gone, or has another value. */
export interface ConfirmedSuspect extends Suspect {
  readonly apiKey: CustomObject;
}

/** What the recorded keys of an account came to. */
export interface Suspicion {
  /** How many keys are recorded under the account. */
  readonly recorded: number;
  readonly confirmed: readonly ConfirmedSuspect[];
}

/**
 * Looks for recorded keys that were revoked or rolled behind our back. A listing that lags or skips rows proves
 * nothing: each suspect is asked for by ID, after its ApiKey was read again. Where more are confirmed than a sweep may
 * hand on, the rest is not asked for: the account stalls anyway.
 *
 * @param all asks for every suspect.
 * @throws ManagementApiError, KubeError where a suspect could not be judged.
 */
export async function findSuspects(
  env: InventoryEnvironment,
  account: AccountRuntime,
  apiKeys: readonly CustomObject[],
  sweep: Sweep,
  all: boolean,
): Promise<Suspicion> {
  const listing = { startedAt: sweep.startedAt, keys: sweep.listed };
  const most = all ? Number.POSITIVE_INFINITY : sweepLimit(apiKeys.length);
  const confirmed: ConfirmedSuspect[] = [];
  for (const apiKey of apiKeys) {
    if (confirmed.length > most) break;
    if (suspectOf(readStatus(apiKey.status).record, listing, env.apiKey.timing) === undefined) continue;
    env.stopping.throwIfAborted();
    const suspect = await confirm(env, account, apiKey, listing);
    if (suspect !== undefined) confirmed.push(suspect);
  }
  return { recorded: apiKeys.length, confirmed };
}

async function confirm(
  env: InventoryEnvironment,
  account: AccountRuntime,
  apiKey: CustomObject,
  listing: { readonly startedAt: number; readonly keys: Sweep["listed"] },
): Promise<ConfirmedSuspect | undefined> {
  const { namespace, name, uid } = apiKey.metadata;
  const live = await env.apiKey.kube.find(API_KEYS, { namespace, name });
  if (live?.metadata.uid !== uid) return undefined;
  const { record } = readStatus(live.status);
  const suspect = suspectOf(record, listing, env.apiKey.timing);
  if (suspect === undefined) return undefined;
  const key = await findKey(account.client, suspect.keyId, { priority: "background", signal: env.stopping });
  if (key === undefined || key.status === "revoked") return { ...suspect, why: "missing", apiKey: live };
  return key.hint === record.hint ? undefined : { ...suspect, why: "rolled", apiKey: live };
}
