import { parseTag } from "@signatureapi-keys/lifecycle";
import type { Mode } from "@signatureapi-keys/management-api";
import type { Request, ShownKey } from "./request.ts";
import type { LateCreate, Maker, State, VendorKey } from "./state.ts";

/** A refusal of the API: nothing was changed. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: "not-found" | "test-key-exists";

  constructor(kind: Refusal["kind"]) {
    super(kind);
    this.kind = kind;
  }
}

/** What a request has done, with the key that it was about. */
interface Effect {
  readonly state: State;
  readonly key: VendorKey;
}

/** Lets a create take effect. @throws Refusal where the account has its test key. */
export function createKey(state: State, { mode, description, madeBy }: LateCreate): Effect {
  const hasTestKey = state.keys.some((key) => key.mode === "test" && !key.revoked);
  if (mode === "test" && hasTestKey) throw new Refusal("test-key-exists");
  const key: VendorKey = {
    id: `ak_${state.nextKey}`,
    description,
    mode,
    revoked: false,
    value: valueOf(mode, state.nextKey),
    createdAt: state.now,
    born: state.nextKey,
    madeBy,
    confirmed: false,
  };
  return { state: { ...state, keys: [...state.keys, key], nextKey: state.nextKey + 1 }, key };
}

/** Lets a change of a key take effect. @throws Refusal where there is no such key, or it was revoked. */
export function changeKey(state: State, request: Request & { keyId: string }, by: Maker | undefined): Effect {
  const key = state.keys.find(({ id }) => id === request.keyId);
  if (key === undefined || key.revoked) throw new Refusal("not-found");
  const changed = changedKey(key, request, state.nextKey, by);
  const keys = state.keys.map((other) => (other === key ? changed : other));
  const nextKey = request.kind === "roll" ? state.nextKey + 1 : state.nextKey;
  return { state: { ...state, keys, nextKey }, key: changed };
}

function changedKey(key: VendorKey, request: Request, next: number, by: Maker | undefined): VendorKey {
  if (request.kind === "revoke") return { ...key, revoked: true };
  if (request.kind === "roll") return { ...key, value: valueOf(key.mode, next) };
  if (request.kind !== "describe") throw new TypeError(`${request.kind} changes no key`);
  const { description } = request;
  const isByMaker = key.madeBy !== undefined && key.madeBy.process === by?.process;
  return { ...key, description, confirmed: key.confirmed || (isByMaker && !isUnconfirmed(description)) };
}

/** Whether a description says that the key's value was not handed over yet. */
export function isUnconfirmed(description: string): boolean {
  return parseTag(description)?.unconfirmed === true;
}

/** A key as the API shows it. */
export function shown(key: VendorKey, withValue = false): ShownKey {
  const { id, description, mode, value, createdAt, revoked } = key;
  const hint = value.slice(-4);
  const status = revoked ? "revoked" : "active";
  return { id, description, mode, status, createdAt, hint, ...(withValue && { value }) };
}

/** A listing of the unrevoked keys, newest first. */
export function listed(keys: readonly VendorKey[]): readonly ShownKey[] {
  return keys
    .filter(({ revoked }) => !revoked)
    .toReversed()
    .map((key) => shown(key));
}

function valueOf(mode: Mode, number: number): string {
  return `key_${mode}_model${String(number).padStart(12, "0")}`;
}
