import type { RemoteKey } from "../index.ts";
import { withElement, type State } from "./state.ts";
import type { VendorKey } from "./stored.ts";

/** What the model uses as the fingerprint of a value. */
export function fingerprintOf(value: string): string {
  return `fp:${value}`;
}

/** In the model a fingerprint gives its value away, so that no second copy of a pending commit is needed. */
export function valueIn(fingerprint: string): string {
  return fingerprint.slice("fp:".length);
}

/** The last four characters of a value. */
export function hintOf(value: string): string {
  return value.slice(-4);
}

/** A key as the API shows it: everything but the value. */
export function shown(key: VendorKey): RemoteKey {
  const { value: _once, ...rest } = key;
  return rest;
}

/** Makes a key: for a mint, or by hand. */
export function addKey(
  state: State,
  key: Pick<VendorKey, "description" | "mode" | "createdAt"> & { readonly id?: string },
): readonly [State, VendorKey] {
  const [next, value] = newValue(state);
  const id = key.id ?? `ak_${state.keys.length + 1}`;
  const made: VendorKey = { ...key, id, status: "active", hint: hintOf(value), value };
  const lastChange = { id, before: undefined, at: state.now };
  return [{ ...next, keys: [...next.keys, made], lastChange }, made];
}

/** Gives an active key a new value. */
export function rollKey(state: State, keyId: string): readonly [State, VendorKey | undefined] {
  const [next, value] = newValue(state);
  return changeKey(next, keyId, { value, hint: hintOf(value) });
}

/** Changes an active key; a revoked one stays as it is. */
export function changeKey(
  state: State,
  keyId: string,
  changes: Partial<VendorKey>,
): readonly [State, VendorKey | undefined] {
  const index = state.keys.findIndex(({ id, status }) => id === keyId && status === "active");
  const key = state.keys[index];
  if (key === undefined) return [state, undefined];
  const changed = { ...key, ...changes };
  const lastChange = { id: key.id, before: key, at: state.now };
  return [{ ...state, keys: withElement(state.keys, index, changed), lastChange }, changed];
}

/** How long a read may show a key as it was before its last change, in milliseconds. */
export const LAGS_FOR = 5_000;

/** Whether a read of a key, or of all of them, may show what was so before the last change. */
export function mayLag({ lastChange, now }: State, keyId?: string): boolean {
  if (lastChange === undefined || now - lastChange.at > LAGS_FOR) return false;
  return keyId === undefined || keyId === lastChange.id;
}

/** The books as a read that lags behind shows them. */
export function lagging({ keys, lastChange }: State): readonly VendorKey[] {
  return keys.flatMap((key) => {
    if (key.id !== lastChange?.id) return [key];
    return lastChange.before === undefined ? [] : [lastChange.before];
  });
}

function newValue(state: State): readonly [State, string] {
  const values = state.values + 1;
  return [{ ...state, values }, `value-x${String(values).padStart(3, "0")}`];
}

/** A key by its ID, revoked or not. */
export function keyNamed({ keys }: State, keyId: string): VendorKey | undefined {
  return keys.find(({ id }) => id === keyId);
}

/** A key by its ID, while it is active. */
export function activeKey({ keys }: State, keyId: string): VendorKey | undefined {
  return keys.find(({ id, status }) => id === keyId && status === "active");
}
