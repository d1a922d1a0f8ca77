import { setTimeout as delay } from "node:timers/promises";
import type { ChaosWorld } from "./chaos-world.ts";
import type { ChaosOptions } from "./options.ts";
import type { Say } from "./quiet.ts";

/** A run needs this time to grow, and to heal from a rollback, in seconds. */
const SECONDS_EACH = 240;

/** When etcd is copied and when it is rolled back to that, as parts of the time. */
interface Planned {
  readonly snapshot: number;
  readonly restore: number;
}

/** The rollbacks of a run: none in a short one. */
export function rollbacksOf({ seconds }: Pick<ChaosOptions, "seconds">): readonly Planned[] {
  const count = Math.floor(seconds / SECONDS_EACH);
  return Array.from({ length: count }, (_, number) => ({
    snapshot: (number + 0.5) / (count + 0.5),
    restore: (number + 0.65) / (count + 0.5),
  }));
}

/**
 * Copies what etcd holds, and rolls it back to that later, as its runbook says: while no controller runs. The servers
 * are away for some seconds each time.
 */
export async function rollBackBetween(
  world: ChaosWorld,
  options: ChaosOptions,
  start: number,
  say: Say,
): Promise<void> {
  const { cluster, recorder } = world;
  const until = async (part: number): Promise<void> =>
    delay(Math.max(0, start + part * options.seconds * 1_000 - Date.now()));
  for (const { snapshot, restore } of rollbacksOf(options)) {
    await until(snapshot);
    const snapshotAt = Date.now();
    const folder = await withoutControllers(world, async () => cluster.snapshotEtcd());
    say(`  etcd was copied after ${inSeconds(snapshotAt - start)} s`);
    await until(restore);
    await withoutControllers(world, async () => cluster.restoreEtcd(folder));
    recorder.rollbacks.push({ snapshotAt, restoredAt: Date.now() });
    say(`  etcd was rolled back after ${inSeconds(Date.now() - start)} s`);
  }
}

async function withoutControllers<R>({ recorder, replicas }: ChaosWorld, work: () => Promise<R>): Promise<R> {
  await Promise.all(replicas.map(async (replica) => replica.hold()));
  const result = await recorder.without(work);
  for (const replica of replicas) replica.release();
  return result;
}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(0);
}
