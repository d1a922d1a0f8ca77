import { SECRET_ANNOTATIONS } from "@signatureapi-keys/controller/resources";
import type { CrashWorld } from "./crash-world.ts";
import type { CrashingController } from "./crashing-controller.ts";
import {
  violationsAtAnyTime,
  violationsDelivered,
  violationsGone,
  violationsRetained,
  violationsUndone,
  violationsUntouched,
} from "./invariant.ts";
import { PREVIOUS_ENTRY } from "./previous-entry.ts";
import type { Operation } from "./operation.ts";
import { pointName, type Pass, type Point } from "./points.ts";
import type { Trap } from "./protocol.ts";
import { report } from "./report.ts";
import { IsolatedKey, type Facts, type KeySetup } from "./isolated-key.ts";

/** Runs an operation without a fault. @returns the names of the steps that it takes, pass by pass. */
export async function record(world: CrashWorld, operation: Operation): Promise<readonly Pass[]> {
  return withKey(world, operation, operation.name, async (key) => {
    const controller = await begin(key, operation, []);
    await converge(key, operation, "without a crash");
    const { passes } = controller;
    await end(key, operation, "without a crash");
    return passes;
  });
}

/**
 * Runs an operation, kills its controller at a point, and lets another one take over.
 *
 * @param patience how long the controller may take to the point, in milliseconds; by default a minute.
 * @throws Error with the whole story where the invariant does not hold directly after the kill, after the
 *   recovery, or after the deletion that follows; and where the controller never comes to the point.
 */
export async function crash(
  world: CrashWorld,
  operation: Operation,
  point: Point,
  { file, patience }: { readonly file?: string; readonly patience?: number } = {},
): Promise<void> {
  const title = `${operation.name}, killed ${pointName(point)}`;
  await withKey(
    world,
    operation,
    title,
    async (key) => {
      const controller = await begin(key, operation, [{ action: "kill", point }]);
      await killed(controller, point, patience);
      const facts = await key.facts();
      demand(
        key,
        `${title}: directly after the kill`,
        facts,
        await violationsAtAnyTime(key, facts, operation),
      );
      await operation.afterKill?.(key);
      key.start();
      await converge(key, operation, title);
      await end(key, operation, title);
    },
    file,
  );
}

/** Resolves when the controller is dead. A row whose controller never comes to the point would test a kill at rest. */
async function killed(controller: CrashingController, point: Point, patience?: number): Promise<void> {
  try {
    await controller.trapped(["kill"], patience);
  } catch (cause) {
    const message = `the row proves nothing: its controller never came to the point ${pointName(point)}`;
    throw new Error(message, { cause });
  }
}

/** Opens a key for an operation; what goes wrong with it is reported with the whole story. */
export async function withKey<R>(
  world: CrashWorld,
  operation: Pick<Operation, "losesAnswer"> & KeySetup,
  title: string,
  work: (key: IsolatedKey) => Promise<R>,
  file = world.file,
): Promise<R> {
  return world.rows.in(async () => {
    const name = world.newName();
    const kubeconfig = operation.losesAnswer === true ? world.losingAnswer(name) : undefined;
    await using key = await IsolatedKey.open(world, file, name, { ...operation, kubeconfig });
    try {
      return await work(key);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Error(report(key, title, await key.facts(), [String(error)]), { cause: error });
    }
  });
}

/** Brings the key to where the operation begins, and lets it begin, with the traps set for it. */
export async function begin(
  key: IsolatedKey,
  operation: Operation,
  traps: readonly Trap[],
): Promise<CrashingController> {
  const { cutOff, held } = operation;
  const holds: readonly Trap[] = held === undefined ? [] : [{ action: "hold", point: held.at }];
  const first = await key.startReady();
  if (operation.from === "delivered") {
    await key.declare();
    await key.untilSettled(1);
    await first.rested();
    await operation.prepare?.(key);
    await key.copyDescription();
  }
  if (operation.restarts === true) {
    await first.stop();
    await operation.act(key);
    return key.start(traps);
  }
  await first.setTraps(
    cutOff === undefined ? [...holds, ...traps] : [...holds, { action: "kill", point: cutOff }],
  );
  await operation.act(key);
  // It may be killed before it comes to where it would be held.
  if (held !== undefined && (await first.trapped(["hold", "kill"])) === "hold") {
    await held.meanwhile(key);
    first.goOn();
  }
  if (cutOff === undefined) return first;
  await first.trapped(["kill"]);
  await operation.afterCutOff?.(key);
  return key.start(traps);
}

export async function converge(key: IsolatedKey, operation: Operation, title: string): Promise<void> {
  await untilConverged(key, operation);
  if (operation.outcome !== "delivered") return;
  const facts = await key.facts();
  demand(key, `${title}: after it has converged`, facts, await violationsDelivered(key, facts));
}

async function untilConverged(key: IsolatedKey, operation: Operation): Promise<void> {
  if (operation.outcome !== "delivered") return key.gone();
  await key.untilSettled(operation.revision);
  await operation.settled?.(key);
  // A previous value goes right after the status has let its key go.
  await key.untilSecret(
    ({ metadata, data }) =>
      metadata.annotations?.[SECRET_ANNOTATIONS.keyId] !== undefined && data?.[PREVIOUS_ENTRY] === undefined,
  );
}

/** Deletes what is left, and looks that nothing of it stays. */
export async function end(key: IsolatedKey, operation: Operation, title: string): Promise<void> {
  if (operation.outcome === "delivered") {
    await key.remove();
  }
  const facts = await key.facts();
  demand(key, `${title}: after the deletion`, facts, await violationsAtTheEnd(key, operation, facts));
}

async function violationsAtTheEnd(
  key: IsolatedKey,
  { outcome }: Operation,
  facts: Facts,
): Promise<readonly string[]> {
  switch (outcome) {
    case "undone":
      return violationsUndone(key, facts);
    case "retained":
      return violationsRetained(key, facts);
    case "untouched":
      return violationsUntouched(key, facts);
    default:
      return violationsGone(key, facts);
  }
}

/** The invariant does not hold. */
class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws Violation with the whole story where there is a violation. */
export function demand(key: IsolatedKey, title: string, facts: Facts, violations: readonly string[]): void {
  if (violations.length > 0) throw new Violation(report(key, title, facts, violations));
}
