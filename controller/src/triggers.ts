import { recordsAnything } from "@signatureapi-keys/lifecycle";
import { accountKey, queueKeyOf, type AccountRef } from "./account/account-ref.ts";
import type { AccountDocument } from "./account/document.ts";
import { secretKeyOf, type ApiKeyDocument } from "./apikey/document.ts";
import { lookDelay, type CachedSecret } from "./apikey/cached-secrets.ts";
import { viewOfSecret } from "./apikey/views.ts";
import { leftBehind } from "./allowance/left-behind.ts";
import type { LeftKeys } from "./allowance/left-keys.ts";
import type { MintLedger } from "./allowance/ledger.ts";
import type { ChangedEmergencies } from "./apikey/emergencies.ts";
import type { AlteredMemory } from "./apikey/altered.ts";
import type { FightMemory } from "./apikey/fights.ts";
import type { LatestSeen } from "./apikey/latest.ts";
import type { LostEntries } from "./apikey/lost-entries.ts";
import type { Caches } from "./caches.ts";
import type { FindingsMemory } from "./inventory/findings.ts";
import { keyOf, type WorkQueue } from "./kube/index.ts";
import { ACCOUNT_FINALIZER, FINALIZER } from "./resources/names.ts";
import type { Namespace } from "./resources/types.ts";

/** How many keys a status names. */
function held({ record: { keyId, previous } }: ApiKeyDocument): number {
  return (keyId === undefined ? 0 : 1) + previous.length;
}

/**
 * Whether an ApiKey needs its account until it is gone. A finalizer alone does not say so: anybody may put it on. One
 * whose deletion we have finished may still be kept by somebody else's.
 */
function holdsAccount({ metadata, record }: ApiKeyDocument): boolean {
  const finalized = metadata.finalizers?.includes(FINALIZER) === true;
  return recordsAnything(record) && (finalized || metadata.deletionTimestamp === undefined);
}

/** The queues that changes of the world fill; accounts and inventories go by the account's key. */
export interface Queues {
  readonly apiKeys: WorkQueue;
  readonly accounts: WorkQueue;
  readonly inventories: WorkQueue;
}

/** What is remembered of ApiKeys besides their records. */
export interface Memories {
  readonly ledger: MintLedger;
  readonly leftKeys: LeftKeys;
  readonly latest: LatestSeen;
  readonly emergencies: ChangedEmergencies;
  readonly lostEntries: LostEntries;
  readonly fights: FightMemory;
  readonly altered: AlteredMemory;
  readonly findings: FindingsMemory;
}

/** Says which object is to be looked at again when something changes: the edges between the kinds. */
export class Triggers {
  readonly #caches: Caches;
  readonly #apiKeyQueue: WorkQueue;
  readonly #accountQueue: WorkQueue;
  readonly #inventoryQueue: WorkQueue;
  readonly #memories: Memories;
  readonly #leftDelayMs: number;

  /** @param leftDelayMs how long after an ApiKey has vanished its account is listed. */
  constructor(caches: Caches, queues: Queues, memories: Memories, leftDelayMs: number) {
    this.#leftDelayMs = leftDelayMs;
    this.#caches = caches;
    this.#apiKeyQueue = queues.apiKeys;
    this.#accountQueue = queues.accounts;
    this.#inventoryQueue = queues.inventories;
    this.#memories = memories;
  }

