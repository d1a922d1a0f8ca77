import type { Mode, WireAccount, WireApiKey, WireApiKeyWithValue } from "../contract/schemas.ts";
import type { EmulatorAccount } from "./options.ts";
import { loadState, saveState, type StoredAccount, type StoredKey } from "./persistence.ts";
import { Problem } from "./problem.ts";
import { newKeyId, newKeyValue, sha256Hex } from "./secrets.ts";

/** Accounts and keys, and the rules of the contract about them. Values exist here only while they are handed out. */
export class Store {
  readonly #accounts = new Map<string, StoredAccount>();
  readonly #keys = new Map<string, StoredKey>();
  readonly #file: string | undefined;
  readonly #now: () => Date;
  readonly #newValue: (mode: Mode) => string;
  #lastSequence = 0;

  constructor(
    accounts: readonly EmulatorAccount[],
    options: {
      file?: string | undefined;
      now?: () => Date;
      newValue?: ((mode: Mode) => string) | undefined;
    },
  ) {
    this.#file = options.file;
    this.#now = options.now ?? (() => new Date());
    this.#newValue = options.newValue ?? newKeyValue;
    const state = this.#file === undefined ? undefined : loadState(this.#file);
    for (const account of state?.accounts ?? []) this.#accounts.set(account.id, account);
    for (const key of (state?.keys ?? []).toSorted((a, b) => a.sequence - b.sequence)) {
      this.#keys.set(key.id, key);
      this.#lastSequence = Math.max(this.#lastSequence, key.sequence);
    }
    for (const account of accounts) this.addAccount(account);
  }

  /** Adds an account, or changes the one with this ID. */
  addAccount(account: EmulatorAccount): void {
    this.#accounts.set(account.id, {
      id: account.id,
      name: account.name ?? account.id,
      tokenHash: sha256Hex(account.token),
      liveMode: account.liveMode ?? "enabled",
      permissions: [...(account.permissions ?? ["manage_api_keys"])],
      testKeys: account.testKeys ?? 1,
      roles: (account.roles ?? []).map(({ name, token, permissions = ["manage_api_keys"] }) => ({
        name,
        tokenHash: sha256Hex(token),
        permissions: [...permissions],
      })),
    });
    this.#save();
  }

  /** The account of a token, with the permissions that the token has, and the role that it belongs to. */
  accountOfToken(token: string): { account: StoredAccount; role: string | null } | undefined {
    const tokenHash = sha256Hex(token);
    for (const account of this.#accounts.values()) {
      if (account.tokenHash === tokenHash) return { account, role: null };
      const role = account.roles.find((each) => each.tokenHash === tokenHash);
      if (role !== undefined)
        return { account: { ...account, permissions: role.permissions }, role: role.name };
    }
    return undefined;
  }

  account(id: string): StoredAccount {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new Problem("not-found", "There is no such account.");
    return account;
  }

  changeAccount(id: string, changes: Partial<Omit<StoredAccount, "id">>): StoredAccount {
    const changed = { ...this.account(id), ...changes };
    this.#accounts.set(id, changed);
    this.#save();
    return changed;
  }

  /** The mode of the active key with this value. */
  modeOfValue(value: string): Mode | undefined {
    const valueHash = sha256Hex(value);
    return [...this.#keys.values()].find((key) => key.valueHash === valueHash && key.revokedAt === null)
      ?.mode;
  }

  /** The keys of an account, newest first, revoked ones included. */
  keysOf(accountId: string): StoredKey[] {
    return this.allKeys().filter((key) => key.accountId === accountId);
  }

  /** All keys, newest first: the map holds them in the order of their creation, and a change keeps a key's place. */
  allKeys(): StoredKey[] {
    return [...this.#keys.values()].toReversed();
  }

  key(accountId: string, id: string): StoredKey {
    const key = this.#keys.get(id);
    if (key === undefined || key.accountId !== accountId)
      throw new Problem("not-found", "There is no such API key.");
    return key;
  }

  createKey(accountId: string, request: { mode: Mode; description: string }): WireApiKeyWithValue {
    const account = this.account(accountId);
    this.#checkMayCreate(account, request.mode);
    const value = this.#newValue(request.mode);
    this.#lastSequence += 1;
    const key: StoredKey = {
      id: newKeyId(),
      accountId,
      sequence: this.#lastSequence,
      description: request.description,
      mode: request.mode,
      createdAt: this.#now().toISOString(),
      revokedAt: null,
      hint: value.slice(-4),
      valueHash: sha256Hex(value),
    };
    this.#put(key);
    return { ...toWire(key), key: value };
  }

  updateKey(accountId: string, id: string, request: { description: string }): WireApiKey {
    return toWire(this.#put({ ...this.#activeKey(accountId, id), ...request }));
  }

  rollKey(accountId: string, id: string): WireApiKeyWithValue {
    const key = this.#activeKey(accountId, id);
    const value = this.#newValue(key.mode);
    const rolled = this.#put({ ...key, hint: value.slice(-4), valueHash: sha256Hex(value) });
    return { ...toWire(rolled), key: value };
  }

  revokeKey(accountId: string, id: string): void {
    this.#put({ ...this.#activeKey(accountId, id), revokedAt: this.#now().toISOString() });
  }

  #activeKey(accountId: string, id: string): StoredKey {
    const key = this.key(accountId, id);
    if (key.revokedAt !== null) throw new Problem("not-found", "This API key was revoked.");
    return key;
  }

  #checkMayCreate(account: StoredAccount, mode: Mode): void {
    if (mode === "live" && account.liveMode === "disabled") {
      throw new Problem(
        "live-mode-disabled",
        "Upgrade the account and add a payment method to create live keys.",
      );
    }
    if (mode === "live" && account.liveMode === "paused") {
      throw new Problem("live-mode-paused", "Live mode of this account is paused.");
    }
    if (mode === "live") return;
    const tests = this.keysOf(account.id).filter((key) => key.mode === "test" && key.revokedAt === null);
    if (tests.length >= account.testKeys) {
      throw new Problem("test-key-exists", "The account has a test key already.");
    }
  }

  #put(key: StoredKey): StoredKey {
    this.#keys.set(key.id, key);
    this.#save();
    return key;
  }

  #save(): void {
    if (this.#file === undefined) return;
    saveState(this.#file, {
      version: 1,
      accounts: [...this.#accounts.values()],
      keys: [...this.#keys.values()],
    });
  }
}

export function toWire(key: StoredKey): WireApiKey {
  return {
    id: key.id,
    description: key.description,
    mode: key.mode,
    status: key.revokedAt === null ? "active" : "revoked",
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
    hint: key.hint,
  };
}

export function toWireAccount(account: StoredAccount): WireAccount {
  return {
    id: account.id,
    name: account.name,
    live_mode: account.liveMode,
    permissions: account.permissions,
  };
}
