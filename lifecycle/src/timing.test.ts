import { describe, expect, it } from "vitest";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";

const { postWindow, requestDeadline, commitBudget } = DEFAULT_TIMING;

/**
 * Says why a timing would break the rules, or `undefined` where it holds.
 *
 * An attempt may only be taken over when its writer can no longer act, and two listings prove an absence only
 * when a POST could have been answered in between.
 */
function timingProblem(timing: Timing): string | undefined {
  if (timing.attemptLifetime <= timing.postWindow + timing.requestDeadline + timing.commitBudget) {
    return "attemptLifetime must exceed postWindow, requestDeadline and commitBudget together";
  }
  if (timing.settleTime <= timing.postWindow + timing.requestDeadline) {
    return "settleTime must exceed postWindow and requestDeadline together";
  }
  if (timing.revivedAfter <= timing.attemptLifetime) return "revivedAfter must exceed attemptLifetime";
  return undefined;
}

describe("a timing", () => {
  it("holds by default", () => {
    expect(timingProblem(DEFAULT_TIMING)).toBeUndefined();
  });

  it("breaks the rules where an attempt can be taken over while its writer may still act", () => {
    const attemptLifetime = postWindow + requestDeadline + commitBudget;
    expect(timingProblem({ ...DEFAULT_TIMING, attemptLifetime })).toMatch(/attemptLifetime/);
    expect(timingProblem({ ...DEFAULT_TIMING, attemptLifetime: attemptLifetime + 1 })).toBeUndefined();
  });

  it("breaks the rules where two listings can both miss a POST that is under way", () => {
    const settleTime = postWindow + requestDeadline;
    expect(timingProblem({ ...DEFAULT_TIMING, settleTime })).toMatch(/settleTime/);
    expect(timingProblem({ ...DEFAULT_TIMING, settleTime: settleTime + 1 })).toBeUndefined();
  });

  it("breaks the rules where an attempt that is recovered in time would look revived", () => {
    const revivedAfter = DEFAULT_TIMING.attemptLifetime;
    expect(timingProblem({ ...DEFAULT_TIMING, revivedAfter })).toMatch(/revivedAfter/);
    expect(timingProblem({ ...DEFAULT_TIMING, revivedAfter: revivedAfter + 1 })).toBeUndefined();
  });
});
