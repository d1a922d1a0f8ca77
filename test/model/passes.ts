import { applyResult, DEFAULT_TIMING, newPass, plan, type View } from "@signatureapi-keys/lifecycle";
import { findingsFor } from "../../lifecycle/src/plan/testing/sweep.ts";
import { ownerOfUid } from "./audit.ts";
import { ACCOUNT, attemptName, HAND_MADE, INSTALLATION, withWorker, type Pass, type State } from "./state.ts";
import { objectView, secretView } from "./views.ts";

/** The rules under test: the shipped ones, or such as a test has broken. */
export interface Rules {
  readonly plan: typeof plan;
  readonly applyResult: typeof applyResult;
}

/** What ships. */
export const SHIPPED: Rules = { plan, applyResult };

/** Begins a pass on what the caches show. @returns `undefined` where they show no such ApiKey. */
export function beginPass(
  state: State,
  index: number,
  lag: { readonly object: number; readonly secret: number },
  rules: Rules,
): State | undefined {
  const worker = state.workers[index];
  if (worker === undefined || worker.pass !== undefined) return undefined;
  const objects = state.cluster.apiKeys[worker.apiKey];
  const secrets = state.cluster.secrets[worker.apiKey];
  const object = lag.object === 0 ? objects?.now : objects?.before;
  if (object === undefined) return undefined;
  const names = state.names + 1;
  const view: View = {
    now: state.now,
    timing: DEFAULT_TIMING,
    installation: INSTALLATION,
    owner: ownerOfUid(object.uid),
    readOnly: false,
    object: objectView(object, "cached"),
    secretClaimedBy: undefined,
    secret: secretView(lag.secret === 0 ? secrets?.now : secrets?.before, object.uid, "cached"),
    account: {
      usable: { accountId: ACCOUNT },
      mintProblem: undefined,
      tagsVerified: worker.tagsVerified,
      adoptKeyIds: [HAND_MADE],
      sweeps: state.sweptAt === undefined ? [] : [state.sweptAt],
    },
    findings: state.findings[worker.apiKey],
    pass: newPass(attemptName(names)),
  };
  const { epoch } = state;
  return goOn({ ...state, names }, index, { uid: object.uid, epoch, view }, state.now, rules);
}

/** Takes an inventory of the account. @returns `undefined` where it finds what the last one found. */
export function sweep(state: State): State | undefined {
  const findings = state.cluster.apiKeys.map(({ now }) =>
    now === undefined ? undefined : findingsFor(now, state.keys),
  );
  if (JSON.stringify(findings) === JSON.stringify(state.findings)) return undefined;
  return { ...state, findings, sweptAt: state.now };
}

/** Asks for the next step. To rest is seen by nobody, so that it happens at once. */
export function goOn(
  state: State,
  index: number,
  { uid, epoch, view }: Omit<Pass, "step">,
  wakeAt: number,
  rules: Rules,
): State {
  const next = rules.plan(view);
  const known = state.workers[index]?.tagsVerified === true || view.account.tagsVerified;
  if (next.kind !== "rest")
    return withWorker(state, index, { pass: { uid, epoch, view, step: next }, wakeAt, tagsVerified: known });
  const rested = next.verdict?.reason;
  return withWorker(state, index, { pass: undefined, wakeAt: next.requeueAt, tagsVerified: known, rested });
}
