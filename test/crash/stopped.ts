import { History } from "./history.ts";
import { violationsAtAnyTime } from "./invariant.ts";
import { ADOPT_WITH_VALUE, ADOPT_WITHOUT_VALUE, CREATE_LIVE, ROLL_TEST, ROTATE_LIVE } from "./operations.ts";
import type { Operation } from "./operation.ts";
import type { CrashWorld } from "./crash-world.ts";
import type { Point } from "./points.ts";
import { begin, converge, demand, end, withKey } from "./run-row.ts";

/**
 * A controller is stopped (SIGSTOP) in the middle of its work, a second one that believes to lead takes over, and
 * the first one goes on as if no time had passed.
 */
export interface Scenario {
  readonly name: string;
  readonly operation: Operation;
  readonly stop: Point;
  /** Where the second one is stopped too, so that the first one goes on in the middle of its recovery. */
  readonly second?: Point;
  /** Whether what the first one began is given up, or is what remains in the end. */
  readonly winner: "first" | "second" | "either";
}

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "between the mint and its look at the lock",
    operation: CREATE_LIVE,
    stop: { side: "after", step: "mint", occurrence: 1 },
    winner: "second",
  },
  {
    name: "between its look at the lock and the create of the Secret",
    operation: CREATE_LIVE,
    stop: { side: "before", step: "commit-secret", occurrence: 1 },
    winner: "second",
  },
  {
    name: "between the create of the Secret and its second look at the lock",
    operation: CREATE_LIVE,
    stop: { side: "after", step: "commit-secret", occurrence: 1 },
    winner: "first",
  },
  {
    name: "before the create of the Secret, which lands in the middle of the recovery",
    operation: CREATE_LIVE,
    stop: { side: "before", step: "commit-secret", occurrence: 1 },
    second: { side: "after", step: "write-status:Listed", occurrence: 1 },
    winner: "either",
  },
  {
    name: "between the mint of a rotation and its look at the lock",
    operation: ROTATE_LIVE,
    stop: { side: "after", step: "mint", occurrence: 1 },
    winner: "second",
  },
  {
    name: "between its look at the lock and the replacement of the Secret",
    operation: ROTATE_LIVE,
    stop: { side: "before", step: "commit-secret", occurrence: 1 },
    winner: "second",
  },
  {
    name: "before the replacement of the Secret, which is sent when its key was revoked",
    operation: ROTATE_LIVE,
    stop: { side: "before", step: "commit-secret", occurrence: 1 },
    second: { side: "after", step: "revoke-key:AttemptAbandoned", occurrence: 1 },
    winner: "second",
  },
  {
    name: "before it takes over the Secret of an adoption",
    operation: ADOPT_WITH_VALUE,
    stop: { side: "before", step: "rewrite-secret:Adopted", occurrence: 1 },
    // Once the tag has settled, the controller that comes next goes on with the adoption.
    winner: "either",
  },
  {
    name: "between the roll of an adoption and its look at the lock",
    operation: ADOPT_WITHOUT_VALUE,
    stop: { side: "after", step: "roll", occurrence: 1 },
    winner: "second",
  },
  {
    name: "between a roll and its look at the lock",
    operation: ROLL_TEST,
    stop: { side: "after", step: "roll", occurrence: 1 },
    winner: "second",
  },
];

/** Runs a scenario. @throws Violation with the whole story. */
export async function runStopped(world: CrashWorld, scenario: Scenario, file?: string): Promise<void> {
  const { operation, stop, second } = scenario;
  const title = `${operation.name}, stopped ${scenario.name}`;
  await withKey(
    world,
    operation,
    title,
    async (key) => {
      await using history = await History.start(key);
      const first = await begin(key, operation, [{ action: "stop", point: stop }]);
      await first.trapped(["stop"]);
      const facts = await key.facts();
      demand(key, `${title}: while it stands`, facts, await violationsAtAnyTime(key, facts, operation));
      const attempt = facts.status.attempt?.id ?? "";
      const restsBefore = first.rests;
      const other = key.start(second === undefined ? [] : [{ action: "stop", point: second }]);
      if (second === undefined) await key.untilSettled(operation.revision);
      else await other.trapped(["stop"]);
      first.wake();
      await first.rested(restsBefore + 1);
      if (second !== undefined) {
        other.wake();
        await other.rested();
      }
      await converge(key, operation, title);
      const settled = await key.facts();
      await history.reached(settled);
      demand(key, title, settled, violationsOf(history, scenario, attempt));
      await end(key, operation, title);
    },
    file,
  );
}

/** Looks at what the Secret held, one after the other, and what the status called committed. */
function violationsOf(history: History, { winner, operation }: Scenario, attempt: string): readonly string[] {
  const before = operation.from === "delivered" ? 1 : 0;
  const recorded = history.committed.slice(before);
  const last = recorded.at(-1) ?? "";
  const stood = history.inSecret;
  const replaced = stood.slice(stood.indexOf(last)).filter((id) => id !== last);
  const order = stood.join(", then ");
  return [
    ...(recorded.length === 1
      ? []
      : [`the status recorded the commits [${recorded.join(", ")}] and not just one`]),
    ...(replaced.length === 0 ? [] : [`a committed value was replaced: the Secret held ${order}`]),
    ...(winner === "first" && last !== attempt ? [`the commit of ${attempt} was not accepted`] : []),
    ...(winner === "second" && stood.includes(attempt)
      ? [`the value of ${attempt}, which had lost, was written`]
      : []),
  ];
}
