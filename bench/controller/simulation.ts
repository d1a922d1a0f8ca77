/** A large installation. */
export interface Installation {
  readonly keys: number;
  readonly accounts: number;
  /** Controllers that share the keys, each with namespaces of its own. */
  readonly shards: number;
}

/** What one controller and its surroundings were measured to need, and what they are given. */
export interface Conditions {
  /** Of the controller without a key, and for each key, in MiB. */
  readonly emptyMiB: number;
  readonly keyMiB: number;
  /** The memory limit of a controller, in MiB. */
  readonly memoryLimitMiB: number;
  /** Of an ApiKey and its Secret in etcd. */
  readonly bytesPerKey: number;
  /** What etcd's documentation suggests as the most, in bytes. */
  readonly etcdBytes: number;
  /** Of an account. */
  readonly requestsPerSecond: number;
  /** Of these, for work in the background. */
  readonly backgroundShare: number;
  readonly keysOnAPage: number;
  /** How often all keys of an account are listed, in seconds. */
  readonly inventorySeconds: number;
  /** Management calls of a rotation: one mints, one revokes. */
  readonly callsForRotation: number;
}

/** Something that has a limit. */
interface Load {
  readonly name: string;
  /** 1 is the limit. */
  readonly share: number;
}

/** What would become of an installation. */
export interface Forecast {
  /** Of one controller, in MiB. */
  readonly memoryMiB: number;
  /** Of one account, with the whole of its requests, and with those that the background may have, in seconds. */
  readonly listingSeconds: number;
  readonly backgroundListingSeconds: number;
  /** Rotations a day that the limits of all accounts allow, next to the inventories. */
  readonly rotationsADay: number;
  /** What is used most of, first: that breaks first. */
  readonly loads: readonly Load[];
}

const DAY = 86_400;
const MEBIBYTE = 1_048_576;

/** Foretells what a large installation needs, from what a small one was measured to need. Everything grows in proportion. */
export function forecast(installation: Installation, conditions: Conditions): Forecast {
  const { keys, accounts, shards } = installation;
  const { requestsPerSecond, backgroundShare, keysOnAPage, inventorySeconds } = conditions;
  const memoryMiB = conditions.emptyMiB + (keys / shards) * conditions.keyMiB;
  const pages = Math.ceil(keys / accounts / keysOnAPage);
  const listingSeconds = pages / requestsPerSecond;
  const backgroundListingSeconds = listingSeconds / backgroundShare;
  // A listing that takes longer than the interval is followed by the next one at once.
  const listingCalls = (pages * DAY) / Math.max(inventorySeconds, backgroundListingSeconds);
  const callsLeft = requestsPerSecond * DAY - listingCalls;
  return {
    memoryMiB,
    listingSeconds,
    backgroundListingSeconds,
    rotationsADay: Math.floor((callsLeft / conditions.callsForRotation) * accounts),
    loads: [
      { name: "memory of a controller", share: memoryMiB / conditions.memoryLimitMiB },
      { name: "size of etcd", share: (keys * conditions.bytesPerKey) / conditions.etcdBytes },
      { name: "time of an inventory", share: backgroundListingSeconds / inventorySeconds },
    ].toSorted((a, b) => b.share - a.share),
  };
}

/** What a key adds to the memory of a controller, in MiB. */
export function memoryOfKey(emptyMiB: number, fullMiB: number, keys: number): number {
  return Math.max(0, fullMiB - emptyMiB) / keys;
}

/** Bytes of MiB. */
export function bytesOf(mebibytes: number): number {
  return mebibytes * MEBIBYTE;
}
