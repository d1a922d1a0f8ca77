import { formatTag } from "@signatureapi-keys/lifecycle";
import type { Properties } from "../dynamic/wire.ts";
import type { Rules } from "./process.ts";
import { runQuietly } from "./rest.ts";
import type { Budget, Command, State, World } from "./state.ts";

const START = Date.parse("2026-11-02T09:00:00.000Z");
const OWNER = "0123456789abcdef";
const IDENTITY = { installation: "0123456789", owner: OWNER };
const STRANGER = {
  installation: "ffffffffff",
  owner: OWNER,
  revision: 1,
  attempt: "aaaaaaaa",
  unconfirmed: true,
};

const live = (trigger: string): Properties => ({
  ...IDENTITY,
  mode: "live",
  description: "Checkout",
  deletionPolicy: "Revoke",
  rotation: { trigger, overlap: "2h" },
});
const test = (trigger: string): Properties => ({
  ...IDENTITY,
  mode: "test",
  description: "Sandbox",
  deletionPolicy: "Revoke",
  rotation: { trigger },
});

const DECLARATIONS = {
  nothing: undefined,
  a: live("a"),
  b: live("b"),
  kept: { ...live("a"), deletionPolicy: "Retain" },
  "test a": test("a"),
  "test b": test("b"),
} as const;

const up = (declared: keyof typeof DECLARATIONS): Command => ({ kind: "up", declared });
const REFRESH: Command = { kind: "refresh" };
const DESTROY: Command = { kind: "destroy" };
const past = (command: Command) => ({ stack: 0, command });

const one = (name: string, history: World["history"], commands: readonly Command[]): World => ({
  name,
  declarations: DECLARATIONS,
  commands,
  stacks: 1,
  history,
});

/** The worlds that are searched: what was run before, and what users may run now. */
export const WORLDS: readonly World[] = [
  one("create", [], [up("a"), DESTROY]),
  one("rotate", [past(up("a"))], [up("b"), up("a"), REFRESH]),
  one("retire", [past(up("a")), past(up("b")), { passes: 7_300_000 }], [up("b"), up("a"), REFRESH]),
  one("replace", [past(up("a"))], [{ kind: "up", declared: "a", replace: "create first" }, up("a")]),
  one("destroy", [past(up("a"))], [up("b"), DESTROY, up("nothing")]),
  one("retain", [past(up("kept"))], [up("b"), up("kept"), DESTROY]),
  one("roll", [past(up("test a"))], [up("test b"), up("test a"), REFRESH]),
  one(
    "replace the test key",
    [past(up("test a"))],
    [{ kind: "up", declared: "test a", replace: "delete first" }, up("test a")],
  ),
  { ...one("twins", [past(up("a"))], [up("a"), up("b"), DESTROY]), stacks: 2 },
];

/** The first state of a world: what was run before has been run, and a stranger's keys are in the account. */
export async function firstState(world: World, rules: Rules, budget: Budget): Promise<State> {
  const empty = { checkpoint: { resource: undefined, condemned: [], pending: [] }, declared: "nothing" };
  const byHand = { mode: "live", revoked: false, born: 0, madeBy: undefined, confirmed: false } as const;
  const keys = [
    {
      ...byHand,
      id: "ak_1",
      description: "Made by hand",
      value: "key_live_model000000000001",
      createdAt: START,
    },
    {
      ...byHand,
      id: "ak_2",
      description: `Checkout ${formatTag(STRANGER)}`,
      value: "key_live_model000000000002",
      createdAt: START,
    },
  ];
  let state: State = {
    now: START + 3_600_000,
    keys,
    before: keys,
    stacks: Array.from({ length: world.stacks }, () => empty),
    processes: [],
    late: [],
    active: undefined,
    nextKey: 3,
    nextProcess: 1,
    budget,
  };
  for (const event of world.history) {
    state =
      "passes" in event
        ? { ...state, now: state.now + event.passes }
        : await runQuietly(state, event, world, rules);
  }
  return { ...state, before: state.keys, active: undefined };
}
