import { type Attempt, isAdoption } from "../attempt.ts";
import { disbelievedUntil, notVisibleProblem } from "./records/absence.ts";
import { isGivenUp } from "./records/given-up.ts";
import { retryTime } from "./records/verdicts.ts";
import { applyRestart, applyWithoutDependents } from "./results/dependents.ts";
import {
  distrustOldJudgements,
  forgetKey,
  forgetOutdated,
  lookAgain,
  lookAtLockAgain,
  missKey,
  seeKey,
  toBeReadAgain,
} from "./results/looks.ts";
import { applyFailureToCommit, applyKeySeen, applyMint, moveCommit } from "./results/pending-commit.ts";
import type { Observed, StepResult } from "./results/step-result.ts";
import type { Step } from "./step.ts";
import { isPresent, type View } from "./view/view.ts";

/** Folds the result of a step into the view: the only place where what a pass knows changes. */
export function applyResult(view: View, step: Step, result: StepResult, now: number): View {
  const next = forgetOutdated({ ...view, now }, step);
  return result.outcome === "done" ? applyDone(next, step, result.observed) : applyFailed(next, step, result);
}

function applyDone(view: View, step: Step, observed: Observed): View {
  const seen: View = {
    ...view,
    object: observed.object ?? view.object,
    secret: observed.secret ?? view.secret,
    account: observed.account ?? view.account,
    pass: {
      ...view.pass,
      ...(observed.listing === undefined ? {} : { listing: observed.listing }),
      ...(observed.altered === undefined ? {} : { shapeProblem: observed.altered }),
    },
  };
  switch (step.kind) {
    case "read-object": {
      const trusted = distrustOldJudgements(view, seen);
      return moveCommit(trusted, { type: "object-read", object: seen.object, secret: trusted.secret });
    }
    case "read-secret": {
      const { object, secret } = seen;
      return moveCommit(lookAtLockAgain(seen), { type: "secret-read", object, secret });
    }
    case "get-key":
      return applyLook(seen, step, observed.remote);
    case "list-keys":
      // Remote first, Kubernetes after: a commit that came while the keys were listed must be seen.
      return { ...seen, secret: { state: "unread" } };
    case "find-claims": {
      const { claims } = observed;
      return claims === undefined ? seen : { ...seen, pass: { ...seen.pass, claims } };
    }
    case "tag-key": {
      const tagged = { ...seen, pass: { ...seen.pass, tagged: step.attempt.id } };
      return seeKey(tagged, step.keyId, observed.remote);
    }
    case "reserve-key":
      return { ...seen, pass: { ...seen.pass, allowance: "granted" } };
    case "preflight-secret":
      return { ...seen, pass: { ...seen.pass, preflight: "passed" } };
    case "write-status":
      return applyStatusWrite(seen, step.why, step.status.attempt);
    case "mint":
    case "roll":
      return applyMint(seen, step, observed.minted);
    case "commit-secret":
      // What is known of workloads is about the value before.
      return moveCommit(
        { ...seen, dependents: seen.dependents && { state: "unread" } },
        { type: "written", created: step.replaces === undefined },
      );
    case "touch-secret":
      return { ...seen, pass: { ...seen.pass, touched: [...seen.pass.touched, step.attempt] } };
    case "rewrite-secret":
      return { ...seen, pass: { ...seen.pass, rewritten: true } };
    case "delete-secret":
      return { ...seen, secret: observed.secret ?? { state: "absent", read: "live" } };
    case "take-back-secret":
      return moveCommit(
        { ...seen, secret: observed.secret ?? { state: "absent", read: "live" } },
        { type: "taken-back", object: seen.object },
      );
    case "read-workloads":
      // The workloads first, the ApiKey after them: a writer that was stalled must not tell them of a value that another
      // has replaced, and restarted them for, before it looked at them.
      return { ...seen, dependents: observed.dependents, object: toBeReadAgain(seen.object) };
    case "read-pods":
      return { ...seen, users: observed.users };
    case "restart-workload":
      return applyRestart(seen, step, observed.restarted);
    case "revoke-key":
      return applyRevocation(seen, step.keyId);
    case "describe-key":
      return seeKey(seen, step.keyId, observed.remote);
    default:
      return seen;
  }
}

