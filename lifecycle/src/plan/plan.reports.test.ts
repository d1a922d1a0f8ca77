import { describe, expect, it } from "vitest";
import { fitMessage } from "../text.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import { applyResult } from "./apply-result.ts";
import { plan } from "./plan.ts";
import { ABSENT, FINALIZED } from "./testing/plan-table.ts";
import { buildView, NOW } from "./testing/view-builder.ts";
import type { Verdict } from "./view/status.ts";
import type { View } from "./view/view.ts";

/** A refusal whose message is as long and as odd as an admission policy, a URL or a name may make it. */
function refused(message: string): View {
  const problem = { reason: "SecretRejected", message, transient: false } as const;
  return buildView({ secret: ABSENT, objectFields: { finalizer: true }, pass: { preflight: problem } });
}

/** Plans until the plan rests, in a world whose API server keeps of a verdict what `store` makes of it. */
function runPass(start: View, store: (verdict: Verdict) => Verdict): { writes: Verdict[]; end: View } {
  const writes: Verdict[] = [];
  let view = start;
  for (let count = 0; count < 20; count += 1) {
    const step = plan(view);
    if (step.kind === "rest") return { writes, end: view };
    if (step.kind !== "write-status" || view.object.state === "gone")
      throw new TypeError(`${step.kind} is no report`);
    writes.push(step.verdict);
    const object = {
      ...view.object,
      observedGeneration: view.object.generation,
      status: step.status,
      verdict: store(step.verdict),
    };
    view = applyResult(view, step, { outcome: "done", observed: { object } }, NOW);
  }
  throw new Error(`the pass did not come to rest: ${writes.length} writes`);
}

/** As an API server does: half a pair becomes another character, and all else stays. */
function wellFormed(verdict: Verdict): Verdict {
  return { ...verdict, message: verdict.message.toWellFormed() };
}

describe("a status is written once for a message", () => {
  it.each([
    ["of 1,500 characters", "x".repeat(1_500)],
    ["that is cut inside a character", `${"x".repeat(1_022)}😀${"y".repeat(500)}`],
    ["with half a character", 'the entry ".env" uses {{\ud83d}}'],
    ["of five long names", Array.from({ length: 5 }, (_, i) => `${i}${"n".repeat(252)}`).join("; ")],
  ])("%s", (_name, message) => {
    const { writes, end } = runPass(refused(message), wellFormed);
    expect(writes.map((verdict) => verdict.message)).toEqual([fitMessage(message)]);
    expect(plan({ ...end, pass: refused(message).pass })).toMatchObject({ kind: "rest" });
  });

  it("and twice at most in a pass, where it comes back changed", () => {
    const { writes } = runPass(refused("no"), (verdict) => ({ ...verdict, message: "another webhook's" }));
    expect(writes).toHaveLength(2);
  });
});

describe("an account that this process has not looked at yet", () => {
  const usable = { reason: "AccountNotReady", message: "not checked yet", transient: true } as const;
  const view = (age: number, changes: object = {}) =>
    buildView({
      secret: ABSENT,
      objectFields: FINALIZED,
      account: { usable, uncheckedSince: NOW - age },
      ...changes,
    });
  const patience = DEFAULT_TIMING.retryAfterFailure;

  it("is not reported at once", () => {
    expect(plan(view(1))).toMatchObject({ kind: "rest", requeueAt: NOW - 1 + patience });
  });

  it("is reported when the look takes long", () => {
    expect(plan(view(patience))).toMatchObject({
      kind: "write-status",
      why: "Report",
      verdict: { reason: usable.reason },
    });
  });

  it("hides no other problem", () => {
    const desired = { reason: "InvalidSpec", message: "no", transient: false } as const;
    expect(plan(view(1, { objectFields: { ...FINALIZED, desired } }))).toMatchObject({
      kind: "write-status",
      verdict: { reason: "InvalidSpec" },
    });
  });
});

describe("a reservation that is refused for a moment", () => {
  const problem = { reason: "RateLimited", message: "waits for its turn", transient: true } as const;
  const afterRefusal = (isQuiet: boolean): View => {
    const start = buildView({ secret: ABSENT, objectFields: FINALIZED });
    const step = { kind: "reserve-key", reason: "Declared", op: "create" } as const;
    const retryAt = NOW + 700;
    return applyResult(start, step, { outcome: "rejected", conflict: false, problem, retryAt, isQuiet }, NOW);
  };

  it("is not reported, and comes again in time", () => {
    expect(plan(afterRefusal(true))).toEqual({ kind: "rest", verdict: undefined, requeueAt: NOW + 700 });
  });

  it("is reported when it is long", () => {
    expect(plan(afterRefusal(false))).toMatchObject({
      kind: "write-status",
      verdict: { reason: "RateLimited" },
    });
  });
});
