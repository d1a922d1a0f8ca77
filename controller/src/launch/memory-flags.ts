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
  largestSemiSpace: 4,
} as const;

/**
 * What keeps memory small with and without a limit, since V8 takes what nobody denies it: garbage may be a fifth of what
 * lives, WebAssembly (the parser of HTTP) is compiled once and simply, and one function is optimised at a time.
 */
const FRUGAL = ["--heap-growing-percent=20", "--liftoff-only", "--no-concurrent-recompilation"] as const;

/** glibc otherwise keeps freed memory for each thread. */
export const MEMORY_ENVIRONMENT = { MALLOC_ARENA_MAX: "1" } as const;

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
 * The flags that keep Node's heap small, and make it fit into the container's limit. By itself, Node takes no account of
 * what the process needs outside of the heap: in a small container, the kernel ends it before it collects its garbage.
 */
export function memoryFlags({ limit, total, given }: MemorySettings): readonly string[] {
  const isLimited = limit > 0 && limit < total;
  const mib = isLimited ? limit / MIB : Number.POSITIVE_INFINITY;
  const semiSpace = semiSpaceOf(mib);
  const heap = ((mib - MEMORY_SHARES.outsideHeap) * MEMORY_SHARES.heapPercent) / 100;
  const oldSpace = Math.max(MEMORY_SHARES.smallestOldSpace, Math.floor(heap - 3 * semiSpace));
  const wanted = [
    ...(isLimited ? [`--max-old-space-size=${oldSpace}`] : []),
    `--max-semi-space-size=${semiSpace}`,
    ...FRUGAL,
  ];
  return wanted.filter((flag) => !isGiven(given, flag));
}

/** V8 rounds up to a power of two, so that is what is reckoned with. */
function semiSpaceOf(mib: number): number {
  const { limitPerSemiSpace, smallestSemiSpace, largestSemiSpace } = MEMORY_SHARES;
  const share = Math.max(smallestSemiSpace, Math.min(largestSemiSpace, mib / limitPerSemiSpace));
  return 2 ** Math.floor(Math.log2(share));
}

/**
 * Whether a flag is given, or its opposite: V8 also reads `_` for `-`, and `--max-old-space-size-percentage` sets the same
 * as `--max-old-space-size`.
 */
function isGiven(given: readonly string[], flag: string): boolean {
  const name = nameOf(flag);
  return given.some((text) => text.startsWith("--") && nameOf(text.replaceAll("_", "-")).startsWith(name));
}

function nameOf(flag: string): string {
  return flag.replace(/^--(no-?)?/, "").replace(/=.*/, "");
}
