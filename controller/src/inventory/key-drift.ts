import { sweepLimit, keyDriftOf, type KeyDrift } from "@signatureapi-keys/lifecycle";
import { findKey } from "../account/remote-key.ts";
import type { AccountRuntime } from "../account/runtime.ts";
import { readStatus } from "../apikey/status-codec.ts";
import { API_KEYS, type CustomObject } from "../resources/types.ts";
import type { InventoryEnvironment } from "./environment.ts";
import type { Sweep } from "./sweep.ts";

/** A recorded key that a listing and a GET by ID agree on: it is gone, or has another value. */
export interface ConfirmedDrift extends KeyDrift {
  readonly apiKey: CustomObject;
}

/** What the recorded keys of an account came to. */
export interface KeyDriftFound {
  /** How many keys are recorded under the account. */
  readonly recorded: number;
  readonly confirmed: readonly ConfirmedDrift[];
}

/**
 * Looks for recorded keys that were revoked or rolled behind our back. A listing that lags or skips rows proves
 * nothing: each key that drifted is asked for by ID, after its ApiKey was read again. Where more are confirmed than a sweep may
 * hand on, the rest is not asked for: the account stalls anyway.
 *
 * @param all asks for every key that seems to have drifted.
 * @throws ManagementApiError, KubeError where a key could not be judged.
 */
export async function findKeyDrift(
  env: InventoryEnvironment,
  account: AccountRuntime,
  apiKeys: readonly CustomObject[],
  sweep: Sweep,
  all: boolean,
): Promise<KeyDriftFound> {
  const listing = { startedAt: sweep.startedAt, keys: sweep.listed };
  const most = all ? Number.POSITIVE_INFINITY : sweepLimit(apiKeys.length);
  const confirmed: ConfirmedDrift[] = [];
  for (const apiKey of apiKeys) {
    if (confirmed.length > most) break;
    if (keyDriftOf(readStatus(apiKey.status).record, listing, env.apiKey.timing) === undefined) continue;
    env.stopping.throwIfAborted();
    const drift = await confirm(env, account, apiKey, listing);
    if (drift !== undefined) confirmed.push(drift);
  }
  return { recorded: apiKeys.length, confirmed };
}

async function confirm(
  env: InventoryEnvironment,
  account: AccountRuntime,
  apiKey: CustomObject,
  listing: { readonly startedAt: number; readonly keys: Sweep["listed"] },
): Promise<ConfirmedDrift | undefined> {
  const { namespace, name, uid } = apiKey.metadata;
  const live = await env.apiKey.kube.find(API_KEYS, { namespace, name });
  if (live?.metadata.uid !== uid) return undefined;
  const { record } = readStatus(live.status);
  const drift = keyDriftOf(record, listing, env.apiKey.timing);
  if (drift === undefined) return undefined;
  const key = await findKey(account.client, drift.keyId, { priority: "background", signal: env.stopping });
  if (key === undefined || key.status === "revoked") return { ...drift, why: "missing", apiKey: live };
  return key.hint === record.hint ? undefined : { ...drift, why: "rolled", apiKey: live };
}