function applyFailed(view: View, step: Step, failed: StepResult & { outcome: "rejected" | "unknown" }): View {
  const { problem } = failed;
  const pass = view.pass;
  if (step.kind === "mint" || step.kind === "roll" || step.kind === "tag-key") {
    const { outcome, unsent = false } = failed;
    const mint = { attempt: step.attempt.id, outcome, unsent, problem };
    return { ...view, pass: { ...pass, mint, allowance: { until: retryTime(view, problem), problem } } };
  }
  if (step.kind === "reserve-key") {
    const until = failed.retryAt ?? retryTime(view, problem);
    const { isQuiet = false } = failed;
    return { ...view, pass: { ...pass, allowance: { until, problem, ...(isQuiet && { isQuiet }) } } };
  }
  if (pass.pendingCommit !== undefined) return applyFailureToCommit(view, pass.pendingCommit, step, failed);
  const without = applyWithoutDependents(view, step, failed);
  if (without !== undefined) return without;
  if (step.kind === "preflight-secret") {
    // The name is taken: whose Secret it is decides what is done.
    if (failed.conflict) return { ...view, secret: { state: "unread" } };
    return { ...view, pass: { ...pass, preflight: problem } };
  }
  if (failed.conflict) return lookAgain(view, step);
  if (step.kind === "rewrite-secret" && step.why !== "Adopted")
    return { ...view, pass: { ...pass, rewritten: true, shapeProblem: problem } };
  if (isGivingUp(view) && MAY_FAIL_GIVING_UP.has(step.kind)) {
    return { ...view, pass: { ...pass, untagFailed: true } };
  }
  return { ...view, pass: { ...pass, failure: problem, statusUnwritable: step.kind === "write-status" } };
}

/** That there is no such key is believed only where it may not be too new to be shown. */
function applyLook(
  view: View,
  step: Step & { kind: "get-key" },
  remote: Observed["remote"] = "absent",
): View {
  const { keyId } = step;
  const until = remote === "absent" ? disbelievedUntil(view, keyId) : undefined;
  if (until === undefined) return applyKeySeen(seeKey(view, keyId, remote), keyId);
  const { pendingCommit } = view.pass;
  // A pending commit is not left alone for so long: it asks again, in the pauses of its failures.
  return pendingCommit === undefined
    ? missKey(view, keyId, until)
    : applyFailureToCommit(view, pendingCommit, step, notVisible(keyId));
}

function notVisible(keyId: string): StepResult & { outcome: "rejected" } {
  const problem = notVisibleProblem(keyId);
  return { outcome: "rejected", problem, conflict: false };
}

const MAY_FAIL_GIVING_UP: ReadonlySet<Step["kind"]> = new Set(["get-key", "describe-key", "release-secret"]);

/** An object that is given up by annotation goes, whether or not its vendor answers. */
function isGivingUp(view: View): boolean {
  return isPresent(view) && isGivenUp(view);
}

function applyStatusWrite(view: View, why: string, attempt: Attempt | undefined): View {
  // Whether an abandoned attempt was committed after all is looked at only after it was abandoned.
  if (why === "Abandon") return moveCommit({ ...view, secret: { state: "unread" } }, { type: "abandoned" });
  if (why === "WriteAhead" && attempt !== undefined) {
    const recorded = { ...view, pass: { ...view.pass, ownAttempt: attempt.id } };
    // Between a look at the key and its new tag, or its roll, lie no more than the deadlines of an attempt.
    return isAdoption(attempt) ? forgetKey(recorded, attempt.keyId) : recorded;
  }
  // What stood in the way is on record now: the refusal says nothing about what is asked for next.
  if (why === "Rebuilt" && view.pass.mint !== undefined) return forgetRefusal(view);
  if (why === "Report") return countReport(view, attempt);
  // Whether the tag is still there is asked anew, after the settle time.
  if (why === "Tagged") return forgetKey(view, attempt?.keyId);
  return endRecorded(view, attempt);
}

function countReport(view: View, attempt: Attempt | undefined): View {
  const { reports = 0 } = view.pass;
  return endRecorded({ ...view, pass: { ...view.pass, reports: reports + 1 } }, attempt);
}

function endRecorded(view: View, attempt: Attempt | undefined): View {
  return attempt === undefined ? moveCommit(view, { type: "recorded" }) : view;
}

function forgetRefusal(view: View): View {
  const { mint: _answered, allowance: _refused, ...pass } = view.pass;
  return { ...view, pass };
}

function applyRevocation(view: View, keyId: string): View {
  const ended = view.pass.pendingCommit?.keyId === keyId ? moveCommit(view, { type: "revoked" }) : view;
  return seeKey(ended, keyId);
}
