import {
  parseTag,
  withTag,
  type RemoteKey,
  type StatusRecord,
  type Step,
  type StepResult,
  type View,
} from "../../index.ts";
import { SHIPPED, type Rules } from "../passes.ts";
import { instead } from "./mutants.ts";

type Taken = (view: View, step: Step, result: StepResult) => StepResult;

/** Takes another result in than the one that came. */
function taking(change: Taken): Rules {
  return {
    ...SHIPPED,
    applyResult: (view, step, result, now) =>
      SHIPPED.applyResult(view, step, change(view, step, result), now),
  };
}

const DONE: StepResult = { outcome: "done", observed: {} };

/** Takes a request for a key that was not answered for one that was not sent. */
const unknownIsUnsent = taking((_view, { kind }, result) =>
  kind === "mint" && result.outcome === "unknown" ? { ...result, outcome: "rejected", unsent: true } : result,
);

/** Takes a write of the Secret that was not answered for one that was done. */
const unknownIsWritten = taking((_view, { kind }, result) =>
  kind === "commit-secret" && result.outcome === "unknown" ? DONE : result,
);

/** Takes a write-ahead that was not answered for one that was done. */
const unknownIsRecorded = taking(({ object }, step, result) => {
  if (step.kind !== "write-status" || step.why !== "WriteAhead") return result;
  if (result.outcome !== "unknown" || object.state !== "present") return result;
  return { outcome: "done", observed: { object: { ...object, status: step.status } } };
});

/** Takes a revocation that was not answered for one that was done. */
const unknownIsRevoked = taking((_view, { kind }, result) =>
  kind === "revoke-key" && result.outcome === "unknown" ? DONE : result,
);

/** Sees each key as one with a tag of this ApiKey. */
function seeing(isMistaken: (key: RemoteKey) => boolean): Rules {
  return {
    ...SHIPPED,
    plan: (view) => {
      const { installation, owner } = view;
      const tag = { installation, owner, revision: 1, attempt: "mistaken" };
      const remote = Object.entries(view.pass.remote).map(([id, key]) => {
        if (key === "absent" || !isMistaken(key)) return [id, key] as const;
        return [id, { ...key, description: withTag("mistaken", tag) }] as const;
      });
      return SHIPPED.plan({ ...view, pass: { ...view.pass, remote: Object.fromEntries(remote) } });
    },
  };
}

/** Takes each key for its own, whatever its tag says. */
const everyKeyIsOurs = seeing(() => true);

/** Takes a key without a tag for its own, whatever names it. */
const untaggedIsOurs = seeing(({ description }) => parseTag(description) === undefined);

/** Writes other records than those that follow. */
function recording(change: (status: StatusRecord, why: string) => StatusRecord): Rules {
  return instead((_view, step) =>
    step.kind === "write-status" ? { ...step, status: change(step.status, step.why) } : step,
  );
}

/** Does not record what a commit has replaced. */
const forgetsReplaced = recording((status, why) =>
  why === "Committed" ? { ...status, previous: [] } : status,
);

/** Does not record the attempts that it gives up. */
const forgetsAbandoned = recording((status, why) =>
  why === "Abandon" ? { ...status, abandoned: [] } : status,
);

/** Rebuilds a lost status without the keys that retire. */
const rebuildsWithoutPrevious = recording((status, why) =>
  why === "Rebuilt" ? { ...status, previous: [] } : status,
);

/** Does not write the keys that retire next to the value. */
const commitsWithoutPrevious = instead((_view, step) =>
  step.kind === "commit-secret" ? { ...step, record: { ...step.record, previous: [] } } : step,
);

/** Counts every key of the account as recorded. */
const everyKeyIsManaged: Rules = { ...SHIPPED, classifyKey: () => ({ kind: "managed" }) };

/** Takes for unaccounted what an attempt has left. */
const leftIsUnaccounted: Rules = {
  ...SHIPPED,
  classifyKey: (...asked) => {
    const judged = SHIPPED.classifyKey(...asked);
    return judged.kind === "abandoned" ? { kind: "unaccounted" } : judged;
  },
};

/** Sees no drift. */
const noDrift: Rules = { ...SHIPPED, keyDriftOf: () => undefined };

/** Ways to break what results, evidence, records and classification come to. */
export const MUTANTS_OF_RESULTS = {
  unknownIsUnsent,
  unknownIsWritten,
  unknownIsRecorded,
  unknownIsRevoked,
  everyKeyIsOurs,
  untaggedIsOurs,
  forgetsReplaced,
  forgetsAbandoned,
  rebuildsWithoutPrevious,
  commitsWithoutPrevious,
  everyKeyIsManaged,
  leftIsUnaccounted,
  noDrift,
} as const;
