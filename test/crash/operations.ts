import {
  ACCOUNTS,
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { refusedFor } from "../e2e/conditions.ts";
import type { Manifest } from "../e2e/manifests.ts";
import type { Point } from "./points.ts";
import { PREVIOUS_ENTRY } from "./previous-entry.ts";
import type { IsolatedKey } from "./isolated-key.ts";
import { OVERLAP } from "./timing.ts";

/** Something that makes a controller work: the steps that this takes are where it is killed. */
export interface Operation {
  readonly name: string;
  readonly spec: Manifest;
  /** Whether the ApiKey is there, and its key delivered, before. */
  readonly from: "nothing" | "delivered";
  act(key: IsolatedKey): Promise<void>;
  readonly outcome: "delivered" | "gone" | "retained" | "untouched" | "undone";
  /** The revision that is delivered in the end. */
  readonly revision: number;
  /** Where the controller is held, and what happens meanwhile. */
  readonly held?: { readonly at: Point; meanwhile(key: IsolatedKey): Promise<void> };
  /** The operation begins where one was cut off here: its own steps are those of the recovery. */
  readonly cutOff?: Point;
  /** What happens before the recovery begins. */
  afterCutOff?(key: IsolatedKey): Promise<void>;
  /** Whether the Secret is edited or deleted by hand, so that it need not hold what the status names. */
  readonly meddles?: boolean;
  /** Whether the Secret's create is carried out and its answer lost, so that a second one finds it there. */
  readonly losesAnswer?: boolean;
  /** Whether each of its rows belongs to the quick part of the matrix. */
  readonly quick?: boolean;
}

const LIVE = { mode: "live" };
const TEST = { mode: "test" };

const create = { from: "nothing", outcome: "delivered", revision: 1 } as const;
const replace = { from: "delivered", outcome: "delivered", revision: 2 } as const;
const remove = { from: "delivered", revision: 1 } as const;

async function declare(key: IsolatedKey): Promise<void> {
  await key.declare();
}

async function deleteSecret(key: IsolatedKey): Promise<void> {
  await key.deleteSecret();
}

async function editValue(key: IsolatedKey): Promise<void> {
  await key.patchSecret({ stringData: { SIGNATUREAPI_KEY: "edited by hand" } });
}

async function stripAnnotations(key: IsolatedKey): Promise<void> {
  const annotations = Object.fromEntries(Object.values(SECRET_ANNOTATIONS).map((name) => [name, null]));
  await key.patchSecret({ metadata: { annotations } });
}

async function wipeStatus(key: IsolatedKey): Promise<void> {
  await key.wipeStatus();
}

async function trigger(key: IsolatedKey): Promise<void> {
  await key.change({ rotation: { overlap: OVERLAP, trigger: "two" } });
}

/** The old key is held for a rollout, and then for Pods. */
async function triggerWithDependents(key: IsolatedKey): Promise<void> {
  await key.deploy();
  await key.change({ rotation: { overlap: OVERLAP, trigger: "two", holdWhileInUse: true } });
}

async function callEmergency(key: IsolatedKey): Promise<void> {
  await key.annotate({ "signatureapi.com/rotate": "leaked" });
}

async function deleteApiKey(key: IsolatedKey): Promise<void> {
  await key.delete();
}

/** Annotated first, so that no deletion waits for an annotation that comes only after a crash. */
async function giveUp(key: IsolatedKey): Promise<void> {
  await key.annotate({ "signatureapi.com/abandon": "true" });
  await key.delete();
}

async function giveUpWithoutCredentials(key: IsolatedKey): Promise<void> {
  const { world, namespace } = key;
  await world.kube.delete(SECRETS, { namespace, name: "credentials" });
  await world.watcher.until(ACCOUNTS, { namespace, name: "default" }, refusedFor("CredentialsNotFound"));
  await giveUp(key);
}

/** The account is usable all the while: only the request that would take the tag off is not carried out. */
async function giveUpWithoutAnswer(key: IsolatedKey): Promise<void> {
  key.world.emulator.admin.addFault({
    match: { account: key.accountId, operation: "updateApiKey" },
    times: 1_000,
    fault: { kind: "html" },
  });
  await giveUp(key);
}

/** What a second controller does that believes the attempt to be cut off: it takes the lock away. */
async function giveUpAttempt({ world, ref }: IsolatedKey): Promise<void> {
  const object = await world.kube.get(API_KEYS, ref);
  const { attempt, ...status } = apiKeyStatusSchema.parse(object.status);
  if (attempt === undefined) throw new Error("an attempt is given up while one is under way");
  const abandoned = [{ ...attempt, abandonedAt: new Date().toISOString(), listings: 0 }];
  await world.kube.updateStatus(API_KEYS, { ...object, status: { ...status, abandoned } });
}

function at(side: Point["side"], step: string, occurrence = 1): Point {
  return { side, step, occurrence };
}

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
  quick: true,
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
  quick: true,
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
  afterCrash(GIVE_UP, at("before", "describe-key")),
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
];
