import { ownerOf, withTag } from "@signatureapi-keys/lifecycle";
import type { ApiKeyVersion, History, SecretVersion, SeenStatus, VendorKey } from "../history.ts";

const INSTALLATION = "0123456789";
const ACCOUNT = "acc_chaos-1";
export const UID = "uid-of-app";

const NAME = { namespace: "chaos-1", name: "app" } as const;
const NOTHING: SeenStatus = {
  keyId: undefined,
  fingerprint: undefined,
  hint: undefined,
  revision: 0,
  attempt: undefined,
  abandoned: [],
  previous: [],
};

/** A version of the ApiKey. */
export function apiKey(
  at: number,
  status: Partial<SeenStatus>,
  more: Partial<ApiKeyVersion> = {},
): ApiKeyVersion {
  return {
    ...NAME,
    at,
    uid: UID,
    resourceVersion: String(at),
    gone: false,
    deleting: false,
    mode: "live",
    ready: true,
    upToDate: true,
    reason: "KeyDelivered",
    message: "the key's value is in the Secret",
    status: { ...NOTHING, ...status },
    ...more,
  };
}

/** A version of the Secret that holds a key's value. */
export function secret(at: number, keyId: string, more: Partial<SecretVersion> = {}): SecretVersion {
  return {
    ...NAME,
    at,
    uid: "uid-of-secret",
    resourceVersion: String(at),
    gone: false,
    owner: UID,
    keyId,
    attempt: attemptOf(keyId),
    fingerprint: `print of ${keyId}`,
    committedAt: at - 1,
    previous: [],
    valueFingerprint: `print of ${keyId}`,
    ...more,
  };
}

/** The attempt that made a key: any eight letters, the same for the same key. */
export function attemptOf(keyId: string): string {
  return `${keyId}aaaaaaaa`.replaceAll(/[^a-z2-7]/g, "").slice(0, 8);
}

/** A key at the vendor's that was made for the ApiKey. */
export function key(id: string, createdAt: number, more: Partial<VendorKey> = {}): VendorKey {
  const tag = { installation: INSTALLATION, owner: ownerOf(UID), revision: 1, attempt: attemptOf(id) };
  return {
    id,
    account: ACCOUNT,
    mode: "live",
    description: withTag("chaos-1/app", tag),
    active: true,
    createdAt,
    revokedAt: undefined,
    hint: id.slice(-4),
    ...more,
  };
}

/** What the status says while a key is the current one. */
export function names(keyId: string, more: Partial<SeenStatus> = {}): Partial<SeenStatus> {
  return { keyId, fingerprint: `print of ${keyId}`, hint: keyId.slice(-4), revision: 1, ...more };
}

/**
 * A history in which nothing is wrong: the first key is committed at 1,000, replaced by the second at 5,000, and
 * revoked when its overlap has passed, at 6,000.
 */
export function rightHistory(): History {
  const last = apiKey(6_010, names("ak_second"));
  const standing = secret(5_000, "ak_second");
  const others = [
    { id: "ak_foreign", account: ACCOUNT, description: "Of another cluster", kind: "foreign" },
    { id: "ak_hand", account: ACCOUNT, description: "Made by hand", kind: "hand-made" },
  ] as const;
  const retiring = { keyId: "ak_first", revokeAt: 6_000 };
  return {
    seed: 1,
    installation: INSTALLATION,
    startedAt: 0,
    quietAt: 7_000,
    endedAt: 9_000,
    apiKeys: [
      apiKey(500, {}, { ready: false, reason: "Minting" }),
      apiKey(1_010, names("ak_first")),
      apiKey(5_010, names("ak_second", { previous: [retiring] })),
      last,
    ],
    secrets: [secret(1_000, "ak_first"), standing],
    acts: [],
    replicas: [],
    requests: [
      {
        at: 990,
        operation: "createApiKey",
        account: ACCOUNT,
        keyId: undefined,
        status: 201,
        fault: undefined,
      },
    ],
    others,
    adoptables: [],
    born: [
      { id: "ak_first", seenAt: 1_000, attempt: attemptOf("ak_first") },
      { id: "ak_second", seenAt: 5_000, attempt: attemptOf("ak_second") },
    ],
    rollbacks: [],
    revokesOrphans: [],
    rewritten: "rewritten by the vendor",
    final: {
      keys: [
        key("ak_first", 990, { active: false, revokedAt: 6_005 }),
        key("ak_second", 4_990),
        ...others.map(({ id, description }) => key(id, 100, { description })),
      ],
      apiKeys: [last],
      secrets: [standing],
      answers: [{ ...NAME, status: 200, mode: "live", hint: "cond" }],
      inventories: [
        {
          account: ACCOUNT,
          lastInventoryAt: 8_000,
          managed: 1,
          abandoned: 0,
          unaccounted: 0,
          foreign: 2,
        },
      ],
      workloads: [],
    },
  };
}
