import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { conditionOf, isReady } from "../e2e/conditions.ts";
import type { World } from "../e2e/world.ts";
import type { CrashingController } from "./crashing-controller.ts";
import {
  PREVIOUS_ENTRY,
  violationsAtAnyTime,
  violationsDelivered,
  violationsGone,
  violationsRetained,
  violationsUndone,
  violationsUntouched,
} from "./invariant.ts";
import type { Operation } from "./operations.ts";
import type { Point } from "./points.ts";
import { isCertain, pointName } from "./points.ts";
import type { Trap } from "./protocol.ts";
import { report } from "./report.ts";
import { Room, type Facts } from "./room.ts";

/** Where rows are run. */
export interface Stage {
  readonly world: World;
  /** The bundle of the process to be killed. */
  readonly file: string;
  /** Says that this is one of the rows that run now; resolves with what gives the place free again. */
  enter(): Promise<() => void>;
  /** A name that no other namespace has. */
  newName(): string;
  /** The kubeconfig of a path to the API server on which the answer to the first create of a Secret is lost. */
  losingAnswer(namespace: string): string;
}

/** Runs an operation without a fault. @returns the names of the steps that it takes. */
export async function record(stage: Stage, operation: Operation): Promise<readonly string[]> {
  return inRoom(stage, operation, operation.name, async (room) => {
    const controller = await begin(room, operation, []);
    await converge(room, operation, "without a crash");
    const { steps } = controller;
    await end(room, operation, "without a crash");
    return steps;
  });
}

/**
 * Runs an operation, kills its controller at a point, and lets another one take over.
 *
 * @throws Error with the whole story where the invariant does not hold directly after the kill, after the
 *   recovery, or after the deletion that follows.
 */
export async function crash(stage: Stage, operation: Operation, point: Point): Promise<void> {
  const title = `${operation.name}, killed ${pointName(point)}`;
  await inRoom(stage, operation, title, async (room) => {
    const controller = await begin(room, operation, [{ action: "kill", point }]);
    await killed(room, operation, controller, point);
    const facts = await room.facts();
    demand(
      room,
      `${title}: directly after the kill`,
      facts,
      await violationsAtAnyTime(room, facts, operation),
    );
    room.start();
    await converge(room, operation, title);
    await end(room, operation, title);
  });
}

/**
 * Resolves when the controller is dead. How often it looks at an object again, and reports on it, depends on when
 * its watch catches up: one that finishes without that look is killed at rest.
 */
async function killed(
  room: Room,
  operation: Operation,
  controller: CrashingController,
  { step }: Point,
): Promise<void> {
  const trapped = controller.trapped("kill");
  if (isCertain(step)) {
    await trapped;
    return;
  }
  await Promise.race([trapped, untilConverged(room, operation)]);
  await controller.kill();
  // Where it was killed from here, the trap was waited for in vain.
  await trapped.catch(() => undefined);
}

/** Opens a room for an operation; what goes wrong in it is told with the whole story. */
export async function inRoom<R>(
  stage: Stage,
  operation: Pick<Operation, "spec" | "losesAnswer">,
  title: string,
  work: (room: Room) => Promise<R>,
): Promise<R> {
  const leave = await stage.enter();
  try {
    const name = stage.newName();
    const kubeconfig = operation.losesAnswer === true ? stage.losingAnswer(name) : undefined;
    await using room = await Room.open(stage.world, stage.file, name, operation.spec, kubeconfig);
    try {
      return await work(room);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Error(report(room, title, await room.facts(), [String(error)]), { cause: error });
    }
  } finally {
    leave();
  }
}

/** Brings the room to where the operation begins, and lets it begin, with the traps set for it. */
export async function begin(
  room: Room,
  operation: Operation,
  traps: readonly Trap[],
): Promise<CrashingController> {
  const { cutOff, held } = operation;
  const holds: readonly Trap[] = held === undefined ? [] : [{ action: "hold", point: held.at }];
  const first = await room.startReady();
  if (operation.from === "delivered") {
    await room.declare();
    await untilSettled(room, 1);
    await first.rested();
    await room.copyDescription();
  }
  await first.arm(
    cutOff === undefined ? [...holds, ...traps] : [...holds, { action: "kill", point: cutOff }],
  );
  await operation.act(room);
  // It may be killed before it comes to where it would be held.
  if (held !== undefined && (await first.trapped("hold", "kill")) === "hold") {
    await held.meanwhile(room);
    first.goOn();
  }
  if (cutOff === undefined) return first;
  await first.trapped("kill");
  await operation.afterCutOff?.(room);
  return room.start(traps);
}

export async function converge(room: Room, operation: Operation, title: string): Promise<void> {
  await untilConverged(room, operation);
  if (operation.outcome !== "delivered") return;
  const facts = await room.facts();
  demand(room, `${title}: after it has converged`, facts, await violationsDelivered(room, facts));
}

async function untilConverged(room: Room, operation: Operation): Promise<void> {
  if (operation.outcome !== "delivered") return untilGone(room);
  await untilSettled(room, operation.revision);
  // A previous value goes right after the status has let its key go.
  await room.until(
    SECRETS,
    (secret) =>
      secret?.metadata.annotations?.[SECRET_ANNOTATIONS.keyId] !== undefined &&
      secret.data?.[PREVIOUS_ENTRY] === undefined,
  );
}

/** Deletes what is left, and looks that nothing of it stays. */
export async function end(room: Room, operation: Operation, title: string): Promise<void> {
  if (operation.outcome === "delivered") {
    await room.world.kube.delete(API_KEYS, room.ref);
    await untilGone(room);
  }
  const facts = await room.facts();
  demand(room, `${title}: after the deletion`, facts, await violationsAtTheEnd(room, operation, facts));
}

async function violationsAtTheEnd(
  room: Room,
  { outcome }: Operation,
  facts: Facts,
): Promise<readonly string[]> {
  switch (outcome) {
    case "undone":
      return violationsUndone(room, facts);
    case "retained":
      return violationsRetained(room, facts);
    case "untouched":
      return violationsUntouched(room, facts);
    default:
      return violationsGone(room, facts);
  }
}

export async function untilSettled(room: Room, revision: number): Promise<void> {
  await room.until(API_KEYS, (object) => object !== undefined && isSettled(object, revision));
}

async function untilGone(room: Room): Promise<void> {
  await room.until(API_KEYS, (object) => object === undefined);
}

function isSettled(object: CustomObject, revision: number): boolean {
  const status = apiKeyStatusSchema.parse(object.status ?? {});
  const underWay = ["Reconciling", "Stalled"].some((type) => conditionOf(object, type) !== undefined);
  const retired = (status.previous ?? []).length === 0;
  const told = status.restart === undefined || status.restart.restartedAt !== undefined;
  const finished = status.attempt === undefined && retired && told && !underWay;
  return isReady(object) === true && finished && (status.revision ?? 0) >= revision;
}

/** The invariant does not hold. */
class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws Violation with the whole story where there is a violation. */
export function demand(room: Room, title: string, facts: Facts, violations: readonly string[]): void {
  if (violations.length > 0) throw new Violation(report(room, title, facts, violations));
}
