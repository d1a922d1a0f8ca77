import type { RemoteKey } from "../../evidence.ts";

/** A key in the model vendor's books, with its value. */
export interface VendorKey extends RemoteKey {
  readonly value: string;
}

/** What the model uses as the fingerprint of a value. */
export function fingerprintOf(value: string): string {
  return `fp:${value}`;
}

/** The last four characters of a value. */
export function hintOf(value: string): string {
  return value.slice(-4);
}

/** An in-memory vendor: one test key per account, values shown once, revocation is permanent. */
export class Vendor {
  readonly keys = new Map<string, VendorKey>();
  /** Keys that somebody has made in the dashboard. */
  readonly handMade = new Set<string>();
  /** When descriptions were changed last, in milliseconds since the epoch. */
  readonly describedAt = new Map<string, number>();
  #values = 0;

  /** A key that somebody makes in the dashboard. */
  makeByHand(description: string, now: number): VendorKey {
    const key = this.create("live", description, now);
    if (key === undefined) throw new TypeError("a live key can always be made");
    this.handMade.add(key.id);
    return key;
  }

  /** @returns the new key, or `undefined` where the account has its test key already. */
  create(mode: string, description: string, now: number): VendorKey | undefined {
    if (mode === "test" && this.active().some((key) => key.mode === "test")) return undefined;
    const value = this.#newValue();
    const key: VendorKey = {
      id: `ak_${this.keys.size + 1}`,
      description,
      mode,
      status: "active",
      createdAt: now,
      hint: hintOf(value),
      value,
    };
    this.keys.set(key.id, key);
    return key;
  }

  roll(id: string): VendorKey | undefined {
    const key = this.#activeKey(id);
    if (key === undefined) return undefined;
    const value = this.#newValue();
    return this.#put({ ...key, value, hint: hintOf(value) });
  }

  describe(id: string, description: string, now: number): VendorKey | undefined {
    const key = this.#activeKey(id);
    this.describedAt.set(id, now);
    return key === undefined ? undefined : this.#put({ ...key, description });
  }

  revoke(id: string): void {
    const key = this.#activeKey(id);
    if (key !== undefined) this.#put({ ...key, status: "revoked" });
  }

  active(): VendorKey[] {
    return [...this.keys.values()].filter((key) => key.status === "active");
  }

  #activeKey(id: string): VendorKey | undefined {
    const key = this.keys.get(id);
    return key?.status === "active" ? key : undefined;
  }

  #put(key: VendorKey): VendorKey {
    this.keys.set(key.id, key);
    return key;
  }

  #newValue(): string {
    this.#values += 1;
    return `value-${String(this.#values).padStart(4, "0")}`;
  }
}

/** A key as the API shows it: everything but the value. */
export function shown(key: VendorKey): RemoteKey {
  const { value: _once, ...rest } = key;
  return rest;
}
