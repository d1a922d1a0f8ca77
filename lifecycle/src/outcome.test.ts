import { describe, expect, it } from "vitest";
import { outcomeOfFailure } from "./outcome.ts";

describe("the outcome of a failed write", () => {
  it("is rejected only where the effect certainly did not happen", () => {
    const failure = { effect: "none" as const, message: "422" };
    expect(outcomeOfFailure(failure)).toEqual({ outcome: "rejected", failure });
  });

  it("is unknown in every other case", () => {
    const failure = { effect: "unknown" as const, message: "reset" };
    expect(outcomeOfFailure(failure)).toEqual({ outcome: "unknown", failure });
  });
});
