import { ownerOf, parseTag } from "@signatureapi-keys/lifecycle";
import type {
  ActRecord,
  AdoptableKey,
  ApiKeyVersion,
  History,
  SecretVersion,
  VendorKey,
} from "../history.ts";
import type { ActKind } from "../schedule.ts";

/** How much later than it was an object may be seen, in milliseconds. */
export const LAG_MS = 1_000;

/** A history, indexed by what rules ask for. */
export class IndexedHistory {
  readonly history: History;
  /** The versions of each ApiKey, by its UID, oldest first. */
  readonly #apiKeys: ReadonlyMap<string, readonly ApiKeyVersion[]>;
  /** The versions of the Secrets of each name, oldest first. */
  readonly #secrets: ReadonlyMap<string, readonly SecretVersion[]>;
  readonly #uidOfOwner: ReadonlyMap<string, string>;
  readonly #uidOfKey = new Map<string, string>();
  readonly #named: ReadonlySet<string>;
  readonly #final: ReadonlyMap<string, ApiKeyVersion>;
  readonly #finalSecrets: ReadonlyMap<string, SecretVersion>;
  readonly #others: ReadonlySet<string>;
  readonly #adoptables: ReadonlyMap<string, AdoptableKey>;
  readonly #attempts: ReadonlyMap<string, string | undefined>;

  constructor(history: History) {
    this.history = history;
    this.#apiKeys = groupBy(history.apiKeys, ({ uid }) => uid);
    this.#secrets = groupBy(history.secrets, nameOf);
    this.#uidOfOwner = new Map([...this.#apiKeys.keys()].map((uid) => [ownerOf(uid), uid]));
    for (const version of history.apiKeys)
      for (const keyId of keysNamedBy(version)) this.#uidOfKey.set(keyId, version.uid);
    this.#named = new Set(this.standing(history.apiKeys, history.endedAt).flatMap(keysNamedBy));
    this.#final = new Map(history.final.apiKeys.map((version) => [version.uid, version]));
    this.#finalSecrets = new Map(history.final.secrets.map((version) => [nameOf(version), version]));
    this.#others = new Set(history.others.map(({ id }) => id));
    this.#adoptables = new Map(history.adoptables.map((key) => [key.id, key]));
    this.#attempts = new Map(history.born.map(({ id, attempt }) => [id, attempt]));
  }

