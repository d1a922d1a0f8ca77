import type { Step } from "../index.ts";
import { take, type Action } from "./actions.ts";
import { converge } from "./converge.ts";
import { emptyState, idle } from "./declare.ts";
import type { Fault } from "./faults.ts";
import type { InterferenceName } from "./interference/interferences.ts";
import { FRESH, SHIPPED, type Lag, type Rules } from "./passes.ts";
import type { Budget, State, Worker } from "./state.ts";
import { objectAt, secretAt } from "./store.ts";
import type { StoredObject, StoredSecret, VendorKey } from "./stored.ts";
import { keyNamed } from "./vendor.ts";
import { line } from "./timeline.ts";

/** What may go wrong with one step of a walk. */
export type StepFault = Fault | "crash-before" | "crash-after";

const UNBOUNDED: Budget = {
  crashes: Number.POSITIVE_INFINITY,
  faults: Number.POSITIVE_INFINITY,
  interferences: Number.POSITIVE_INFINITY,
  sweeps: Number.POSITIVE_INFINITY,
  switches: Number.POSITIVE_INFINITY,
  ticks: Number.POSITIVE_INFINITY,
  disturbances: Number.POSITIVE_INFINITY,
};

/** How long a step takes, in milliseconds. */
const STEP_TIME = 5;

/** Thrown where the world went wrong; its message is the whole story. */
export class WorldFailure extends Error {
  constructor(what: string, timeline: readonly string[]) {
    super([what, ...timeline].join("\n"));
    this.name = "WorldFailure";
  }
}

/** One way through the model, a step at a time: each is held against the invariant. Workers go by their indexes. */
export class Walk {
  state: State;
  readonly #rules: Rules;
  readonly #trace: (readonly [before: State, action: Action, after: State])[] = [];

  /** @param prepare makes the world that the walk begins in. */
  constructor(prepare: (state: State) => State, rules: Rules = SHIPPED) {
    this.state = prepare(emptyState(UNBOUNDED));
    this.#rules = rules;
  }

  /** A controller, at work on one ApiKey. @returns its index. */
  worker(changes: Partial<Worker> = {}): number {
    const { workers, now } = this.state;
    const worker = { ...idle(workers.length, 0, now), ...changes };
    this.state = { ...this.state, workers: [...workers, worker] };
    return workers.length;
  }

  /** Takes an action. @returns whether there was something that it could be done to. */
  take(action: Action): boolean {
    const moved = take(this.state, action, this.#rules);
    if (moved === undefined) return false;
    this.#note(this.state, action, moved.state);
    this.state = moved.state;
    if (moved.violation !== undefined) throw this.failure(moved.violation);
    return true;
  }

  /** Changes the world in a way that no action does. */
  change(change: (state: State) => State): void {
    this.state = change(this.state);
  }

  /** Begins a pass, or takes the next step of the one under way. @returns the step taken, if any. */
  advance(
    worker: number,
    faultFor: (step: Step) => StepFault = () => "none",
    lag: Lag = FRESH,
  ): Step | undefined {
    const { pass, wakeAt = 0 } = this.at(worker);
    const wait = pass === undefined ? 0 : Math.max(0, wakeAt - this.state.now);
    this.wait(wait + STEP_TIME);
    if (pass === undefined) {
      this.take({ kind: "begin", worker, lag });
      return undefined;
    }
    this.#step(worker, faultFor(pass.step));
    return pass.step;
  }

  #step(worker: number, fault: StepFault): void {
    const { controller } = this.at(worker);
    if (fault === "crash-before") return this.crash(controller);
    const plain = fault === "crash-after" || !this.take({ kind: "step", worker, fault });
    if (plain) this.take({ kind: "step", worker, fault: "none" });
    if (fault === "crash-after") this.crash(controller);
  }

  crash(controller: number): void {
    this.take({ kind: "crash", controller });
  }

  /** Lets the clock go on by so many milliseconds. */
  wait(by: number): void {
    this.take({ kind: "clock", by });
  }

  /** Meddles with an ApiKey. @throws WorldFailure where there is nothing to meddle with. */
  interfere(what: InterferenceName, apiKey = 0): void {
    if (!this.take({ kind: "interfere", what, apiKey })) throw this.failure(`it is in vain that ${what}`);
  }

  /** Lets these workers go on without faults. @throws WorldFailure if the world does not come to rest as declared. */
  converge(...workers: readonly number[]): void {
    const trace = this.#note.bind(this);
    const { state, violation } = converge(this.state, this.#rules, { workers, trace });
    this.state = state;
    if (violation !== undefined) throw this.failure(violation);
  }

  /** A worker as it is now. */
  at(index: number): Worker {
    const worker = this.state.workers[index];
    if (worker === undefined) throw new RangeError(`there is no worker ${index}`);
    return worker;
  }

  get object(): StoredObject | undefined {
    return objectAt(this.state.cluster, 0);
  }

  get secret(): StoredSecret | undefined {
    return secretAt(this.state.cluster, 0);
  }

  key(id: string): VendorKey | undefined {
    return keyNamed(this.state, id);
  }

  /** The IDs of the active keys. */
  get active(): readonly string[] {
    return this.state.keys.filter(({ status }) => status === "active").map(({ id }) => id);
  }

  failure(what: string): WorldFailure {
    const first = this.#trace[0]?.[0] ?? this.state;
    return new WorldFailure(
      what,
      this.#trace.map((step) => line(first, ...step)),
    );
  }

  #note(before: State, action: Action, after: State): void {
    if (action.kind !== "clock") this.#trace.push([before, action, after]);
  }
}
