import {
  callEmergency,
  declare,
  deleteApiKey,
  deleteLeftApiKey,
  deleteSecret,
  editValue,
  giveUp,
  giveUpAttempt,
  giveUpWithoutAnswer,
  giveUpWithoutCredentials,
  stripAnnotations,
  trigger,
  triggerWithDependents,
  wipeStatus,
} from "./acts.ts";
import { at, create, LIVE, remove, replace, TEST, type Operation } from "./operation.ts";
import { OUTSIDE_OPERATIONS } from "./outside-operations.ts";
import type { Point } from "./points.ts";
import { PREVIOUS_ENTRY } from "./previous-entry.ts";

/** The operation's recovery from a crash: one that is killed in it has been killed twice. */
function afterCrash(operation: Operation, point: Point): Operation {
  return {
    ...operation,
    quick: false,
    name: `${operation.name}, cut off ${point.side} ${point.step}`,
    cutOff: point,
  };
}

export const CREATE_LIVE: Operation = {
  ...create,
  name: "create a live key",
  spec: LIVE,
  act: declare,
  quick: true,
};
export const CREATE_UNANSWERED: Operation = {
  ...CREATE_LIVE,
  quick: false,
  name: "create a live key, and lose the answer to the create of its Secret",
  losesAnswer: true,
};
const CREATE_TEST: Operation = { ...create, name: "create a test key", spec: TEST, act: declare };
export const ROTATE_LIVE: Operation = {
  ...replace,
  name: "rotate a live key",
  spec: LIVE,
  act: trigger,
  quick: true,
};
export const ROLL_TEST: Operation = {
  ...replace,
  quick: true,
  name: "roll a test key whose Secret was deleted",
  spec: TEST,
  act: deleteSecret,
  meddles: true,
};

export const ADOPT_WITH_VALUE: Operation = {
  ...create,
  quick: true,
  name: "adopt a key with its value",
  spec: LIVE,
  act: async (key) => key.declareAdopting(true),
};
export const ADOPT_WITHOUT_VALUE: Operation = {
  ...create,
  name: "adopt a key without its value",
  spec: LIVE,
  act: async (key) => key.declareAdopting(false),
};

const GIVE_UP: Operation = {
  ...remove,
  name: "give up",
  spec: LIVE,
  act: giveUp,
  outcome: "retained",
};

/** Every operation of the matrix. */
export const OPERATIONS: readonly Operation[] = [
  CREATE_LIVE,
  CREATE_UNANSWERED,
  CREATE_TEST,
  {
    ...replace,
    name: "replace a live key whose Secret was deleted",
    spec: LIVE,
    act: deleteSecret,
    meddles: true,
  },
  ROLL_TEST,
  {
    ...replace,
    name: "replace a live key whose value was edited",
    spec: LIVE,
    act: editValue,
    meddles: true,
  },
  ROTATE_LIVE,
  {
    ...replace,
    name: "rotate a live key whose Secret keeps the previous value",
    spec: { ...LIVE, secret: { previousKey: PREVIOUS_ENTRY } },
    act: trigger,
  },
  { ...replace, name: "rotate a live key that Pods use", spec: LIVE, act: triggerWithDependents },
  { ...replace, name: "replace a live key in an emergency", spec: LIVE, act: callEmergency },
  {
    ...replace,
    revision: 1,
    name: "restore annotations that were stripped",
    spec: LIVE,
    act: stripAnnotations,
    meddles: true,
  },
  { ...replace, revision: 1, name: "rebuild a status that was wiped", spec: LIVE, act: wipeStatus },
  { ...remove, name: "delete", spec: LIVE, act: deleteApiKey, outcome: "gone", quick: true },
  {
    ...remove,
    name: "delete and retain",
    spec: { ...LIVE, deletionPolicy: "Retain" },
    act: deleteApiKey,
    outcome: "retained",
    quick: true,
  },
  GIVE_UP,
  {
    ...GIVE_UP,
    quick: false,
    name: "give up without credentials",
    act: giveUpWithoutCredentials,
    outcome: "untouched",
  },
  {
    ...GIVE_UP,
    quick: false,
    name: "give up without an answer",
    act: giveUpWithoutAnswer,
    outcome: "untouched",
  },
  ADOPT_WITH_VALUE,
  ADOPT_WITHOUT_VALUE,
  afterCrash(CREATE_LIVE, at("after", "mint")),
  afterCrash(ROTATE_LIVE, at("after", "mint")),
  afterCrash(ROLL_TEST, at("after", "roll")),
  {
    ...afterCrash(CREATE_LIVE, at("after", "mint")),
    name: "delete while a creation is cut off after mint",
    afterCutOff: deleteApiKey,
    outcome: "gone",
  },
  afterCrash(GIVE_UP, at("before", "describe-key:Retained")),
  afterCrash(ADOPT_WITH_VALUE, at("after", "tag-key")),
  afterCrash(ADOPT_WITHOUT_VALUE, at("after", "roll")),
  {
    ...afterCrash(ADOPT_WITH_VALUE, at("after", "tag-key")),
    name: "delete while an adoption is cut off after its tag",
    afterCutOff: deleteApiKey,
    outcome: "undone",
  },
  {
    ...afterCrash(ROTATE_LIVE, at("after", "commit-secret")),
    name: "delete while a rotation is cut off after commit-secret, and annotations were stripped",
    afterCutOff: async (key) => {
      await stripAnnotations(key);
      await deleteApiKey(key);
    },
    outcome: "gone",
  },
  {
    ...CREATE_LIVE,
    quick: false,
    name: "create a live key and lose the lock during the commit",
    held: { at: at("before", "commit-secret"), meanwhile: giveUpAttempt },
  },
  {
    ...CREATE_LIVE,
    quick: false,
    name: "create a live key and delete its ApiKey during the commit",
    held: { at: at("after", "mint"), meanwhile: deleteApiKey },
    afterKill: deleteLeftApiKey,
    outcome: "gone",
  },
  ...OUTSIDE_OPERATIONS,
];
