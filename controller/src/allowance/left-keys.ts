import { isClaimed, parseTag, type RemoteKey, type Timing } from "@signatureapi-keys/lifecycle";

/** An ApiKey that is gone without its end by the controller, and the keys that it has left. */
export interface LeftBehind {
  /** The owner part of its keys' tags. */
  readonly owner: string;
  readonly namespace: string;
  readonly mode: "test" | "live";
  /** The account's object, as `accountKey` names it. */
  readonly account: string;
  /** When it was missed, in milliseconds since the epoch. */
  readonly since: number;
  /** The keys that it named, or that were listed since: each may be active. */
  readonly keyIds: readonly string[];
  /** How many more it may have left: requests whose outcome nobody knew. */
  readonly unknown: number;
}

/** What a complete listing of an account has shown. */
interface Listed {
  readonly startedAt: number;
  readonly listed: ReadonlyMap<string, RemoteKey>;
  /** Keys that were revoked since. */
  readonly revoked: ReadonlySet<string>;
}

/** What tells the keys of this controller from others. */
interface Ours {
  readonly installation: string;
  readonly previousInstallations: readonly string[];
  readonly timing: Pick<Timing, "settleTime" | "attemptLifetime" | "abandonedRetention">;
}

/**
 * The keys of ApiKeys that vanished: a user took the finalizer off, so the controller could not end them. They count
 * against the limit of their namespace until a complete listing shows that they are gone. What the listings confirm is
 * also recorded in the account's status, from where a new process takes it.
 */
export class LeftKeys {
  readonly #ours: Ours;
  readonly #byOwner = new Map<string, LeftBehind>();
  /** The owners whose end the controller has completed, until their object is gone. */
  readonly #ended = new Set<string>();

  constructor(ours: Ours) {
    this.#ours = ours;
  }

  /** The controller is about to let an ApiKey go: its keys are revoked, or may stay. */
  noteEnd(owner: string): void {
    this.#ended.add(owner);
  }

  /** An ApiKey is gone. @returns whether it has, or may have, left keys. */
  noteGone(left: LeftBehind): boolean {
    if (this.#ended.delete(left.owner) || left.keyIds.length + left.unknown === 0) return false;
    this.#byOwner.set(left.owner, left);
    return true;
  }

  /** An ApiKey is there: what was taken for gone was not readable, or not seen. */
  noteThere(owner: string): void {
    this.#ended.delete(owner);
    this.#byOwner.delete(owner);
  }

  /** Takes over what a process before this one has recorded. */
  recall(recorded: readonly LeftBehind[]): void {
    for (const left of recorded) if (!this.#byOwner.has(left.owner)) this.#byOwner.set(left.owner, left);
  }

  /** What ApiKeys of these accounts have left. */
  of(accounts: ReadonlySet<string>): readonly LeftBehind[] {
    return [...this.#byOwner.values()].filter(({ account }) => accounts.has(account));
  }

  /**
   * Keeps what a complete listing still shows.
   *
   * @param accounts the objects that stand for the listed vendor account.
   * @returns the namespaces in which fewer keys count than before.
   */
  settle(accounts: ReadonlySet<string>, listing: Listed, now: number): ReadonlySet<string> {
    const { timing } = this.#ours;
    const relieved = new Set<string>();
    for (const before of this.of(accounts)) {
      // A list may lag behind: of a key that was made just before, it proves nothing.
      if (listing.startedAt < before.since + timing.settleTime) continue;
      const keyIds = this.#activeOf(before, listing);
      const found = keyIds.filter((id) => !before.keyIds.includes(id)).length;
      const isYoung = listing.startedAt < before.since + timing.attemptLifetime;
      const unknown = isYoung ? Math.max(0, before.unknown - found) : 0;
      const after = { ...before, keyIds, unknown };
      // A late request of it may still make a key: until then, its tag is remembered.
      const mayCome = before.unknown > 0 && now < before.since + timing.abandonedRetention;
      if (keyIds.length > 0 || mayCome) this.#byOwner.set(before.owner, after);
      else this.#byOwner.delete(before.owner);
      if (countLeft(after) < countLeft(before)) relieved.add(before.namespace);
    }
    return relieved;
  }

  #activeOf({ owner, keyIds }: LeftBehind, { listed, revoked }: Listed): readonly string[] {
    const isOf = ({ id, description }: RemoteKey): boolean => {
      const tag = parseTag(description);
      if (tag === undefined) return keyIds.includes(id);
      return tag.owner === owner && isClaimed(tag.installation, this.#ours);
    };
    return [...listed.values()].flatMap((key) =>
      key.status !== "revoked" && !revoked.has(key.id) && isOf(key) ? [key.id] : [],
    );
  }
}

/** How many keys a vanished ApiKey counts for. */
export function countLeft({ keyIds, unknown }: Pick<LeftBehind, "keyIds" | "unknown">): number {
  return keyIds.length + unknown;
}
