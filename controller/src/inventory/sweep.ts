import {
  classifyKey,
  parseTag,
  type Inventory as Judging,
  type KeyClass,
  type OwnerRecords,
  type RemoteKey,
} from "@signatureapi-keys/lifecycle";
import { remoteKey } from "../account/remote-key.ts";
import type { AccountRuntime } from "../account/runtime.ts";
import type { ApiKeyDocument } from "../apikey/document.ts";
import type { InventoryEnvironment } from "./environment.ts";
import { cachedRecords, liveOwners, liveRecords } from "./records.ts";

/** A key of the listing, and what it turned out to be. */
export interface JudgedKey {
  readonly key: RemoteKey;
  readonly judged: KeyClass;
  /** The ApiKey that its tag names, read live; undefined where it was not needed, or is provably not there. */
  readonly owner: ApiKeyDocument | undefined;
}

/** A complete listing of an account, judged. */
export interface Sweep {
  /** When the listing began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly listed: ReadonlyMap<string, RemoteKey>;
  readonly keys: readonly JudgedKey[];
}

/**
 * Lists all keys of an account and judges each one: from the caches first, and whatever is not recorded there again
 * by reads that are live and later than the listing.
 *
 * @throws ManagementApiError, KubeError where anything could not be read completely: then nothing follows.
 */
export async function sweepAccount(env: InventoryEnvironment, account: AccountRuntime): Promise<Sweep> {
  const { startedAt, apiKeys } = await account.listing();
  const listed = new Map(apiKeys.map((key) => [key.id, remoteKey(key)]));
  const judging: Judging = {
    installation: env.apiKey.installation,
    previousInstallations: env.apiKey.previousInstallations,
    listed,
    named: namedIds(env),
    timing: env.apiKey.timing,
  };
  const keys = [...listed.values()].filter(({ status }) => status !== "revoked");
  return { startedAt, listed, keys: await judgeAll(env, keys, judging) };
}

async function judgeAll(
  env: InventoryEnvironment,
  keys: readonly RemoteKey[],
  judging: Judging,
): Promise<readonly JudgedKey[]> {
  const live = new LiveOwners(env);
  const judged: JudgedKey[] = [];
  for (const key of keys) {
    const cached = cachedOwner(env, key);
    const records = cached === undefined ? undefined : cachedRecords(env, cached);
    const first = classifyKey(key, records, judging);
    if (first.kind === "managed" || first.kind === "foreign") {
      judged.push({ key, judged: first, owner: undefined });
      continue;
    }
    const found = await live.of(key, cached);
    judged.push({ key, judged: classifyKey(key, found?.records, judging), owner: found?.object });
  }
  return judged;
}

/** The IDs that any status names. */
function namedIds(env: InventoryEnvironment): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { record } of env.apiKey.apiKeys.list()) {
    const { keyId, previous } = record;
    for (const id of [keyId, ...previous.map((retiring) => retiring.keyId)])
      if (id !== undefined) ids.add(id);
  }
  return ids;
}

function ownerIn(key: RemoteKey): string {
  return parseTag(key.description)?.owner ?? "";
}

function cachedOwner(env: InventoryEnvironment, key: RemoteKey): ApiKeyDocument | undefined {
  return env.apiKey.apiKeys.byIndex("byOwner", ownerIn(key))[0];
}

interface Found {
  readonly object: ApiKeyDocument;
  readonly records: OwnerRecords;
}

/** Live reads of the ApiKeys that tags name, each object once a sweep. */
class LiveOwners {
  readonly #env: InventoryEnvironment;
  readonly #found = new Map<string, Promise<Found | undefined>>();
  #all: Promise<ReadonlyMap<string, ApiKeyDocument>> | undefined;

  constructor(env: InventoryEnvironment) {
    this.#env = env;
  }

  /** The ApiKey that a key's tag names; undefined where a complete list, later than the keys', does not show it. */
  async of(key: RemoteKey, cached: ApiKeyDocument | undefined): Promise<Found | undefined> {
    const owner = ownerIn(key);
    const known = this.#found.get(owner) ?? this.#read(owner, cached);
    this.#found.set(owner, known);
    return known;
  }

  async #read(owner: string, cached: ApiKeyDocument | undefined): Promise<Found | undefined> {
    const found = cached === undefined ? undefined : await liveRecords(this.#env, cached);
    if (found !== undefined) return found;
    this.#all ??= liveOwners(this.#env);
    const object = (await this.#all).get(owner);
    return object === undefined ? undefined : liveRecords(this.#env, object);
  }
}