  /** Connects the caches to the queues; to be called before the caches start. */
  connect(): void {
    this.#onApiKeys();
    this.#onAccounts();
    this.#onSecrets();
    const wake = (namespace: Namespace): void => {
      for (const apiKey of this.#caches.apiKeys.store.byIndex("byNamespace", namespace.metadata.name))
        this.#apiKeyQueue.add(keyOf(apiKey));
    };
    this.#caches.namespaces?.addHandler({
      // An ApiKey may be seen before its namespace.
      added: wake,
      updated: (namespace, old) => {
        const same =
          JSON.stringify([namespace.metadata.labels, namespace.metadata.deletionTimestamp]) ===
          JSON.stringify([old.metadata.labels, old.metadata.deletionTimestamp]);
        if (!same) wake(namespace);
      },
    });
  }

  /** Looks at every object again, behind everything that has changed. */
  resync(): void {
    for (const apiKey of this.#caches.apiKeys.store.list())
      this.#apiKeyQueue.add(keyOf(apiKey), { priority: "low" });
    for (const account of this.#accounts()) this.#accountQueue.add(keyOf(account), { priority: "low" });
  }

  /** An account can do something else than before: its ApiKeys want to know. */
  accountChanged(ref: AccountRef): void {
    this.#memories.ledger.lift(accountKey(ref));
    for (const apiKey of this.#usersOf(ref)) this.#apiKeyQueue.add(keyOf(apiKey));
    // What can be used now, or in another way, has an inventory made; what is gone is forgotten there too.
    this.#inventoryQueue.add(queueKeyOf(ref));
  }

  /** Fewer keys count in a namespace. */
  limitRelieved(namespace: string): void {
    for (const waiting of this.#caches.apiKeys.store.byIndex("atLimit", namespace))
      this.#apiKeyQueue.add(keyOf(waiting));
  }

  /** An account is in doubt. */
  recheckAccount(ref: AccountRef): void {
    this.#accountQueue.add(queueKeyOf(ref));
  }

  /** Something was found about an ApiKey. */
  recheckApiKey(apiKey: ApiKeyDocument): void {
    this.#apiKeyQueue.add(keyOf(apiKey));
  }

  /** How many ApiKeys hold on to an account: those that have a key there, or may have one. */
  countUsers(ref: AccountRef): number {
    return this.#usersOf(ref).filter(holdsAccount).length;
  }

  #usersOf(ref: AccountRef): readonly ApiKeyDocument[] {
    return this.#caches.apiKeys.store.byIndex("byAccount", accountKey(ref));
  }

  #onApiKeys(): void {
    const enqueue = (apiKey: ApiKeyDocument): void => this.#apiKeyQueue.add(keyOf(apiKey));
    this.#caches.apiKeys.addHandler({
      added: (apiKey) => {
        this.#memories.leftKeys.noteThere(apiKey.owner);
        enqueue(apiKey);
      },
      updated: (apiKey, old) => {
        enqueue(apiKey);
        if (held(apiKey) < held(old)) this.#wakeThoseAtLimit(apiKey);
      },
      deleted: (apiKey) => {
        this.#noteLeft(apiKey);
        const { ledger, latest, emergencies, findings, lostEntries, fights, altered } = this.#memories;
        for (const memory of [ledger, latest, emergencies, findings, lostEntries, fights, altered])
          memory.forget(apiKey.metadata.uid);
        enqueue(apiKey);
        this.#wakeThoseAtLimit(apiKey);
        // The last one lets its account go; and another ApiKey may wait for the name of its Secret.
        this.recheckAccount(apiKey.account);
        for (const rival of this.#caches.apiKeys.store.byIndex("bySecret", secretKeyOf(apiKey)))
          enqueue(rival);
      },
    });
  }

  /** Where a user has removed the finalizer, the keys stay active: they count, and the inventory looks for them. */
  #noteLeft(apiKey: ApiKeyDocument): void {
    const { ledger, latest, leftKeys } = this.#memories;
    if (!leftKeys.noteGone(leftBehind(apiKey, { ledger, latest, now: Date.now }))) return;
    this.#inventoryQueue.addAfter(queueKeyOf(apiKey.account), this.#leftDelayMs);
  }

  /** A key of a namespace is gone, or will be: ApiKeys that were refused at its limit may get theirs now. */
  #wakeThoseAtLimit({ metadata: { namespace } }: ApiKeyDocument): void {
    this.limitRelieved(namespace);
  }

  #onAccounts(): void {
    const handler = {
      added: (account: AccountDocument) => this.#accountQueue.add(keyOf(account)),
      updated: (account: AccountDocument, old: AccountDocument) => {
        // Our own writes of the status need no second look.
        const same =
          account.metadata.generation === old.metadata.generation &&
          account.metadata.deletionTimestamp === old.metadata.deletionTimestamp;
        // Whatever replaces the whole object takes the finalizer off.
        const finalized = account.metadata.finalizers?.includes(ACCOUNT_FINALIZER) === true;
        if (!same || !finalized) this.#accountQueue.add(keyOf(account));
      },
      deleted: (account: AccountDocument) => this.#accountQueue.add(keyOf(account)),
    };
    this.#caches.accounts.addHandler(handler);
    this.#caches.clusterAccounts?.addHandler(handler);
  }

  #onSecrets(): void {
    // By the Secret's name, since its labels can be what was edited.
    const apiKeysOf = (secret: CachedSecret): readonly ApiKeyDocument[] =>
      this.#caches.apiKeys.store.byIndex("bySecret", keyOf(secret));
    const lookAgain = (secret: CachedSecret, old?: CachedSecret): void => {
      const delay = lookDelay(secret, old);
      if (delay === undefined) return;
      for (const apiKey of apiKeysOf(secret)) this.#apiKeyQueue.addAfter(keyOf(apiKey), delay);
    };
    const gone = (secret: CachedSecret): void => {
      for (const apiKey of apiKeysOf(secret)) {
        const view = viewOfSecret(apiKey, secret, "cached");
        const foreign = view.state === "present" && view.owner === "this" ? view.foreign : [];
        this.#memories.lostEntries.note(apiKey.metadata.uid, foreign);
      }
      lookAgain(secret);
    };
    this.#caches.secrets?.addHandler({ updated: lookAgain, deleted: gone });
    const accountsOf = (secret: CachedSecret, old?: CachedSecret): void =>
      this.#enqueueAccountsOf(secret, lookDelay(secret, old));
    this.#caches.credentials?.addHandler({ added: accountsOf, updated: accountsOf, deleted: accountsOf });
  }

  #enqueueAccountsOf(secret: CachedSecret, delay = 0): void {
    const { accounts, clusterAccounts } = this.#caches;
    for (const cache of [accounts, clusterAccounts]) {
      for (const account of cache?.store.byIndex("byCredentials", keyOf(secret)) ?? [])
        this.#accountQueue.addAfter(keyOf(account), delay);
    }
  }

  *#accounts(): Iterable<AccountDocument> {
    yield* this.#caches.accounts.store.list();
    yield* this.#caches.clusterAccounts?.store.list() ?? [];
  }
}
