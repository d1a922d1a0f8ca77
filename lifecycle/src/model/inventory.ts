import {
  ADOPTED,
  DEFAULT_TIMING as TIMING,
  isClaimed,
  type classifyKey,
  type keyDriftOf,
  type Findings,
  type OwnerRecords,
  type RemoteKey,
} from "../index.ts";
import { readerOf, type Codecs } from "./codecs.ts";
import { isOwnTag, ownerOfUid, tagOf } from "./owners.ts";
import { ACCOUNT, INSTALLATION, OLD_INSTALLATION, type Listing, type State } from "./state.ts";
import { secretAt } from "./store.ts";
import type { StoredObject } from "./stored.ts";
import { activeKey, changeKey, keyNamed, shown } from "./vendor.ts";
import { secretView } from "./views.ts";

const CLAIMED = { installation: INSTALLATION, previousInstallations: [OLD_INSTALLATION] };

/** How an inventory judges, and what its memory keeps of its findings. */
export interface Judging {
  readonly codecs: Codecs;
  readonly classifyKey: typeof classifyKey;
  readonly keyDriftOf: typeof keyDriftOf;
}

/** Lists all keys of the account; they are judged at this moment or later. */
export function list(state: State): State | undefined {
  if (state.listing !== undefined) return undefined;
  return { ...state, listing: { startedAt: state.now, keys: state.keys.map(shown) } };
}

/** Judges the last listing, or one that is made now, by the records as they are now, and hands on what it finds. */
export function sweep(state: State, judging: Judging): State {
  const listing = state.listing ?? { startedAt: state.now, keys: state.keys.map(shown) };
  const { findings, unaccounted } = judge(state, listing, judging);
  const ownerless = state.orphans === "Revoke" ? unaccounted.filter((id) => isOwnerless(state, id)) : [];
  const again = ownerless.filter((id) => state.unaccounted.includes(id));
  const revoked = again.reduce((next, id) => changeKey(next, id, { status: "revoked" })[0], state);
  return {
    ...revoked,
    // What was handed on before stays, until a pass has looked into it.
    findings: state.cluster.apiKeys.map((_slot, index) => findings[index] ?? state.findings[index]),
    unaccounted,
    listing: undefined,
    sweptAt: listing.startedAt,
  };
}

interface Judged {
  readonly findings: readonly (Findings | undefined)[];
  /** The IDs of the keys that no record knows. */
  readonly unaccounted: readonly string[];
}

function judge(state: State, { startedAt, keys }: Listing, judging: Judging): Judged {
  const { classifyKey: classify, codecs } = judging;
  const listed = new Map(keys.map((key) => [key.id, key]));
  const inventory = { ...CLAIMED, listed, named: namedIds(state), timing: TIMING };
  const drafts = state.cluster.apiKeys.map(({ now }, index) => {
    const drift = now && driftOf(state, now, { startedAt, keys: listed }, judging);
    return { owner: now && ownerOfUid(now.uid), records: recordsOf(state, index, codecs), drift };
  });
  const found = drafts.map(({ drift }) => ({
    doubts: drift === undefined ? [] : [drift],
    leftovers: [] as string[],
    orphans: [] as string[],
  }));
  const unaccounted: string[] = [];
  for (const key of keys) {
    if (key.status === "revoked") continue;
    const tag = tagOf(key.description);
    const index = drafts.findIndex(({ owner }) => owner !== undefined && owner === tag?.owner);
    const { kind } = classify(key, drafts[index]?.records, inventory);
    if (kind === "unaccounted") unaccounted.push(key.id);
    if (kind === "abandoned") found[index]?.leftovers.push(key.id);
    const isOrphan = kind === "unaccounted" && state.unaccounted.includes(key.id);
    if (isOrphan && state.orphans === "Revoke" && tag?.revision !== ADOPTED)
      found[index]?.orphans.push(key.id);
  }
  return { findings: found.map((each) => (isEmpty(each) ? undefined : each)), unaccounted };
}

function isEmpty({ doubts, leftovers, orphans }: Findings): boolean {
  return doubts.length + leftovers.length + orphans.length === 0;
}

function namedIds({ cluster }: State): ReadonlySet<string> {
  const all = cluster.apiKeys.flatMap(({ now }) =>
    now === undefined ? [] : [now.status.keyId, ...now.status.previous.map(({ keyId }) => keyId)],
  );
  return new Set(all.filter((id) => id !== undefined));
}

function recordsOf(state: State, index: number, codecs: Codecs): OwnerRecords | undefined {
  const object = state.cluster.apiKeys[index]?.now;
  if (object === undefined) return undefined;
  const secret = secretView(secretAt(state.cluster, index), readerOf(object), "live", codecs);
  const isOwn = secret.state === "present" && secret.owner === "this";
  return { status: object.status, secret: isOwn ? secret.record : undefined };
}

/** The recorded key where a listing and a GET by ID agree that it is gone, or has another value. */
function driftOf(
  state: State,
  { status, deleting }: StoredObject,
  listing: { readonly startedAt: number; readonly keys: ReadonlyMap<string, RemoteKey> },
  { keyDriftOf: driftIn }: Judging,
): string | undefined {
  const { installation, accountId } = status;
  const ours = installation === undefined || isClaimed(installation, CLAIMED);
  if (!ours || accountId !== ACCOUNT || deleting) return undefined;
  const drift = driftIn(status, listing, TIMING);
  const key = drift && keyNamed(state, drift.keyId);
  if (key?.status === "active" && key.hint === status.hint) return undefined;
  return drift?.keyId;
}

/** Whether a GET shows a key of ours whose owner a complete list does not show. */
function isOwnerless(state: State, id: string): boolean {
  const tag = tagOf(activeKey(state, id)?.description ?? "");
  if (!isOwnTag(tag) || tag.revision === ADOPTED) return false;
  return !state.cluster.apiKeys.some(({ now }) => now !== undefined && ownerOfUid(now.uid) === tag.owner);
}
