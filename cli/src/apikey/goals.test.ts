import { expect, test } from "vitest";
import { apiKeyFacts, type ApiKeyFacts } from "./facts.ts";
import { judge, type Goal, type Obeyed } from "./goals.ts";
import { progressSteps } from "./progress.ts";

type Changes = Readonly<Record<string, unknown>>;

function apiKey(status: Changes = {}, metadata: Changes = {}, spec: Changes = {}): ApiKeyFacts {
  return apiKeyFacts({
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    metadata: {
      name: "checkout",
      namespace: "shop",
      uid: "1",
      resourceVersion: "1",
      generation: 2,
      ...metadata,
    },
    spec: { mode: "live", ...spec },
    status: {
      observedGeneration: 2,
      keyId: "ak_1",
      fingerprint: "aaaaaaaaaaaa",
      hint: "1234",
      conditions: [condition("Ready", "True", "KeyDelivered")],
      ...status,
    },
  });
}

function condition(type: string, status: string, reason: string): Changes {
  return { type, status, reason, message: "a message", lastTransitionTime: "2026-11-27T12:00:00Z" };
}

const attempt = {
  id: "abcd2345",
  op: "create",
  revision: 2,
  startedAt: "2026-11-27T12:00:00Z",
  reason: "RotationDue",
};
const previous = [{ keyId: "ak_0", revokeAt: "2026-11-27T13:00:00Z", reason: "RotationDue" }];
const EMERGENCY = "signatureapi.com/emergency-rotate";
const ROTATE = "signatureapi.com/rotate";

test.each<[Goal, string, ApiKeyFacts | undefined, Obeyed | undefined, string]>([
  ["ready", "a delivered key", apiKey(), undefined, "reached"],
  ["ready", "a spec that was not looked at", apiKey({ observedGeneration: 1 }), undefined, "pending"],
  [
    "ready",
    "a refused spec",
    apiKey({ conditions: [condition("Ready", "False", "InvalidSpec")] }),
    undefined,
    "pending",
  ],
  ["ready", "no status", apiKey({ conditions: undefined }), undefined, "pending"],
  ["ready", "no ApiKey", undefined, undefined, "impossible"],
  ["ready", "a deletion", apiKey({}, { deletionTimestamp: "2026-11-27T12:00:00Z" }), undefined, "impossible"],
  ["rotated", "no request", apiKey(), undefined, "reached"],
  ["rotated", "an attempt", apiKey({ attempt }), undefined, "pending"],
  [
    "rotated",
    "an emergency that is not obeyed",
    apiKey({}, { annotations: { [EMERGENCY]: "x" } }),
    undefined,
    "pending",
  ],
  [
    "rotated",
    "an obeyed emergency",
    apiKey({ emergency: "x" }, { annotations: { [EMERGENCY]: "x" } }),
    undefined,
    "reached",
  ],
  [
    "rotated",
    "a request that the Secret does not show as obeyed",
    apiKey({}, { annotations: { [ROTATE]: "new" } }),
    { rotate: "old", trigger: undefined },
    "pending",
  ],
  [
    "rotated",
    "a trigger that the Secret does not show as obeyed",
    apiKey({}, {}, { rotation: { trigger: "new" } }),
    { rotate: undefined, trigger: "old" },
    "pending",
  ],
  [
    "rotated",
    "an obeyed request",
    apiKey({}, { annotations: { [ROTATE]: "new" } }),
    { rotate: "new", trigger: undefined },
    "reached",
  ],
  [
    "rotated",
    "a request at a Secret without a record, which is no change",
    apiKey({}, { annotations: { [ROTATE]: "new" } }),
    { rotate: undefined, trigger: undefined },
    "reached",
  ],
  ["retired", "nothing that retires", apiKey(), undefined, "reached"],
  ["retired", "a previous key", apiKey({ previous }), undefined, "pending"],
  ["retired", "an attempt that may leave a previous key", apiKey({ attempt }), undefined, "pending"],
  ["deleted", "an ApiKey", apiKey(), undefined, "pending"],
  ["deleted", "a deletion", apiKey({}, { deletionTimestamp: "2026-11-27T12:00:00Z" }), undefined, "pending"],
  ["deleted", "no ApiKey", undefined, undefined, "reached"],
])("%s with %s", (goal, _, object, obeyed, state) => {
  expect(judge(goal, object, obeyed).state).toBe(state);
});

test("what is missing names reason and message, and the keys that are left", () => {
  const degraded = [
    condition("Ready", "True", "KeyDelivered"),
    condition("Degraded", "True", "RolloutStuck"),
  ];
  expect(judge("retired", apiKey({ previous, conditions: degraded }))).toEqual({
    state: "pending",
    missing: "still active: ak_0 until 2026-11-27T13:00:00Z. RolloutStuck: a message",
  });
});

test("a status that does not fit its schema is shown as none, and the object is", () => {
  const facts = apiKey({ previous: "broken" });
  expect(facts.name).toBe("checkout");
  expect(facts.status).toEqual({});
});

test("the steps of a rotation are reported once each, in their order", () => {
  const committed = {
    keyId: "ak_2",
    fingerprint: "bbbbbbbbbbbb",
    hint: "5678",
    secretName: "checkout",
    previous,
  };
  const restart = { fingerprint: "bbbbbbbbbbbb", committedAt: "2026-11-27T12:00:00Z" };
  const restarted = { ...restart, restartedAt: "2026-11-27T12:00:10Z" };
  const states = [
    apiKey(),
    apiKey({ attempt }),
    apiKey({ attempt }),
    apiKey({ ...committed, restart }),
    apiKey({ ...committed, restart: restarted }),
    apiKey({ ...committed, restart: { ...restarted, completedAt: "2026-11-27T12:00:20Z" } }),
    apiKey({ ...committed, previous: [], restart: { ...restarted, completedAt: "2026-11-27T12:00:20Z" } }),
  ];
  const steps = states.slice(1).flatMap((state, index) => progressSteps(states[index], state));
  expect(steps).toEqual([
    "attempt abcd2345 is recorded (create, RotationDue)",
    "key ak_2 is committed: Secret checkout holds its value (…5678)",
    "key ak_0 retires: it is revoked at 2026-11-27T13:00:00Z, or later if it is in use",
    "the labelled workloads are restarted",
    "their rollouts are complete",
    "key ak_0 is revoked",
  ]);
});

test("the end of an ApiKey is a step", () => {
  const deleting = apiKey({}, { deletionTimestamp: "2026-11-27T12:00:00Z" });
  expect(progressSteps(apiKey(), deleting)).toEqual(["the deletion has begun"]);
  expect(progressSteps(deleting, undefined)).toEqual(["the ApiKey is gone"]);
  expect(progressSteps(undefined, undefined)).toEqual([]);
});
