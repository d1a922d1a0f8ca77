const MIB = 2 ** 20;

/**
 * How the memory of a container is divided. This is the one place to tune; docs/adr/0021 has the measurements. Sizes are
 * in MiB. @internal
 */
export const MEMORY_SHARES = {
  /** What the process needs outside of the heap: Node itself, compiled code, threads, buffers of TLS and sockets. */
  outsideHeap: 96,
  /** How much of the rest the heap may use, in percent. What is left over absorbs peaks of buffers. */
  heapPercent: 80,
  /** With less than this for old objects, the controller does not get through its start. */
  smallestOldSpace: 48,
  /** A semi-space is this part of the limit; V8 uses up to three of them, for young objects. */
  limitPerSemiSpace: 64,
  smallestSemiSpace: 1,
  largestSemiSpace: 16,
} as const;

/** What the flags depend on. */
export interface MemorySettings {
  /** The limit of the container in bytes. 0, or more than `total`, is no limit, as `process.constrainedMemory()` says it. */
  readonly limit: number;
  /** The memory of the machine, in bytes. */
  readonly total: number;
  /** Flags that the user has given to Node: by NODE_OPTIONS, or before the name of the script. They win. */
  readonly given: readonly string[];
}

/**
 * The flags that make Node's heap fit into the container's limit. By itself, Node takes no account of what the process
 * needs outside of the heap: in a small container, the kernel ends it before it collects its garbage.
 *
 * @returns no flags where the container has no limit.
 */
export function memoryFlags({ limit, total, given }: MemorySettings): readonly string[] {
  if (limit <= 0 || limit >= total) return [];
  const mib = limit / MIB;
  const semiSpace = semiSpaceOf(mib);
  const heap = ((mib - MEMORY_SHARES.outsideHeap) * MEMORY_SHARES.heapPercent) / 100;
  const oldSpace = Math.max(MEMORY_SHARES.smallestOldSpace, Math.floor(heap - 3 * semiSpace));
  return [
    ...(names(given, "max-old-space-size") ? [] : [`--max-old-space-size=${oldSpace}`]),
    ...(names(given, "max-semi-space-size") ? [] : [`--max-semi-space-size=${semiSpace}`]),
  ];
}

/** V8 rounds up to a power of two, so that is what is reckoned with. */
function semiSpaceOf(mib: number): number {
  const { limitPerSemiSpace, smallestSemiSpace, largestSemiSpace } = MEMORY_SHARES;
  const share = Math.max(smallestSemiSpace, Math.min(largestSemiSpace, mib / limitPerSemiSpace));
  return 2 ** Math.floor(Math.log2(share));
}

/** Whether a flag is given: V8 also reads `_` for `-`, and `--max-old-space-size-percentage` sets the same. */
function names(given: readonly string[], flag: string): boolean {
  return given.some((text) => text.replaceAll("_", "-").startsWith(`--${flag}`));
}
