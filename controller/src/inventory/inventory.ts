import {
  ADOPTED,
  isClaimed,
  isProblem,
  parseTag,
  type Findings,
  type KeyKind,
  type RemoteKey,
} from "@signatureapi-keys/lifecycle";
import { ManagementApiError } from "@signatureapi-keys/management-api";
import { accountKey, type AccountRef } from "../account/account-ref.ts";
import type { AccountRuntime, InventoryReport } from "../account/runtime.ts";
import { vendorAccountOf } from "../account/verified-account.ts";
import type { ApiKeyDocument } from "../apikey/document.ts";
import { VanishBrake } from "./brake.ts";
import type { InventoryEnvironment } from "./environment.ts";
import { revokeOwnerless } from "./orphans.ts";
import { findKeyDrift, type ConfirmedDrift } from "./key-drift.ts";
import { sweepAccount, type JudgedKey, type Sweep } from "./sweep.ts";

/** When the next inventory is due. */
export interface InventoryOutcome {
  /** Milliseconds from now. */
  readonly requeueAfterMs?: number;
}

/** What is remembered of one vendor account between its sweeps. */
interface Memory {
  readonly brake: VanishBrake;
  /** The unaccounted keys of the sweep before. */
  unaccounted: ReadonlySet<string>;
}

/**
 * Takes inventory of accounts: counts what they hold, finds what crashes and lost answers have left, and what others
 * have done to our keys. It decides nothing about an ApiKey: it hands findings to its reconciliation, which looks
 * again before it does anything.
 *
 * Several objects can refer to one vendor account: the first of them, by name, is swept for all.
 */
export class Inventory {
  readonly #env: InventoryEnvironment;
  readonly #memories = new Map<string, Memory>();

  constructor(env: InventoryEnvironment) {
    this.#env = env;
  }

