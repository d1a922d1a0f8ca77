import { formatTag, type Tag } from "@signatureapi-keys/lifecycle";
import { KeyValue, type ApiKey } from "@signatureapi-keys/management-api";
import type { Inputs } from "../inputs.ts";
import type { Minted } from "../minted.ts";
import type { Outputs } from "../outputs.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** A full hour, which tests begin at. */
export const NOW = Date.parse("2026-11-02T09:00:00.000Z");
/** The resource that the tests are about, as tags name it. */
export const IDENTITY = { installation: "0123456789", owner: "0123456789abcdef" };
/** The attempt that made the key in use. */
export const ATTEMPT = "aaaaaaaa";

/** A time as states and inputs have it. */
export const iso = (time: number): string => new Date(time).toISOString();

/** A description with a tag of this resource. */
export function tagged(tag: Partial<Tag> = {}, text = "Checkout service"): string {
  return `${text} ${formatTag({ ...IDENTITY, revision: 1, attempt: ATTEMPT, ...tag })}`;
}

/** A description with a tag of another resource of this stack. */
export const taggedForAnother = tagged({ owner: "f".repeat(16) }, "x");

/** A confirmed live key of this resource, as the API shows it. */
export function apiKey(changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id: "ak_current",
    description: tagged(),
    mode: "live",
    status: "active",
    createdAt: new Date(NOW),
    revokedAt: null,
    hint: "cdef",
    ...changes,
  };
}

/** What the state records about that key. */
export function outputs(changes: Partial<Outputs> = {}): Outputs {
  return {
    key: "key_live_0123456789abcdef",
    keyId: "ak_current",
    attempt: ATTEMPT,
    mode: "live",
    description: "Checkout service",
    deletionPolicy: "Revoke",
    fingerprint: "0123456789ab",
    hint: "cdef",
    createdAt: iso(NOW),
    revision: 1,
    generation: 1,
    retiredGeneration: 0,
    previous: [],
    unrecordedKeys: [],
    status: "active",
    accountId: "acc_test",
    providerName: "",
    ...IDENTITY,
    ...changes,
  };
}

/** A replaced key of the state, to be revoked in an hour. */
export function previous(changes: Partial<Outputs["previous"][number]> = {}): Outputs["previous"][number] {
  return { keyId: "ak_old", generation: 1, attempt: "bbbbbbbb", revokeAt: iso(NOW + HOUR), ...changes };
}

/** Inputs that declare nothing else than the state holds. */
export function inputs(
  changes: Partial<Omit<Inputs, "schedule">> & { schedule?: Partial<Inputs["schedule"]> } = {},
): Inputs {
  const { schedule, ...declared } = changes;
  return {
    mode: "live",
    description: "Checkout service",
    deletionPolicy: "Revoke",
    ...IDENTITY,
    ...declared,
    schedule: { generation: 1, retiredGeneration: 0, ...schedule },
  };
}

/** A key that was just minted. */
export function minted(changes: Partial<Minted> = {}): Minted {
  return {
    apiKey: apiKey({ id: "ak_new", hint: "9999" }),
    value: KeyValue.of("key_live_fedcba9876549999"),
    attempt: "cccccccc",
    ...changes,
  };
}
