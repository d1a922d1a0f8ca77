import {
  applyResult,
  pauseAfterStep,
  plan,
  retryTime,
  type Step,
  type StepResult,
  type View,
} from "@signatureapi-keys/lifecycle";
import { accountKey } from "../account/account-ref.ts";
import { keyOf, type Aside } from "../kube/index.ts";
import type { ApiKeyDocument, ApiKeyRef } from "./document.ts";
import type { ApiKeyEnvironment } from "./environment.ts";
import { gather } from "./gather.ts";
import { applyStep } from "./steps/apply.ts";
import type { PassMemory, StepContext } from "./steps/context.ts";

/** More steps than any pass needs; only a rule that contradicts itself, or a webhook that undoes us, reaches it. */
const MOST_STEPS = 100;

/** When a cache that lags behind is looked at again; its own event usually comes first. */
const CACHE_LAG_MS = 250;

/** When the key is to be looked at again. */
export interface ReconcileOutcome {
  /** Milliseconds from now; undefined where only a change of the world calls for another look. */
  readonly requeueAfterMs?: number;
}

/**
 * Reconciles one ApiKey: gather, then plan and apply step by step until the plan rests.
 *
 * @param signal asks the pass to end. It is obeyed before a write-ahead, and never between a write-ahead and
 *   the end of what it began: a pending commit is finished.
 * @param aside what waits for the management API or for a time is done in it: no worker is kept for that.
 * @throws where the pass could not come to rest; the caller tries again with growing pauses.
 */
export async function reconcileApiKey(
  env: ApiKeyEnvironment,
  ref: ApiKeyRef,
  signal: AbortSignal,
  aside: Aside,
): Promise<ReconcileOutcome> {
  const object = env.apiKeys.get(keyOf({ metadata: ref }));
  if (object === undefined) {
    env.journal.forget(ref);
    return {};
  }
  const { uid, resourceVersion } = object.metadata;
  if (env.latest.isAhead(uid, resourceVersion, env.now())) return { requeueAfterMs: CACHE_LAG_MS };
  const memory: PassMemory = { object, secret: undefined, value: undefined, turns: undefined };
  try {
    return await runPass({ env, ref, aside, memory }, object, signal);
  } finally {
    env.ledger.end(uid);
    memory.turns?.end(uid);
  }
}

async function runPass(
  begun: Pick<StepContext, "env" | "ref" | "aside" | "memory">,
  object: ApiKeyDocument,
  signal: AbortSignal,
): Promise<ReconcileOutcome> {
  const { env, ref } = begun;
  const gathered = gather(env, object);
  let { view } = gathered;
  const retiring = retiringIn(view);
  for (let count = 0; count < MOST_STEPS; count += 1) {
    if (signal.aborted && view.pass.ownAttempt === undefined) return {};
    const step = plan(view);
    if (!env.fence.open && !finishesCommit(view, step)) return {};
    const context: StepContext = { ...begun, view, account: gathered.account };
    if (step.kind === "rest") return rest(env, context, step);
    view = await take(env, context, step);
  }
  // Many keys may come to their end at once: what is recorded is not done again.
  if (retiringIn(view) < retiring) return { requeueAfterMs: 0 };
  throw new Error(`ApiKey ${keyOf({ metadata: ref })} did not come to rest within ${MOST_STEPS} steps`);
}

function retiringIn({ object }: View): number {
  return object.state === "present" ? object.status.previous.length : 0;
}

const ASKS_VENDOR: ReadonlySet<Step["kind"]> = new Set([
  "get-key",
  "list-keys",
  "mint",
  "roll",
  "tag-key",
  "describe-key",
  "revoke-key",
]);

const WITHOUT_LEASE: ReadonlySet<Step["kind"]> = new Set([
  "read-object",
  "read-secret",
  "commit-secret",
  "take-back-secret",
]);

/**
 * Whether a step belongs to what a replica still does that has lost its lease: a pending commit, whose value
 * no other process has. The lock in the status guards it; everything after it is the successor's.
 */
function finishesCommit({ pass: { pendingCommit } }: View, { kind }: Step): boolean {
  return pendingCommit !== undefined && WITHOUT_LEASE.has(kind);
}

async function take(env: ApiKeyEnvironment, context: StepContext, step: Step): Promise<View> {
  await env.hooks?.before?.(step, context.ref);
  const result = await applyAside(context, step);
  await env.hooks?.after?.(step, context.ref);
  env.journal.stepTaken(context, step, result);
  const view = applyResult(context.view, step, result, env.now());
  if (view.pass.pendingCommit === undefined) context.memory.value = undefined;
  const pause = pauseAfterStep(context.view, result, view);
  if (pause > 0) await context.aside(async () => env.sleep(pause), true);
  return view;
}

/** A vendor that is slow, or an account at its limit, keeps only its own ApiKeys waiting. */
async function applyAside(context: StepContext, step: Step): Promise<StepResult> {
  if (!ASKS_VENDOR.has(step.kind)) return applyStep(context, step);
  // A value that has been shown waits for nothing more.
  const urgent =
    step.kind === "mint" || step.kind === "roll" || context.view.pass.pendingCommit !== undefined;
  return context.aside(async () => applyStep(context, step), urgent);
}

/** A refused mint is not repeated just because its own status writes wake this object again. */
function noteRefused(env: ApiKeyEnvironment, { memory, view }: StepContext): void {
  const { uid, generation = 0 } = memory.object.metadata;
  const { mint } = view.pass;
  if (mint === undefined) return;
  const until = retryTime(view, mint.problem);
  env.ledger.noteRefused(uid, {
    until,
    problem: mint.problem,
    generation,
    account: accountKey(memory.object.account),
  });
}

function rest(env: ApiKeyEnvironment, context: StepContext, step: Step & { kind: "rest" }): ReconcileOutcome {
  env.journal.rested(context, step.verdict);
  noteRefused(env, context);
  env.findings.settle(context.memory.object.metadata.uid, context.view);
  const { uid, resourceVersion } = context.memory.object.metadata;
  const cached = env.apiKeys.get(keyOf({ metadata: context.ref }));
  // What the cache shows already needs no note.
  const isNews = cached?.metadata.resourceVersion !== resourceVersion;
  if (isNews && context.view.object.state === "present") env.latest.note(uid, resourceVersion, env.now());
  // The pass could not say on the object what went wrong: the queue's own pauses apply.
  if (context.view.pass.statusUnwritable)
    throw new Error(context.view.pass.failure?.message ?? "the status could not be written");
  return step.requeueAt === undefined ? {} : { requeueAfterMs: Math.max(0, step.requeueAt - env.now()) };
}