  /** The keys that the controllers have made or may adopt, and all that are not of others. */
  get ourKeys(): readonly VendorKey[] {
    return this.history.final.keys.filter(({ id }) => !this.#others.has(id));
  }

  /** The keys that the controllers have made. */
  get mintedKeys(): readonly VendorKey[] {
    return this.ourKeys.filter(({ id }) => !this.#adoptables.has(id));
  }

  /** A key that may be adopted, as it was made by hand. */
  adoptable({ id }: Pick<VendorKey, "id">): AdoptableKey | undefined {
    return this.#adoptables.get(id);
  }

  /** Whether any status has named a key, but for those that a rollback of etcd has undone. */
  wasNamed({ id }: Pick<VendorKey, "id">): boolean {
    return this.#named.has(id);
  }

  /** The attempt in a key's tag, as the tag was when the key was seen first. */
  attemptOf({ id, description }: VendorKey): string | undefined {
    return this.#attempts.get(id) ?? parseTag(description)?.attempt;
  }

  /** The acts of a kind on an ApiKey that had an effect while it was there. */
  actsOn(uid: string | undefined, kind: ActKind): readonly ActRecord[] {
    const [first] = this.versionsOf(uid);
    if (first === undefined) return [];
    const gone = this.goneAt(uid) ?? Number.POSITIVE_INFINITY;
    return this.history.acts.filter(
      (act) =>
        act.kind === kind &&
        act.outcome === "done" &&
        nameOf(act) === nameOf(first) &&
        act.doneAt >= first.at - LAG_MS &&
        act.at <= gone,
    );
  }

  /** The key that an ApiKey was to leave behind when it was deleted, unless a rollback of etcd has undone that. */
  retainedBy(uid: string | undefined): string | undefined {
    const { endedAt } = this.history;
    const acts = this.actsOn(uid, "delete-retained").map(({ doneAt }) => ({ at: doneAt }));
    if (this.standing(acts, endedAt).length === 0) return undefined;
    return this.standing(this.versionsOf(uid), endedAt).findLast(({ status }) => status.keyId !== undefined)
      ?.status.keyId;
  }

  /** The UID of the ApiKey that a key was made for: by its tag, or else because a status named it once. */
  ownerOf(key: VendorKey): string | undefined {
    const tag = parseTag(key.description);
    const tagged =
      tag?.installation === this.history.installation ? this.#uidOfOwner.get(tag.owner) : undefined;
    return tagged ?? this.#uidOfKey.get(key.id);
  }

  /** All versions of an ApiKey, oldest first. */
  versionsOf(uid: string | undefined): readonly ApiKeyVersion[] {
    return this.#apiKeys.get(uid ?? "") ?? [];
  }

  /** What counts at a time of what was seen before: nothing that a rollback of etcd has undone by then. */
  standing<T extends { readonly at: number }>(seen: readonly T[], time: number): readonly T[] {
    const undone = this.history.rollbacks.filter(({ restoredAt }) => restoredAt <= time);
    return seen.filter(
      ({ at }) => !undone.some(({ snapshotAt, restoredAt }) => at >= snapshotAt && at < restoredAt),
    );
  }

  /** All versions of the Secrets that bore an ApiKey's name, oldest first. */
  secretsOf(uid: string | undefined): readonly SecretVersion[] {
    const [first] = this.versionsOf(uid);
    return first === undefined ? [] : (this.#secrets.get(nameOf(first)) ?? []);
  }

  /** An ApiKey as it is at the end; undefined where it is gone. */
  finalOf(uid: string | undefined): ApiKeyVersion | undefined {
    return this.#final.get(uid ?? "");
  }

  /** The Secret of an ApiKey as it is at the end. */
  finalSecretOf(apiKey: ApiKeyVersion): SecretVersion | undefined {
    return this.#finalSecrets.get(nameOf(apiKey));
  }

  /** The last version of the ApiKeys that bore a Secret's name. */
  lastOf(secret: SecretVersion): ApiKeyVersion | undefined {
    return this.history.apiKeys.findLast((version) => nameOf(version) === nameOf(secret));
  }

  /** When an ApiKey was seen to be gone, and no rollback of etcd has brought it back. */
  goneAt(uid: string | undefined): number | undefined {
    return this.standing(this.versionsOf(uid), this.history.endedAt).find(({ gone }) => gone)?.at;
  }

  /** Before this time the ApiKey's deletion was not requested; undefined where it never was. */
  deletionAskedAt(uid: string | undefined): number | undefined {
    const seen = this.versionsOf(uid).find(({ deleting, gone }) => deleting || gone);
    if (seen === undefined) return undefined;
    const asked = this.history.acts.filter(
      (act) =>
        (act.kind === "delete" || act.kind === "delete-retained") &&
        act.namespace === seen.namespace &&
        act.name === seen.name &&
        act.at <= seen.at,
    );
    return asked.at(-1)?.at ?? seen.at;
  }
}

function keysNamedBy({ status }: ApiKeyVersion): readonly string[] {
  const named = [status.keyId, ...status.previous.map(({ keyId }) => keyId)];
  return named.filter((keyId) => keyId !== undefined);
}

/** Names an object, and the Secret of the same name. */
export function nameOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

function groupBy<T>(list: readonly T[], key: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(key(one));
    if (group === undefined) groups.set(key(one), [one]);
    else group.push(one);
  }
  return groups;
}
