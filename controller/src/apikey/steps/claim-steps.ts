import {
  applyResult,
  plan,
  type Claims,
  type Problem,
  type Step,
  type StepResult,
  type Verdict,
} from "@signatureapi-keys/lifecycle";
import type { StepContext } from "./context.ts";
import { done, rejected } from "./results.ts";

type FindClaims = Step & { kind: "find-claims" };

/**
 * Looks who else has a claim on a key. What the cache shows is enough to refuse an adoption; that nobody has a claim takes
 * a complete list, read now, and a controller that sees all namespaces.
 */
export async function findClaims(context: StepContext, step: FindClaims): Promise<StepResult> {
  const { env, memory } = context;
  const cached = cachedClaims(context, step);
  if (cached.living.length > 0) return done({ claims: { ...cached, complete: false } });
  const refusal = refusalBy(context, step, cached);
  if (refusal !== undefined) return rejected(refusal);
  return done({ claims: await env.claims.find(step, memory.object.metadata.uid) });
}

function cachedClaims({ env, memory }: StepContext, { keyId, owners }: FindClaims): Claims {
  const { uid } = memory.object.metadata;
  const hasOther = (index: string, value: string): boolean =>
    env.apiKeys.byIndex(index, value).some(({ metadata }) => metadata.uid !== uid);
  return {
    keyId,
    asked: owners,
    living: owners.filter((owner) => hasOther("byOwner", owner)),
    complete: env.scope === undefined,
    recorded: hasOther("byKeyId", keyId),
  };
}

/**
 * What the plan would refuse an adoption for that has not begun, if the claims were these. It ends the pass: claims that
 * only a cache shows never get into a view that something could be done on.
 */
function refusalBy({ env, view }: StepContext, step: FindClaims, claims: Claims): Problem | undefined {
  if (view.object.state !== "present" || view.object.status.attempt !== undefined) return undefined;
  const verdict = verdictOf(plan(applyResult(view, step, done({ claims }), env.now())));
  if (verdict === undefined) return undefined;
  const { reason, message, progress } = verdict;
  return { reason, message, transient: progress === "reconciling" };
}

function verdictOf(step: Step): Verdict | undefined {
  if (step.kind === "rest") return step.verdict;
  return step.kind === "write-status" && step.why === "Report" ? step.verdict : undefined;
}
