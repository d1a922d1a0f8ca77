import type { Problem } from "@signatureapi-keys/lifecycle";
import { ManagementApiError, type ManagementApiErrorKind } from "@signatureapi-keys/management-api";
import { beforeEach, describe, expect, test } from "vitest";
import { AccountRuntime } from "./runtime.ts";
import { Trust } from "./trust.ts";

const VANISHED: Problem = { reason: "KeysVanished", message: "many", transient: false };
const DROPPED: Problem = { reason: "TagNotPreserved", message: "no tag", transient: false };

describe("the trust in an account", () => {
  let trust: Trust;
  beforeEach(() => {
    trust = new Trust();
  });

  test("ends with a problem and comes back, and an inventory after that pardons vanished keys once", () => {
    trust.stop(VANISHED);
    expect(trust.distrust).toBe(VANISHED);
    trust.resume(true);
    expect(trust.distrust).toBeUndefined();
    expect([trust.takePardon(), trust.takePardon()]).toEqual([true, false]);
  });

  test.each([
    ["another problem", DROPPED, true],
    ["the cause has gone by itself", VANISHED, false],
    ["nothing was the matter", undefined, true],
  ] as const)("comes back without a pardon where %s", (_name, problem, pardon) => {
    if (problem !== undefined) trust.stop(problem);
    trust.resume(pardon);
    expect(trust.takePardon()).toBe(false);
  });

  test("has its pardon again where the inventory that took it came to nothing", () => {
    trust.stop(VANISHED);
    trust.resume(true);
    trust.takePardon();
    trust.returnPardon();
    expect([trust.takePardon(), trust.takePardon()]).toEqual([true, false]);
  });

  test("keeps a pardon that was not taken yet", () => {
    trust.stop(VANISHED);
    trust.resume(true);
    trust.resume(false);
    expect(trust.takePardon()).toBe(true);
  });

  test("is recalled from the status once, and not over what this process has found", () => {
    trust.recall(VANISHED);
    expect(trust.distrust).toBe(VANISHED);
    trust.resume(false);
    trust.recall(VANISHED);
    expect(trust.distrust).toBeUndefined();
    const other = new Trust();
    other.stop(DROPPED);
    other.recall(VANISHED);
    expect(other.distrust).toBe(DROPPED);
  });
});

describe("an account as it is used", () => {
  const request = { mode: "live", namespace: "shop", namespaceLabels: {} } as const;
  const verified = { accountId: "acc_1", liveMode: "enabled", origin: "o" };
  const policy = { allow: undefined, suspend: false, orphans: undefined } as const;
  let doubts: number;
  let runtime: AccountRuntime;
  beforeEach(() => {
    doubts = 0;
    const onDoubt = (): void => {
      doubts += 1;
    };
    runtime = new AccountRuntime(
      { kind: "Account", namespace: "shop", name: "a" },
      { now: () => 7, onDoubt },
    );
  });

  test("is not usable, and allows nothing, before it was looked at", () => {
    expect(runtime.usable()).toMatchObject({ reason: "AccountNotReady", transient: true });
    expect(runtime.uncheckedSince).toBe(7);
    expect(runtime.mintProblem(request)?.reason).toBe("NotAllowed");
    expect(() => runtime.client).toThrow("has no client");
    runtime.update(verified, policy);
    expect(runtime.uncheckedSince).toBeUndefined();
    expect(runtime.mintProblem(request)).toBeUndefined();
  });

  test("mints nothing after a key came back without its tag", () => {
    runtime.update(verified, policy);
    expect(runtime.tagsVerified).toBe(false);
    runtime.noteTag("ak_1", true);
    expect([runtime.tagsVerified, doubts, runtime.mintProblem(request)]).toEqual([true, 0, undefined]);
    runtime.noteTag("ak_2", false);
    expect(runtime.mintProblem(request)?.reason).toBe("TagNotPreserved");
    expect(doubts).toBe(1);
  });

  test("asks its mode of the vendor's answer", () => {
    runtime.update({ ...verified, liveMode: "paused" }, policy);
    expect(runtime.mintProblem(request)?.reason).toBe("LiveModePaused");
    expect(runtime.mintProblem({ ...request, mode: "test" })).toBeUndefined();
  });

  test.each<readonly [ManagementApiErrorKind, number]>([
    ["invalid-token", 1],
    ["forbidden", 1],
    ["live-mode-disabled", 1],
    ["live-mode-paused", 1],
    ["not-found", 0],
    ["timeout", 0],
    ["too-many-requests", 0],
  ])("is in doubt after %s: %i", (kind, expected) => {
    runtime.noteFailure(
      new ManagementApiError({ kind, operation: "getApiKey", effect: "none", reason: "m" }),
    );
    expect(doubts).toBe(expected);
  });

  test("remembers the last three sweeps, oldest first", () => {
    const counts = { managed: 0, abandoned: 0, unaccounted: 0, foreign: 0 };
    for (const startedAt of [1, 2, 3, 4])
      runtime.noteInventory({ startedAt, counts, unaccounted: [], left: [] });
    expect(runtime.sweeps).toEqual([2, 3, 4]);
    expect(runtime.inventory?.startedAt).toBe(4);
  });
});
