import type { Step, View } from "../../index.ts";
import { SHIPPED, type Rules } from "../passes.ts";

/** Takes another step than the one that is planned. */
export function instead(change: (view: View, step: Step) => Step): Rules {
  return { ...SHIPPED, plan: (view) => change(view, SHIPPED.plan(view)) };
}

/** Asks for the key before its attempt is on record. */
const noWriteAhead = instead((_view, step) =>
  step.kind === "write-status" && step.why === "WriteAhead" && step.status.attempt?.op === "create"
    ? { kind: "mint", attempt: step.status.attempt }
    : step,
);

/** Revokes the old key before the value of the new one is committed. */
const revokeBeforeCommit = instead((view, step) => {
  const old = view.object.state === "present" ? view.object.status.keyId : undefined;
  if (step.kind !== "commit-secret" || old === undefined || view.pass.remote[old] === "absent") return step;
  return { kind: "revoke-key", keyId: old, reason: "Retired" };
});

/** Records the key in the status before its value is in the Secret. */
const commitAfterStatus = instead((view, step) => {
  const { pendingCommit } = view.pass;
  const { object } = view;
  if (step.kind !== "commit-secret" || pendingCommit === undefined || object.state === "gone") return step;
  if (object.status.fingerprint === pendingCommit.fingerprint) return step;
  const account = { ...view.account, tagsVerified: true };
  return SHIPPED.plan({
    ...view,
    account,
    pass: {
      ...view.pass,
      pendingCommit: { ...pendingCommit, state: { phase: "written", lock: "held", created: false } },
    },
  });
});

/** Takes AlreadyExists, and an answer that was lost, for a lost commit, without a look. */
const noLook = instead((view, step) => {
  const { pendingCommit } = view.pass;
  return step.kind === "read-secret" && pendingCommit?.state.phase === "uncertain"
    ? { kind: "revoke-key", keyId: pendingCommit.keyId, reason: "CommitLost" }
    : step;
});

/** Recovers an attempt without fencing its writer off. */
const noTouch = instead((view, step) => {
  if (step.kind !== "touch-secret") return step;
  const touched = [...view.pass.touched, step.attempt];
  return SHIPPED.plan({ ...view, pass: { ...view.pass, touched } });
});

/** Does not look into what the inventory has found. */
const noFindings: Rules = {
  ...SHIPPED,
  plan: ({ findings: _ignored, ...view }) => SHIPPED.plan(view),
};

/** Takes what the inventory has found for a proof. */
const hintsAsProof = instead((view, step) =>
  step.kind === "get-key" && view.findings?.leftovers.includes(step.keyId) === true
    ? { kind: "revoke-key", keyId: step.keyId, reason: "AttemptAbandoned" }
    : step,
);

/** Revokes at once what the revived attempt of a restored etcd has left. */
const revivedAtOnce = instead((_view, step) => {
  const revived = step.kind === "write-status" && step.why === "Revived" && step.status.previous.at(-1);
  return revived ? { kind: "revoke-key", keyId: revived.keyId, reason: "AttemptAbandoned" } : step;
});

/** Revokes the key of an adoption that is to be undone. */
const revokesUndone = instead((_view, step) =>
  step.kind === "describe-key" && step.why === "Undone"
    ? { kind: "revoke-key", keyId: step.keyId, reason: "AttemptAbandoned" }
    : step,
);

/** Takes a key over without waiting whether its tag stays. */
const noSettling = instead((view, step) => {
  const attempt = view.object.state === "present" ? view.object.status.attempt : undefined;
  if (step.kind !== "rest" || attempt?.taggedAt === undefined) return step;
  return SHIPPED.plan({ ...view, now: attempt.taggedAt + view.timing.settleTime });
});

/** Waits for no rollout: restarts nothing, and looks at no workload. */
const noRollouts: Rules = {
  ...SHIPPED,
  plan: ({ dependents: _ignored, ...view }) => SHIPPED.plan(view),
};

/** Does not look whether Pods still use the old value. */
const noPods = instead((view, step) =>
  step.kind === "read-pods" ? SHIPPED.plan({ ...view, users: { state: "read", pods: [] } }) : step,
);

/** Ways to break the rules that the explorer must notice. */
export const MUTANTS = {
  noWriteAhead,
  revokeBeforeCommit,
  commitAfterStatus,
  noLook,
  noTouch,
  noFindings,
  hintsAsProof,
  revivedAtOnce,
  revokesUndone,
  noSettling,
  noRollouts,
  noPods,
} as const;
