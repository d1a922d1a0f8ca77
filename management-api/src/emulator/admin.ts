import * as z from "zod";
import { createApiKeyRequestSchema, type WireApiKey, type WireApiKeyWithValue } from "../contract/schemas.ts";
import type { FaultRule, FaultRuleInput, RequestMatch } from "./faults.ts";
import type { EmulatorAccount, EmulatorConfig } from "./options.ts";
import type { World } from "./public-server.ts";
import type { LoggedRequest } from "./request-log.ts";
import { sha256Hex } from "./secrets.ts";
import { toWire, toWireAccount } from "./store.ts";

/** The body of `PATCH /accounts/{id}`. The token is changed by its SHA-256, so that it need not travel. */
export const accountChangesSchema = z.strictObject({
  name: z.string().optional(),
  liveMode: z.enum(["enabled", "disabled", "paused"]).optional(),
  permissions: z.array(z.string()).optional(),
  testKeys: z.int().min(0).optional(),
  tokenHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type AccountChanges = z.infer<typeof accountChangesSchema>;

/** The body of `PATCH /config`. */
export const configChangesSchema = z.strictObject({
  latencyMs: z.number().min(0).optional(),
  listLagMs: z.number().min(0).optional(),
  pageSize: z.int().min(1).max(20).optional(),
  rateLimit: z.number().positive().optional(),
  burst: z.number().min(1).optional(),
});
export type ConfigChanges = z.infer<typeof configChangesSchema>;

/** The body of `POST /accounts`. */
export const accountSchema = z.strictObject({
  id: z.string().regex(/^(?!key_)[\x21-\x7e]{1,255}$/),
  token: z.string().regex(/^[\x21-\x7e]+$/),
  name: z.string().optional(),
  liveMode: z.enum(["enabled", "disabled", "paused"]).optional(),
  permissions: z.array(z.string()).optional(),
  testKeys: z.int().min(0).optional(),
  roles: z
    .array(
      z.strictObject({
        name: z.string(),
        token: z.string().regex(/^[\x21-\x7e]+$/),
        permissions: z.array(z.string()).default(["manage_api_keys"]),
      }),
    )
    .optional(),
});

/** A key as the admin API shows it: with its account, without its value. */
export type KeyWithAccount = WireApiKey & { account: string };

/** What the admin API does, for use in the same process. Unknown accounts and keys throw a `Problem`. */
export class EmulatorAdmin {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Adds a fault; see `FaultRule`. @throws ZodError */
  addFault(rule: FaultRuleInput): FaultRule {
    return this.#world.faults.add(rule);
  }

  faults(): readonly FaultRule[] {
    return this.#world.faults.list();
  }

  /** Removes all faults and lets held requests go on. */
  clearFaults(): void {
    this.#world.faults.clear();
  }

  /** The requests since the last `clearRequests`, oldest first. */
  requests(match: RequestMatch = {}): LoggedRequest[] {
    return this.#world.log.list(match);
  }

  /** Requests per operation since the last `clearRequests`. */
  counters(): Readonly<Record<string, number>> {
    return this.#world.log.counters;
  }

  clearRequests(): void {
    this.#world.log.clear();
  }

  /** Resolves as soon as that many matching requests have arrived since the last `clearRequests`. */
  waitForRequests(match: RequestMatch, count = 1): Promise<void> {
    return this.#world.log.waitFor(match, count);
  }

  /** All keys of all accounts, newest first, revoked ones included. */
  keys(): KeyWithAccount[] {
    return this.#world.store.allKeys().map((key) => ({ ...toWire(key), account: key.accountId }));
  }

  /** Creates a key as if by hand in the dashboard, under the rules of the account. */
  createKey(account: string, request: { mode: "test" | "live"; description: string }): WireApiKeyWithValue {
    return this.#world.store.createKey(account, createApiKeyRequestSchema.parse(request));
  }

  /** Revokes a key behind the clients' backs. */
  revokeKey(account: string, keyId: string): void {
    this.#world.store.revokeKey(account, keyId);
  }

  /** Adds an account, or replaces the one with this ID; its keys stay. */
  addAccount(account: EmulatorAccount): void {
    this.#world.store.addAccount(account);
  }

  updateAccount(id: string, changes: AccountChanges): object {
    const given = Object.entries(accountChangesSchema.parse(changes)).filter(
      ([, value]) => value !== undefined,
    );
    return toWireAccount(this.#world.store.changeAccount(id, Object.fromEntries(given)));
  }

  /** Replaces an account's token; the old one stops at once. */
  setToken(id: string, token: string): void {
    this.updateAccount(id, { tokenHash: sha256Hex(token) });
  }

  /** Changes the configuration; a change of the rate limit fills the buckets. */
  configure(changes: ConfigChanges): Readonly<EmulatorConfig> {
    const given = Object.entries(configChangesSchema.parse(changes)).filter(
      ([, value]) => value !== undefined,
    );
    Object.assign(this.#world.config, Object.fromEntries(given));
    this.#world.limits.reset();
    return { ...this.#world.config };
  }
}
