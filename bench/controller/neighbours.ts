import { setTimeout as sleep } from "node:timers/promises";
import { ACCOUNTS, API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { isReady } from "../../test/e2e/conditions.ts";
import { accountIdOf, namespace } from "../../test/e2e/manifests.ts";
import { OneKey } from "../../test/e2e/one-key.ts";
import type { World } from "../../test/e2e/world.ts";

/** Something that one namespace does, and that must not matter to another. */
export interface Neighbour {
  readonly name: string;
  /** Makes what needs a controller, while one runs. */
  readonly declare?: (world: World) => Promise<void>;
  /** Makes the rest, while none runs: the next one finds it when it starts. */
  readonly prepare?: (world: World) => Promise<void>;
  /** Goes on while the next controller runs, until the signal. */
  readonly act?: (world: World, signal: AbortSignal) => Promise<void>;
}

const MANAGED = {
  "app.kubernetes.io/managed-by": "signatureapi-controller",
  "signatureapi.com/apikey": "app",
};
const MEBIBYTE = Buffer.alloc(1024 * 1024 - 16, 1).toString("base64");

/** Two workers of the API server at a time: more only wait. */
async function times(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await make(index);
}

function keysIn(world: World, inNamespace: string, count: number): readonly OneKey[] {
  return Array.from(
    { length: count },
    (_, index) => new OneKey(world, inNamespace, { name: `app-${index}` }),
  );
}

async function declareKeys(
  world: World,
  inNamespace: string,
  count: number,
  spec: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await world.addAccount(inNamespace, spec);
  await world.watcher.until(ACCOUNTS, { namespace: inNamespace, name: "default" }, isReady);
  for (const key of keysIn(world, inNamespace, count)) {
    await key.declare({});
    await key.untilReady();
  }
}

const LARGE = "large-objects";
const ENTRIES = "many-entries";
const FORGED = "forged-records";
const DELETIONS = "many-deletions";
const RETIRING = "many-retiring";

/** How many ApiKeys are deleted at once. */
const DELETED = 12;
const SUSPENDED = 10;
const TINY = { secrets: 4, editEveryMs: 500 };
/** A large Secret takes a loaded API server long. */
const PATIENCE = { timeoutMs: 300_000 };

/** How much of everything there is. */
interface Sizes {
  /** Secrets of 1 MiB, and ApiKeys of 250 KiB. */
  readonly large: number;
  /** Of each Secret with many entries. */
  readonly entries: number;
  /** Keys that each forged record names. */
  readonly named: number;
  /** Keys made by hand, which are listed for each deletion. */
  readonly byHand: number;
  /** As many replaced keys as may wait for their revocation, less some. */
  readonly rotations: number;
}

/** All at once. @param scaled makes the counts smaller for a quick run. */
export function neighbours(scaled: (count: number, least?: number) => number): readonly Neighbour[] {
  const sizes = {
    large: scaled(50, 2),
    entries: scaled(100_000, 100),
    named: scaled(2_000, 10),
    byHand: scaled(3_000, 40),
    rotations: scaled(45, 2),
  };
  return [
    largeObjects(sizes),
    manyEntries(sizes),
    forgedRecords(sizes),
    manyDeletions(sizes),
    manyRetiring(sizes),
  ];
}

function largeObjects({ large }: Sizes): Neighbour {
  return {
    name: `${large} Secrets of 1 MiB and ${large} ApiKeys of 250 KiB`,
    prepare: async (world) => {
      await world.apply(namespace(LARGE));
      await times(large, async (index) => {
        const metadata = { namespace: LARGE, name: `large-${index}`, labels: MANAGED };
        await world.kube.create(SECRETS, { metadata, data: { v: MEBIBYTE } }, PATIENCE);
        const annotations = { large: "x".repeat(250_000) };
        await world.kube.create(API_KEYS, {
          metadata: { namespace: LARGE, name: `large-${index}`, annotations },
          spec: { mode: "live" },
        });
      });
    },
  };
}

function manyEntries({ entries }: Sizes): Neighbour {
  return {
    name: `${TINY.secrets} Secrets of ${entries} entries, edited twice a second`,
    prepare: async (world) => {
      await world.apply(namespace(ENTRIES));
      const data = Object.fromEntries(Array.from({ length: entries }, (_, index) => [`e${index}`, ""]));
      await times(TINY.secrets, async (index) => {
        const metadata = { namespace: ENTRIES, name: `tiny-${index}`, labels: MANAGED };
        await world.kube.create(SECRETS, { metadata, data }, PATIENCE);
      });
    },
    act: async (world, signal) => {
      for (let edit = 0; !signal.aborted; edit++) {
        const patch = { metadata: { annotations: { edit: String(edit) } } };
        const ref = { namespace: ENTRIES, name: `tiny-${edit % TINY.secrets}` };
        await world.kube.patch(SECRETS, ref, patch, { type: "merge", ...PATIENCE });
        await sleep(TINY.editEveryMs);
      }
    },
  };
}

function forgedRecords({ named: count }: Sizes): Neighbour {
  return {
    name: `${SUSPENDED} suspended ApiKeys whose Secrets name ${count} keys each, one request per second`,
    declare: async (world) =>
      declareKeys(world, FORGED, SUSPENDED, { rateLimit: { requestsPerSecond: 1, burst: 1 } }),
    prepare: async (world) => {
      const named = Array.from({ length: count }, (_, index) => ({
        keyId: `ak_${String(index).padStart(24, "0")}`,
        revokeAt: "2026-01-01T00:00:00Z",
        reason: "x",
      }));
      const annotations = { "signatureapi.com/previous": JSON.stringify(named) };
      for (const key of keysIn(world, FORGED, SUSPENDED)) {
        await key.change({ suspend: true });
        await key.patchSecret({ metadata: { annotations } });
      }
    },
  };
}

function manyDeletions({ byHand }: Sizes): Neighbour {
  return {
    name: `${DELETED} deletions in an account of ${byHand} keys, ten requests per second`,
    declare: async (world) =>
      declareKeys(world, DELETIONS, DELETED, { rateLimit: { requestsPerSecond: 10, burst: 10 } }),
    prepare: async (world) => {
      for (let index = 0; index < byHand; index++) {
        const description = `Made by hand ${index}`;
        world.emulator.admin.createKey(accountIdOf(DELETIONS), { mode: "live", description });
      }
    },
    act: async (world) => {
      for (const key of keysIn(world, DELETIONS, DELETED)) await key.delete();
    },
  };
}

function manyRetiring({ rotations }: Sizes): Neighbour {
  return {
    name: `the deletion of an ApiKey with ${rotations} replaced keys, one request per second`,
    declare: async (world) => {
      await declareKeys(world, RETIRING, 1);
      const [key] = keysIn(world, RETIRING, 1);
      for (let rotation = 1; rotation <= rotations; rotation++) {
        await key?.change({ rotation: { overlap: "1h", trigger: `rotation-${rotation}` } });
        await key?.untilStatus(
          ({ previous = [], attempt }) => previous.length === rotation && attempt === undefined,
        );
      }
    },
    prepare: async (world) => {
      const spec = { rateLimit: { requestsPerSecond: 1, burst: 1 } };
      await world.kube.patch(ACCOUNTS, { namespace: RETIRING, name: "default" }, { spec }, { type: "merge" });
    },
    act: async (world) => {
      for (const key of keysIn(world, RETIRING, 1)) await key.delete();
    },
  };
}
