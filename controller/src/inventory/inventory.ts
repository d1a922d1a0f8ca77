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
import { domainOf } from "../account/governance.ts";
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

/** What is remembered between sweeps of those who decide together. */
interface Memory {
  readonly brake: VanishBrake;
  /** The unaccounted keys of the sweep before. */
  unaccounted: ReadonlySet<string>;
}

/** A sweep, and whose token it was made with. */
interface Made {
  readonly by: AccountRuntime;
  readonly sweep: Sweep;
}

/**
 * Takes inventory of accounts: counts what they hold, finds what crashes and lost answers have left, and what others
 * have done to our keys. It decides nothing about an ApiKey: it hands findings to its reconciliation, which looks
 * again before it does anything.
 *
 * Several objects can refer to one vendor account. The ClusterAccounts among them are swept for all, with their token;
 * without one that can list, the Accounts of each namespace are swept apart. Brake and pardon are always those of the
 * domain that an ApiKey belongs to.
 */
export class Inventory {
  readonly #env: InventoryEnvironment;
  readonly #memories = new Map<string, Memory>();
  /** The vendor accounts that their ClusterAccounts could not list at the last sweep. */
  readonly #unlisted = new Set<string>();

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
    const usable = runtime.usable();
    // It is asked for again as soon as the account can be used; a look at what is known costs nothing.
    if (isProblem(usable)) return { requeueAfterMs: this.#env.intervalMs };
    const vendorAccount = vendorAccountOf(usable);
    const domains = this.#domainsOf(vendorAccount, usable.accountId);
    const own = domains.find(({ members }) => members.includes(runtime));
    const governs = own?.governs === true;
    if (own?.members[0] !== runtime || (!governs && this.#isListedFor(vendorAccount, domains)))
      return { requeueAfterMs: this.#env.intervalMs };
    const made = await this.#sweep(own);
    if (this.#env.stopping.aborted) return {};
    if (governs) this.#noteListed(vendorAccount, made !== undefined);
    const whole = made !== undefined && (await this.#concludeAll(governs ? domains : [own], made));
    if (this.#env.stopping.aborted) return {};
    const { retryMs, intervalMs } = this.#env;
    return { requeueAfterMs: whole ? intervalMs : Math.min(retryMs, intervalMs) };
  }

  /** Whether a ClusterAccount lists the vendor account for all; one that was not looked at yet may turn out to. */
  #isListedFor(vendorAccount: string, domains: readonly Domain[]): boolean {
    const governors = this.#env.accounts.governorsOf(vendorAccount);
    const usable = domains.some(({ governs }) => governs);
    const unchecked = governors.some(({ uncheckedSince }) => uncheckedSince !== undefined);
    return unchecked || (usable && !this.#unlisted.has(vendorAccount));
  }

  #noteListed(vendorAccount: string, listed: boolean): void {
    if (listed) this.#unlisted.delete(vendorAccount);
    else this.#unlisted.add(vendorAccount);
  }

  /** A token that may not list stops only itself: the next one of those who decide together is tried. */
  async #sweep({ members }: Domain): Promise<Made | undefined> {
    for (const by of members) {
      try {
        return { by, sweep: await sweepAccount(this.#env, by) };
      } catch (error) {
        if (this.#env.stopping.aborted) return undefined;
        this.#noteFailed(by, error);
      }
    }
    return undefined;
  }

  #noteFailed(runtime: AccountRuntime, error: unknown): void {
    if (error instanceof ManagementApiError) runtime.noteFailure(error);
    this.#env.journal.failed(runtime.ref, error);
  }

  /** @returns whether all domains could be judged. */
  async #concludeAll(domains: readonly Domain[], made: Made): Promise<boolean> {
    let whole = true;
    for (const domain of domains) {
      try {
        await this.#conclude(domain, made);
      } catch (error) {
        if (this.#env.stopping.aborted) return false;
        this.#noteFailed(made.by, error);
        whole = false;
      }
    }
    return whole;
  }

  /** Those who decide together about a vendor account, its ClusterAccounts first. */
  #domainsOf(vendorAccount: string, accountId: string): readonly Domain[] {
    const members = this.#env.accounts.list().filter((other) => {
      const state = other.usable();
      return !isProblem(state) && vendorAccountOf(state) === vendorAccount;
    });
    const byName = Map.groupBy(members, ({ ref }) => domainOf(ref));
    return [...byName]
      .map(([name, all]): Domain => ({
        name: `${vendorAccount}\n${name}`,
        accountId,
        vendorAccount,
        governs: all[0]?.ref.kind === "ClusterAccount",
        members: all.toSorted((left, right) => (accountKey(left.ref) < accountKey(right.ref) ? -1 : 1)),
      }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  #memoryOf({ name }: Domain): Memory {
    const known = this.#memories.get(name) ?? { brake: new VanishBrake(), unaccounted: new Set() };
    this.#memories.set(name, known);
    return known;
  }

  async #conclude(domain: Domain, { by, sweep }: Made): Promise<void> {
    const memory = this.#memoryOf(domain);
    const apiKeys = this.#recordedIn(domain);
    const pardoning = domain.members.filter(({ trust }) => trust.takePardon());
    const pardon = pardoning.length > 0;
    const { recorded, confirmed } = await findKeyDrift(this.#env, by, apiKeys, sweep, pardon).catch(
      (error: unknown) => {
        // Nothing was taken for known yet.
        for (const { trust } of pardoning) trust.returnPardon();
        throw error;
      },
    );
    const keyIds = confirmed.map(({ keyId }) => keyId);
    if (pardon) memory.brake.pardon(keyIds);
    const stopped = memory.brake.stops(keyIds, recorded, this.#env.apiKey.now());
    if (stopped === undefined) {
      memory.brake.note(keyIds, this.#env.apiKey.now());
      this.#resume(domain);
    } else this.#stop(domain, stopped, keyIds);
    const unaccounted = sweep.keys.filter(({ judged }) => judged.kind === "unaccounted");
    const orphans = this.#revokesOrphans(domain)
      ? unaccounted.filter(({ key }) => memory.unaccounted.has(key.id) && !isAdopted(key))
      : [];
    this.#hand(domain, sweep, stopped === undefined ? confirmed : [], orphans);
    const revoked = await revokeOwnerless(this.#env, by, orphans);
    memory.unaccounted = new Set(unaccounted.map(({ key }) => key.id));
    this.#settleLeft(domain, sweep, revoked);
    await this.#report(domain, sweep, revoked);
  }

  /** The ApiKeys whose keys the account is expected to hold. */
  #recordedIn(domain: Domain): readonly ApiKeyDocument[] {
    return domain.members
      .flatMap(({ ref }) => this.#env.apiKey.apiKeys.byIndex("byAccount", accountKey(ref)))
      .filter(({ metadata, record }) => {
        const ours = record.installation === undefined || isClaimed(record.installation, this.#env.apiKey);
        const counts = record.keyId !== undefined && record.accountId === domain.accountId;
        return counts && ours && metadata.deletionTimestamp === undefined;
      });
  }

  #stop({ members }: Domain, why: string, keyIds: readonly string[]): void {
    const named = keyIds.slice(0, 5).join(", ");
    for (const member of members) {
      if (member.trust.distrust?.reason === "KeysVanished") continue;
      const message = `${why} (${named}, …): nothing is minted until you have looked. To replace the keys all the same, edit the spec of ${accountKey(member.ref)}: set suspend to true and back to false`;
      member.stopMinting({ reason: "KeysVanished", message, transient: false });
    }
  }

  #resume({ members }: Domain): void {
    for (const member of members) {
      if (member.trust.distrust?.reason !== "KeysVanished") continue;
      member.trust.resume(false);
      for (const ref of [member.ref, ...this.#env.accounts.governedBy(member.ref)]) this.#env.onResume(ref);
    }
  }

  /**
   * Whether keys that no record knows are revoked: every ClusterAccount asks for it, also those that cannot be used now,
   * and no namespace is out of sight.
   */
  #revokesOrphans({ governs, vendorAccount }: Domain): boolean {
    const wished = this.#env.accounts
      .governorsOf(vendorAccount)
      .every(({ policy }) => policy.orphans === "Revoke");
    return governs && wished && this.#env.namespaces === undefined && !this.#env.apiKey.readOnly;
  }

  #hand(
    { members }: Domain,
    sweep: Sweep,
    drifted: readonly ConfirmedDrift[],
    orphans: readonly JudgedKey[],
  ): void {
    const found = new FindingsDraft();
    // Of an ApiKey of another domain, its own sweep finds all there is to find at once.
    const accounts = new Set(members.map(({ ref }) => accountKey(ref)));
    const isOurs = (owner: ApiKeyDocument | undefined): owner is ApiKeyDocument =>
      owner !== undefined && accounts.has(accountKey(owner.account));
    for (const { apiKey, keyId, why } of drifted) {
      this.#env.journal.drifted(apiKey, keyId, why);
      found.add(apiKey, "doubts", keyId);
    }
    for (const { key, judged, owner } of sweep.keys) {
      if (judged.kind !== "abandoned" || !isOurs(owner)) continue;
      this.#env.journal.leftover(owner, key.id);
      found.add(owner, "leftovers", key.id);
    }
    for (const { key, owner } of orphans) if (isOurs(owner)) found.add(owner, "orphans", key.id);
    for (const { object, findings } of found.entries()) {
      this.#env.findings.set(object.metadata.uid, findings);
      this.#env.onFinding(object);
    }
  }

  /** Counts on only those keys of vanished ApiKeys that the listing shows. */
  #settleLeft({ members }: Domain, { startedAt, listed }: Sweep, revoked: ReadonlySet<string>): void {
    const accounts = new Set(members.map(({ ref }) => accountKey(ref)));
    const { leftKeys, now } = this.#env.apiKey;
    const relieved = leftKeys.settle(accounts, { startedAt, listed, revoked }, now());
    for (const namespace of relieved) this.#env.onRelief(namespace);
  }

  async #report({ members }: Domain, sweep: Sweep, revoked: ReadonlySet<string>): Promise<void> {
    const remaining = sweep.keys.filter(({ key }) => !revoked.has(key.id));
    const counts: Record<KeyKind, number> = { managed: 0, abandoned: 0, unaccounted: 0, foreign: 0 };
    for (const { judged } of remaining) counts[judged.kind] += 1;
    const unaccounted = remaining.filter(({ judged }) => judged.kind === "unaccounted").map(({ key }) => key);
    for (const member of members) {
      // One that went meanwhile has been forgotten: what is reported about it now would stay.
      if (this.#env.accounts.find(member.ref) !== member) continue;
      const left = this.#env.apiKey.leftKeys.of(new Set([accountKey(member.ref)]));
      const report: InventoryReport = { startedAt: sweep.startedAt, counts, unaccounted, left };
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

/** The objects that decide together about a vendor account. */
interface Domain {
  readonly name: string;
  readonly vendorAccount: string;
  readonly accountId: string;
  /** Whether they are its ClusterAccounts. */
  readonly governs: boolean;
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
