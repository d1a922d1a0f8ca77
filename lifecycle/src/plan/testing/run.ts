import { isEffect, type Step } from "../step.ts";
import { parseTag } from "../../tag.ts";
import { ownerOf } from "../../identity.ts";
import type { StoredObject, StoredSecret } from "./api-server.ts";
import { secretNameOf } from "./auditor.ts";
import type { Choices } from "./choices.ts";
import type { Controller, Fault } from "./controller.ts";
import type { World } from "./world.ts";

const QUIET = { object: 0, secret: 0 } as const;
const MAX_STEPS = 4_000;
const LONGER_THAN_ANY_OVERLAP = 7_400_000;

/** Thrown where the model world went wrong; its message tells the whole story. */
export class WorldFailure extends Error {
  constructor(world: World, what: string) {
    super(`${what}\n${world.timeline.map((line) => `  ${line}`).join("\n")}`);
    this.name = "WorldFailure";
  }
}

/** Takes one step and looks whether the invariant still holds. */
export function advance(
  world: World,
  controller: Controller,
  faultFor: (step: Step) => Fault = () => "none",
  lag: { object: number; secret: number } = QUIET,
): Step | undefined {
  if (controller.isBusy && controller.wakeAt !== undefined) world.advanceTo(controller.wakeAt);
  world.advanceTo(world.now + 5);
  const step = controller.advance(faultFor, lag);
  check(world);
  return step;
}

function check(world: World): void {
  const [first] = world.auditor.violations;
  if (first !== undefined) throw new WorldFailure(world, first);
}

/**
 * Lets the world run without faults until nothing is left to be done, the clock moving on to whatever is due.
 *
 * @throws WorldFailure if it does not come to rest, or rests short of what is declared.
 */
export function converge(world: World, controllers: readonly Controller[]): void {
  world.log("--- no more faults ---");
  settle(world, controllers);
  for (const object of world.api.objects.values()) checkDelivered(world, object);
  checkNothingLeft(world);
  const before = controllers.reduce((sum, { effects }) => sum + effects, 0);
  settle(world, controllers);
  const after = controllers.reduce((sum, { effects }) => sum + effects, 0);
  if (after !== before) throw new WorldFailure(world, "a world at rest is changed");
}

function settle(world: World, controllers: readonly Controller[]): void {
  let steps = 0;
  let quietRounds = 0;
  while (quietRounds < 2) {
    let effects = 0;
    world.sweep();
    world.rollOut();
    for (const controller of controllers) {
      do {
        steps += 1;
        if (steps > MAX_STEPS) throw new WorldFailure(world, "the world does not come to rest");
        const step = advance(world, controller);
        if (step !== undefined && isEffect(step)) effects += 1;
      } while (controller.isBusy);
      followAdvice(world, controller);
    }
    const wakes = controllers.map(({ wakeAt }) => wakeAt).filter((wakeAt) => wakeAt !== undefined);
    quietRounds = effects === 0 && wakes.length === 0 ? quietRounds + 1 : 0;
    // Beyond what is due, a minute: late effects have arrived by then, and resyncs come round. Once, so
    // long that whatever waits for an age or an overlap has come up.
    const pause = quietRounds === 1 ? LONGER_THAN_ANY_OVERLAP : 60_000;
    world.advanceTo(wakes.length === 0 ? world.now + pause : Math.max(world.now, Math.min(...wakes)));
  }
}

/** A Secret that is not ours is nothing we may touch: its owner does what the condition advises. */
function followAdvice(world: World, controller: Controller): void {
  takeAdoptBack(world, controller);
  if (controller.lastVerdict?.reason !== "SecretConflict") return;
  const object = world.api.objects.get(controller.object);
  if (object === undefined) return;
  const name = secretNameOf(object);
  if (!world.api.secrets.has(name) || world.api.secrets.get(name)?.owner === object.uid) return;
  world.log("*** the Secret is deleted, as SecretConflict advises");
  world.api.removeSecret(name);
  controller.wakeAt = world.now;
}

/** What cannot be adopted is not asked for any longer. */
function takeAdoptBack(world: World, controller: Controller): void {
  if (controller.lastVerdict?.reason !== "AdoptionRefused") return;
  const object = world.api.objects.get(controller.object);
  if (object === undefined || !("mode" in object.desired)) return;
  const { adopt: _refused, ...desired } = object.desired;
  world.log("*** spec.adopt is taken back, as AdoptionRefused advises");
  world.api.editObject(object.name, { desired, generation: object.generation + 1 });
  controller.wakeAt = world.now;
}

function checkDelivered(world: World, object: StoredObject): void {
  if (object.deleting) throw new WorldFailure(world, `${object.name} is never released`);
  const { status } = object;
  // A foreign tag always wins: a recorded key that somebody else has tagged is left alone, whatever becomes of it.
  const tag = parseTag(world.vendor.keys.get(status.keyId ?? "")?.description ?? "");
  if (tag !== undefined && tag.installation !== world.installation) return;
  const key = world.vendor.active().find(({ id }) => id === status.keyId);
  if (key === undefined) throw new WorldFailure(world, `${object.name} has no active key`);
  const secret = world.api.secrets.get(secretNameOf(object));
  if (secret?.value !== key.value)
    throw new WorldFailure(world, `${object.name}'s Secret holds another value`);
  if (secret.previous !== undefined && !isRetiringValue(world, object, secret.previous))
    throw new WorldFailure(world, `${object.name}'s Secret keeps a value that is of no retiring key`);
  const others = world.auditor.keysOf(object).filter(({ id, description }) => {
    const attempt = parseTag(description)?.attempt ?? "";
    return id !== key.id && !world.auditor.excused.has(attempt);
  });
  if (others.length > 0) throw new WorldFailure(world, `${object.name} has ${others.length} keys too many`);
}

