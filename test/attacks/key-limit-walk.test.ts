import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { isKubeError } from "@signatureapi-keys/controller/kube";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seedOfRun } from "../../lifecycle/src/plan/testing/seed.ts";
import { conditionOf } from "../e2e/conditions.ts";
import { clusterAccount, credentials, namespace, tokenOf, type Manifest } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";

/** Walks of one run; more with `FC_RUNS`. Each takes some ten seconds of a real API server. */
const RUNS = Number(process.env["FC_RUNS"] ?? 2);
const MAX_KEYS = 1;
const NAMES = ["one", "two"] as const;

let world: World;
let walks = 0;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  await world.startController({
    timing: FAST_TIMING,
    flags: ["--inventory-interval", "1s", "--namespace-mint-budget", "100000"],
  });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** What the documentation allows on top of the limit, once for each key, where a walk gave cause for it. */
type Exception = "replaced" | "emergency";

interface Action {
  readonly exception?: Exception;
  /** Does it to an ApiKey; `turn` makes each value a new one. */
  readonly act: (key: OneKey, turn: number) => Promise<void>;
}

/** Everything that an editor of one namespace can do about the number of its keys. */
const ACTIONS: Readonly<Record<string, Action>> = {
  create: { act: declare },
  vanish: {
    act: async (key) => {
      await key.change({ deletionProtection: true });
      await key.delete();
      await strip(key);
      await withoutSecret(key);
    },
  },
  "vanish and create": {
    act: async (key, turn) => {
      await ACTIONS["vanish"]?.act(key, turn);
      await declare(key);
    },
  },
  "strip, delete and create": {
    act: async (key) => {
      await strip(key);
      await key.delete();
      await withoutSecret(key);
      await declare(key);
    },
  },
  delete: { act: async (key) => key.delete() },
  "delete with Retain": {
    act: async (key) => {
      await key.change({ deletionPolicy: "Retain" });
      await key.delete();
    },
  },
  "give up": {
    act: async (key) => {
      await key.annotate({ "signatureapi.com/abandon": "true" });
      await key.delete();
    },
  },
  suspend: { act: async (key) => key.change({ suspend: true }) },
  resume: { act: async (key) => key.change({ suspend: false, deletionProtection: false }) },
  rotate: {
    exception: "replaced",
    act: async (key, turn) => key.change({ rotation: { trigger: String(turn), overlap: "2s" } }),
  },
  "lose the Secret": { exception: "replaced", act: withoutSecret },
  "forge the record": {
    exception: "replaced",
    act: async (key, turn) =>
      key.patchSecret({
        metadata: {
          annotations: { "signatureapi.com/key-id": `ak_${turn}`, "signatureapi.com/attempt": "abcdefgh" },
        },
      }),
  },
  emergency: {
    exception: "emergency",
    act: async (key, turn) => key.annotate({ "signatureapi.com/emergency-rotate": `leaked ${turn}` }),
  },
};

async function declare(key: OneKey): Promise<void> {
  const accountRef = { kind: "ClusterAccount", name: key.namespace };
  const spec: Manifest = { mode: "live", accountRef, rotation: { overlap: "2s" } };
  await world.kube.create(API_KEYS, { metadata: { ...key.ref }, spec });
}

async function strip(key: OneKey): Promise<void> {
  await key.patch({ metadata: { finalizers: null } });
}

async function withoutSecret(key: OneKey): Promise<void> {
  await world.kube.delete(SECRETS, key.ref);
}

/** What is not there cannot be changed, and what is refused was tried. */
async function tryTo(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!isKubeError(error, "not-found", "already-exists", "conflict", "invalid")) throw error;
  }
}

/** Whether the controller has answered what was declared last. */
function isAnswered(object: CustomObject | undefined): "is answered" | undefined {
  if (object === undefined) return "is answered";
  const { attempt } = apiKeyStatusSchema.parse(object.status ?? {});
  // What a working key cannot do now, such as a rotation while it is suspended, is answered by Degraded alone.
  const answered = ["Ready", "Degraded"].map((type) => conditionOf(object, type)?.observedGeneration);
  return answered.includes(object.metadata.generation) && attempt === undefined ? "is answered" : undefined;
}

async function scene(): Promise<string> {
  walks += 1;
  const n = `walk-${walks}`;
  world.addVendorAccount(n);
  const allow = [{ modes: ["live"], namespaceSelector: {}, maxKeys: MAX_KEYS }];
  await world.apply(
    namespace(n),
    credentials("signatureapi-system", { name: n, token: tokenOf(n) }),
    clusterAccount(n, world.emulator.url, { credentials: { name: n }, allow }),
  );
  return n;
}

const ALL = Object.keys(ACTIONS);
/** Those after which no more keys than the limit may be active, at any time. */
const WITHOUT_EXCEPTION = ALL.filter((name) => ACTIONS[name]?.exception === undefined);

function steps(names: readonly string[]): fc.Arbitrary<[string, (typeof NAMES)[number]][]> {
  const loops = { weight: 3, arbitrary: fc.constant("vanish and create") };
  const name = fc.oneof(loops, { weight: 7, arbitrary: fc.constantFrom(...names) });
  return fc.array(fc.tuple(name, fc.constantFrom(...NAMES)), { minLength: 12, maxLength: 16 });
}

async function walk(chosen: readonly (readonly [string, (typeof NAMES)[number]])[]): Promise<void> {
  const n = await scene();
  const keys = new Map(NAMES.map((name) => [name, new OneKey(world, n, { name })]));
  for (const key of keys.values()) await declare(key);
  const exceptions = new Set<Exception>();
  const done: string[] = [];
  for (const [turn, [name, of]] of chosen.entries()) {
    const key = keys.get(of);
    const action = ACTIONS[name];
    if (key === undefined || action === undefined) throw new TypeError("each step names one of both");
    if (action.exception !== undefined) exceptions.add(action.exception);
    done.push(`${name} ${of}`);
    await tryTo(action.act(key, turn));
    for (const each of keys.values()) await each.until(isAnswered);
    const most = MAX_KEYS * (1 + exceptions.size);
    expect(world.activeKeysIn(`acc_${n}`).length, done.join(", ")).toBeLessThanOrEqual(most);
  }
}

test.each([
  ["has no more active keys than its limit", WITHOUT_EXCEPTION],
  ["that can replace keys too, has one replaced key and one emergency for each on top of it", ALL],
])("an editor of a namespace, whatever they do, %s", { timeout: RUNS * 120_000 }, async (_what, names) => {
  const property = fc.asyncProperty(steps(names), walk);
  await fc.assert(property, { seed: seedOfRun(), numRuns: RUNS, endOnFailure: true });
});