  /** @throws KubeError where the report could not be written; the caller tries again. */
  async reconcile(ref: AccountRef): Promise<InventoryOutcome> {
    const runtime = this.#env.accounts.find(ref);
    if (runtime === undefined) {
      this.#env.journal.forget(ref);
      return {};
    }
    const group = this.#groupOf(runtime);
    // It is asked for again as soon as the account can be used.
    if (group === undefined) return {};
    if (group.members[0] !== runtime) return { requeueAfterMs: this.#env.intervalMs };
    try {
      const sweep = await sweepAccount(this.#env, runtime);
      await this.#conclude(group, runtime, sweep);
    } catch (error) {
      if (this.#env.stopping.aborted) return {};
      if (error instanceof ManagementApiError) runtime.noteFailure(error);
      this.#env.journal.failed(ref, error);
      return { requeueAfterMs: Math.min(this.#env.retryMs, this.#env.intervalMs) };
    }
    return { requeueAfterMs: this.#env.intervalMs };
  }

  #groupOf(runtime: AccountRuntime): Group | undefined {
    const usable = runtime.usable();
    if (isProblem(usable)) return undefined;
    const name = vendorAccountOf(usable);
    const members = this.#env.accounts
      .list()
      .filter((other) => {
        const state = other.usable();
        return !isProblem(state) && vendorAccountOf(state) === name;
      })
      .toSorted((left, right) => (accountKey(left.ref) < accountKey(right.ref) ? -1 : 1));
    return { name, accountId: usable.accountId, members };
  }

  #memoryOf(group: Group): Memory {
    const known = this.#memories.get(group.name) ?? { brake: new VanishBrake(), unaccounted: new Set() };
    this.#memories.set(group.name, known);
    return known;
  }

  async #conclude(group: Group, runtime: AccountRuntime, sweep: Sweep): Promise<void> {
    const memory = this.#memoryOf(group);
    const apiKeys = this.#recordedIn(group);
    const pardon = group.members.map((member) => member.trust.takePardon()).includes(true);
    const { recorded, confirmed } = await findKeyDrift(this.#env, runtime, apiKeys, sweep, pardon);
    const keyIds = confirmed.map(({ keyId }) => keyId);
    if (pardon) memory.brake.pardon(keyIds);
    const stopped = memory.brake.stops(keyIds, recorded, this.#env.apiKey.now());
    if (stopped === undefined) {
      memory.brake.note(keyIds, this.#env.apiKey.now());
      this.#resume(group);
    } else this.#stop(group, stopped, keyIds);
    const unaccounted = sweep.keys.filter(({ judged }) => judged.kind === "unaccounted");
    const orphans = this.#revokesOrphans(group)
      ? unaccounted.filter(({ key }) => memory.unaccounted.has(key.id) && !isAdopted(key))
      : [];
    this.#hand(sweep, stopped === undefined ? confirmed : [], orphans);
    const revoked = await revokeOwnerless(this.#env, runtime, orphans);
    memory.unaccounted = new Set(unaccounted.map(({ key }) => key.id));
    await this.#report(group, sweep, revoked);
  }

  /** The ApiKeys whose keys the account is expected to hold. */
  #recordedIn(group: Group): readonly ApiKeyDocument[] {
    return group.members
      .flatMap(({ ref }) => this.#env.apiKey.apiKeys.byIndex("byAccount", accountKey(ref)))
      .filter(({ metadata, record }) => {
        const ours = record.installation === undefined || isClaimed(record.installation, this.#env.apiKey);
        const counts = record.keyId !== undefined && record.accountId === group.accountId;
        return counts && ours && metadata.deletionTimestamp === undefined;
      });
  }

  #stop(group: Group, why: string, keyIds: readonly string[]): void {
    const named = keyIds.slice(0, 5).join(", ");
    const message = `${why} (${named}, …): nothing is minted until you have looked. To replace the keys all the same, edit the account's spec: set suspend to true and back to false`;
    for (const member of group.members) {
      if (member.trust.distrust?.reason === "KeysVanished") continue;
      member.stopMinting({ reason: "KeysVanished", message, transient: false });
    }
  }

  #resume(group: Group): void {
    for (const member of group.members) {
      if (member.trust.distrust?.reason !== "KeysVanished") continue;
      member.trust.resume(false);
      this.#env.onResume(member.ref);
    }
  }

  /** Whether keys that no record knows are revoked: every ClusterAccount of them asks for it, and no namespace is out of sight. */
  #revokesOrphans(group: Group): boolean {
    const wishes = group.members.map(({ policy }) => policy.orphans).filter((wish) => wish !== undefined);
    const wished = wishes.length > 0 && wishes.every((wish) => wish === "Revoke");
    return wished && this.#env.namespaces === undefined && !this.#env.apiKey.readOnly;
  }

  #hand(sweep: Sweep, drifted: readonly ConfirmedDrift[], orphans: readonly JudgedKey[]): void {
    const found = new FindingsDraft();
    for (const { apiKey, keyId, why } of drifted) {
      this.#env.journal.drifted(apiKey, keyId, why);
      found.add(apiKey, "doubts", keyId);
    }
    for (const { key, judged, owner } of sweep.keys) {
      if (judged.kind !== "abandoned" || owner === undefined) continue;
      this.#env.journal.leftover(owner, key.id);
      found.add(owner, "leftovers", key.id);
    }
    for (const { key, owner } of orphans) if (owner !== undefined) found.add(owner, "orphans", key.id);
    for (const { object, findings } of found.entries()) {
      this.#env.findings.set(object.metadata.uid, findings);
      this.#env.onFinding(object);
    }
  }

  async #report(group: Group, sweep: Sweep, revoked: ReadonlySet<string>): Promise<void> {
    const left = sweep.keys.filter(({ key }) => !revoked.has(key.id));
    const counts: Record<KeyKind, number> = { managed: 0, abandoned: 0, unaccounted: 0, foreign: 0 };
    for (const { judged } of left) counts[judged.kind] += 1;
    const unaccounted = left.filter(({ judged }) => judged.kind === "unaccounted").map(({ key }) => key.id);
    const report: InventoryReport = { startedAt: sweep.startedAt, counts, unaccounted };
    for (const member of group.members) {
      // One that went meanwhile has been forgotten: what is reported about it now would stay.
      if (this.#env.accounts.find(member.ref) !== member) continue;
      member.noteInventory(report);
      this.#env.journal.counted(member.ref, this.#env.findAccount(member.ref), report);
      await this.#env.report(member);
    }
  }
}

/** Another user has made it: where no record names it any more, it is only reported. */
function isAdopted({ description }: RemoteKey): boolean {
  return parseTag(description)?.revision === ADOPTED;
}

/** The objects that refer to one vendor account. */
interface Group {
  readonly name: string;
  readonly accountId: string;
  readonly members: readonly AccountRuntime[];
}

/** Findings as they are collected. */
class FindingsDraft {
  readonly #byUid = new Map<
    string,
    { readonly object: ApiKeyDocument; readonly findings: Record<keyof Findings, string[]> }
  >();

  add(object: ApiKeyDocument, kind: keyof Findings, keyId: string): void {
    const entry = this.#byUid.get(object.metadata.uid) ?? {
      object,
      findings: { doubts: [], leftovers: [], orphans: [] },
    };
    entry.findings[kind].push(keyId);
    this.#byUid.set(object.metadata.uid, entry);
  }

  entries(): Iterable<{ readonly object: ApiKeyDocument; readonly findings: Findings }> {
    return this.#byUid.values();
  }
}
