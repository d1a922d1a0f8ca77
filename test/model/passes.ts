import { absorb, DEFAULT_TIMING, newPass, plan, type View } from "@signatureapi-keys/lifecycle";
import { shown } from "../../lifecycle/src/plan/testing/vendor.ts";
import { ownerOfUid } from "./audit.ts";
import { ACCOUNT, attemptName, INSTALLATION, withWorker, type Pass, type State } from "./state.ts";
import { objectView, secretView } from "./views.ts";

/** The rules under test: the shipped ones, or such as a test has broken. */
export interface Rules {
  readonly plan: typeof plan;
  readonly absorb: typeof absorb;
}

/** What ships. */
export const SHIPPED: Rules = { plan, absorb };

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
    account: { usable: { accountId: ACCOUNT }, mintProblem: undefined, tagsVerified: worker.tagsVerified },
    pass: { ...newPass(attemptName(names)), remote: toldBySweep(state, object.status.keyId) },
  };
  return goOn({ ...state, names }, index, { uid: object.uid, view }, state.now, rules);
}

/** What the last inventory told about the recorded key, if it is gone. */
function toldBySweep(state: State, keyId: string | undefined): View["pass"]["remote"] {
  const key = state.keys.find(({ id }) => id === keyId);
  if (!state.swept || key === undefined || key.status === "active") return {};
  return { [key.id]: shown(key) };
}

/** Asks for the next step. To rest is seen by nobody, so that it happens at once. */
export function goOn(
  state: State,
  index: number,
  { uid, view }: Pick<Pass, "uid" | "view">,
  wakeAt: number,
  rules: Rules,
): State {
  const next = rules.plan(view);
  const known = state.workers[index]?.tagsVerified === true || view.account.tagsVerified;
  if (next.kind !== "rest")
    return withWorker(state, index, { pass: { uid, view, step: next }, wakeAt, tagsVerified: known });
  const rested = next.verdict?.reason;
  return withWorker(state, index, { pass: undefined, wakeAt: next.requeueAt, tagsVerified: known, rested });
}