function isRetiringValue(world: World, { status }: StoredObject, value: string): boolean {
  const key = world.vendor.active().find((candidate) => candidate.value === value);
  return status.previous.some(({ keyId, reason }) => keyId === key?.id && reason !== "RotationForced");
}

function checkNothingLeft(world: World): void {
  const alive = new Set([...world.api.objects.values()].map(({ uid }) => uid));
  for (const secret of world.api.secrets.values()) {
    const tag = parseTag(world.vendor.keys.get(secret.record?.keyId ?? "")?.description ?? "");
    const attempts = [secret.record?.attempt, tag?.attempt];
    const unrecorded = attempts.some((attempt) => world.auditor.excused.has(attempt ?? ""));
    if (unrecorded || world.auditor.strays.has(secret.uid)) continue;
    if (secret.owner !== undefined && secret.owner.startsWith("uid-") && !alive.has(secret.owner)) {
      throw new WorldFailure(world, `Secret ${secret.name} outlives its ApiKey`);
    }
    if (secret.owner === undefined && isLeftWithoutRecord(world, secret, alive))
      throw new WorldFailure(world, `Secret ${secret.name} lost its record, and outlives its ApiKey`);
  }
  for (const key of world.vendor.active()) {
    const tag = parseTag(key.description);
    if (tag?.installation !== world.installation || world.auditor.excused.has(tag.attempt)) continue;
    const owned = [...world.api.objects.values()].some((object) =>
      world.auditor.keysOf(object).includes(key),
    );
    if (!owned) throw new WorldFailure(world, `key ${key.id} outlives its ApiKey`);
  }
}

/**
 * Whether a Secret whose annotations were stripped holds the value of a key that was made for an ApiKey that is gone.
 * One that came late may have been stripped after its writer had looked, and has revoked its key: nobody can tell
 * whose it is.
 */
function isLeftWithoutRecord(world: World, secret: StoredSecret, alive: ReadonlySet<string>): boolean {
  const { uid, value } = secret;
  if (world.auditor.late.has(uid)) return false;
  const key = [...world.vendor.keys.values()].find((candidate) => candidate.value === value);
  const tag = parseTag(key?.description ?? "");
  if (key === undefined || world.adoptKeyIds.includes(key.id)) return false;
  if (tag?.installation !== world.installation || world.auditor.excused.has(tag.attempt)) return false;
  return ![...alive].some((living) => ownerOf(living) === tag.owner);
}

type Act = "step-a" | "step-b" | "clock" | "arrive" | "sweep" | "roll-out" | "interfere";

/** What a random run may meet. */
export interface Hazards {
  readonly secondController: boolean;
  readonly interference: readonly Interference[];
  /** How many faults, and how many acts of interference, at most. */
  readonly faults: number;
  readonly disturbances: number;
}

/** One way in which somebody meddles with an object; it answers whether there was anything to meddle with. */
export interface Interference {
  readonly name: string;
  readonly apply: (world: World, object: string) => boolean;
}

/** Runs the world by the choices, then lets it converge. */
export function runChoices(world: World, object: string, choices: Choices, hazards: Hazards): void {
  const a = world.controller("A", object);
  const b = world.controller("B", object);
  let { faults, disturbances } = hazards;
  while (!choices.exhausted) {
    const act = choices.weighted<Act>([
      [10, "step-a"],
      [hazards.secondController ? 6 : 0, "step-b"],
      [2, "clock"],
      [1, "arrive"],
      [1, "sweep"],
      [1, "roll-out"],
      [disturbances > 0 ? 2 : 0, "interfere"],
    ]);
    if (act === "clock") world.advanceTo(world.now + choices.weighted(JUMPS));
    else if (act === "arrive") world.arrive();
    else if (act === "sweep") world.sweep();
    else if (act === "roll-out") world.rollOut();
    else if (act === "interfere") {
      const chosen = hazards.interference[choices.pick(hazards.interference.length)];
      if (chosen?.apply(world, object) === true) {
        world.log(`*** ${chosen.name}`);
        disturbances -= 1;
      }
    } else {
      const controller = act === "step-a" ? a : b;
      const lag = controller.isBusy ? QUIET : { object: choices.pick(3), secret: choices.pick(3) };
      advance(world, controller, pickFault, lag);
    }
    check(world);
  }
  converge(world, hazards.secondController ? [a, b] : [a]);

  function pickFault(step: Step): Fault {
    const fault = faults > 0 ? choices.weighted(isEffect(step) ? EFFECT_FAULTS : READ_FAULTS) : "none";
    if (fault !== "none") faults -= 1;
    return fault;
  }
}

const JUMPS = [
  [2, 1_000],
  [2, 12_000],
  [2, 46_000],
  [2, 121_000],
  [1, 3_700_000],
] as const;

const EFFECT_FAULTS: readonly (readonly [number, Fault])[] = [
  [24, "none"],
  [2, "crash-before"],
  [2, "crash-after"],
  [2, "answer-lost"],
  [1, "never-arrived"],
  [2, "late"],
  [1, "rejected"],
  [2, "conflict"],
];

const READ_FAULTS: readonly (readonly [number, Fault])[] = [
  [24, "none"],
  [1, "crash-before"],
  [1, "rejected"],
];
