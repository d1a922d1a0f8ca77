import { DEFAULT_TIMING, type StatusRecord } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { MintLedger, type Holder, type ReservationRequest, type SeenApiKeys } from "./ledger.ts";

const NOW = Date.UTC(2026, 10, 1);
const EMPTY: StatusRecord = { revision: 0, abandoned: [], previous: [] };

function ledger(budget = 1_000): MintLedger {
  return new MintLedger({ namespace: budget, account: budget }, DEFAULT_TIMING);
}

function holder(uid: string, status: Partial<StatusRecord> = {}, isBehind = false): Holder {
  return { uid, mode: "live", status: { ...EMPTY, ...status }, isBehind };
}

/** @param holding how many ApiKeys of each namespace hold a key. @param shown those that the cache shows. */
function seenBy(holding: Record<string, number> = {}, shown: readonly Holder[] = []): SeenApiKeys {
  return {
    holding: (namespace) => holding[namespace] ?? 0,
    find: (key) => shown.find(({ uid }) => key === `shop/${uid}`),
  };
}

function request(
  uid: string,
  holders: readonly Holder[],
  changes: Partial<ReservationRequest> = {},
): ReservationRequest {
  return {
    uid,
    key: `shop/${uid}`,
    op: "create",
    reason: "Declared",
    generation: 1,
    abandoned: [],
    namespace: "shop",
    budget: "https://api.example.com acc_1",
    domain: "",
    accountId: "acc_1",
    limits: [{ account: "ClusterAccount acme", modes: ["live"], maxKeys: 1 }],
    holders: () => holders,
    left: [],
    seen: seenBy(),
    ...changes,
  };
}

describe("the last key that a namespace may have", () => {
  const both = [holder("a"), holder("b")];

  test("is given to one of two ApiKeys that ask at the same time", () => {
    const all = ledger();
    expect(all.reserve(request("a", both), NOW)).toBeUndefined();
    expect(all.reserve(request("b", both), NOW)?.problem.reason).toBe("KeyLimitReached");
  });

  test("is free again where the key was not made", () => {
    const all = ledger();
    all.reserve(request("a", both), NOW);
    all.end("a");
    expect(all.reserve(request("b", both), NOW)).toBeUndefined();
  });

  test("stays taken by a key that was made until its status is seen", () => {
    const all = ledger();
    all.reserve(request("a", both), NOW);
    all.noteAsked("a", NOW);
    all.end("a");
    const lagging = [holder("a", {}, true), holder("b")];
    expect(all.reserve(request("b", lagging), NOW)).toBeDefined();
    const revoked = [holder("a"), holder("b")];
    expect(all.reserve(request("b", revoked), NOW)).toBeUndefined();
  });

  test("is looked for in every line, and the strictest wins", () => {
    const limits = [
      { account: "ClusterAccount wide", modes: ["live", "test"], maxKeys: 9 },
      { account: "ClusterAccount strict", modes: ["live"], maxKeys: 1 },
    ];
    const holders = [holder("a", { keyId: "ak_1" }), holder("b")];
    const refused = ledger().reserve(request("b", holders, { limits }), NOW);
    expect(refused?.problem.message).toContain("ClusterAccount strict");
  });

  test("stays taken by the key of an ApiKey that is gone, in the modes of the line", () => {
    const left = { mode: "live", keyIds: ["ak_1"], unknown: 0 } as const;
    const refused = ledger().reserve(request("b", [holder("b")], { left: [left] }), NOW);
    expect(refused?.problem.message).toMatch(/has 1 of the 1 keys.*1 of them were left by ApiKeys/);
    const unknown = { mode: "live", keyIds: [], unknown: 1 } as const;
    expect(ledger().reserve(request("b", [holder("b")], { left: [unknown] }), NOW)).toBeDefined();
    const other = { ...left, mode: "test" } as const;
    expect(ledger().reserve(request("b", [holder("b")], { left: [other] }), NOW)).toBeUndefined();
  });

  test("is counted by the modes of the line alone", () => {
    const holders = [{ ...holder("a", { keyId: "ak_1" }), mode: "test" }, holder("b")];
    expect(ledger().reserve(request("b", holders), NOW)).toBeUndefined();
  });
});

/** Makes a key of an ApiKey that no status shows. */
function mint(all: MintLedger, uid: string): void {
  all.reserve(request(uid, [], { limits: [], seen: seenBy({}, [holder(uid, {}, true)]) }), NOW);
  all.noteAsked(uid, NOW);
  all.end(uid);
}

describe("a budget", () => {
  const free = { limits: [] };

  test("of one namespace is not another's, and what an account adds to it is everybody's", () => {
    const all = new MintLedger({ namespace: 1, account: 2 }, DEFAULT_TIMING);
    const shown = ["a", "b", "c"].map((uid) => holder(uid, { keyId: `ak_${uid}` }));
    const seen = seenBy({ shop: 1, billing: 1, office: 1 }, shown);
    const ask = (uid: string, namespace: string): string | undefined => {
      const refused = all.reserve(request(uid, [], { ...free, namespace, seen }), NOW);
      all.noteAsked(uid, NOW);
      all.end(uid);
      return refused?.problem.message;
    };
    const askTimes = (times: number, uid: string, namespace: string) =>
      Array.from({ length: times }, () => ask(uid, namespace)).filter((refused) => refused !== undefined);
    expect(askTimes(4, "a", "shop")).toEqual([]);
    expect(ask("a", "shop")).toContain("namespace shop");
    expect(askTimes(4, "b", "billing")).toEqual([]);
    expect(askTimes(3, "c", "office")).toEqual([]);
    expect(ask("c", "office")).toContain("account acc_1");
  });

  test("of an account that others have used up leaves a namespace what its ApiKeys add", () => {
    const all = new MintLedger({ namespace: 1_000, account: 2 }, DEFAULT_TIMING);
    const seen = seenBy({ shop: 1 }, [holder("b", { keyId: "ak_b" })]);
    const ask = (uid: string, namespace: string, changes: Partial<ReservationRequest> = {}) => {
      const refused = all.reserve(request(uid, [], { ...free, namespace, seen, ...changes }), NOW);
      if (refused === undefined) all.noteMade(uid, "RotationForced", NOW);
      all.end(uid);
      return refused?.problem.message;
    };
    for (let count = 0; count < 9; count += 1)
      expect(ask(`a${count}`, "loud", { reason: "RotationForced" })).toBeUndefined();
    for (let count = 0; count < 3; count += 1) expect(ask("b", "shop")).toBeUndefined();
    expect(ask("b", "shop")).toMatch(
      /namespace shop has used up its own 3 keys.*account acc_1.*the 2 that all/,
    );
    expect(ask("b", "shop", { budget: "another" })).toBeUndefined();
  });

  test.each<readonly [string, number, (all: MintLedger) => Partial<ReservationRequest>]>([
    ["the one that asks, which only declares one yet", 3, () => ({})],
    [
      "the one that asks, once, if it holds one",
      3,
      () => ({ seen: seenBy({ shop: 1 }, [holder("b", { keyId: "ak_b" })]) }),
    ],
    ["those that hold one", 9, () => ({ seen: seenBy({ shop: 2, billing: 7 }) })],
    [
      "one that is being asked for, which also uses it",
      5,
      (all) => {
        all.reserve(request("a", [], free), NOW);
        return {};
      },
    ],
    [
      "one whose status the cache does not show yet",
      5,
      (all) => {
        mint(all, "a");
        return { seen: seenBy({}, [holder("a", {}, true)]) };
      },
    ],
    [
      "one whose status the cache shows, once",
      5,
      (all) => {
        mint(all, "a");
        const made = holder("a", { keyId: "ak_a" });
        return { seen: seenBy({ shop: 1 }, [made]) };
      },
    ],
    [
      "none that was not made",
      2,
      (all) => {
        mint(all, "a");
        return { seen: seenBy({}, [holder("a")]) };
      },
    ],
  ])("has three keys an hour for each ApiKey: %s", (_what, left, prepare) => {
    const all = ledger(0);
    const changes = prepare(all);
    const ask = () => all.reserve(request("b", [], { ...free, ...changes }), NOW);
    for (let count = 0; count < left; count += 1) {
      expect(ask(), `key ${count}`).toBeUndefined();
      all.noteAsked("b", NOW);
      all.end("b");
    }
    expect(ask()?.problem.reason).toBe("MintBudgetExhausted");
  });

  test("is not spent by a request that was refused, nor twice by one key", () => {
    const all = ledger(2);
    all.reserve(request("a", [], free), NOW);
    all.end("a");
    all.reserve(request("b", [], free), NOW);
    all.noteAsked("b", NOW);
    all.noteAsked("b", NOW);
    all.end("b");
    for (const uid of ["c", "d", "e", "f"]) {
      expect(all.reserve(request(uid, [], free), NOW), uid).toBeUndefined();
      all.noteAsked(uid, NOW);
      all.end(uid);
    }
    expect(all.reserve(request("g", [], free), NOW)?.retryAt).toBe(NOW + 3_600_000);
  });
});

describe("a key that was refused", () => {
  const REFUSED = {
    until: NOW + 1_000,
    problem: { reason: "TestKeyExists", message: "one exists", transient: false },
    generation: 1,
    account: "ClusterAccount acme",
  } as const;
  const free = { limits: [] };

  test("is not asked for again before its pause is over", () => {
    const all = ledger();
    all.noteRefused("a", REFUSED);
    expect(all.reserve(request("a", [], free), NOW)).toEqual({
      problem: REFUSED.problem,
      retryAt: REFUSED.until,
    });
    expect(all.reserve(request("b", [], free), NOW)).toBeUndefined();
    expect(all.reserve(request("a", [], free), REFUSED.until)).toBeUndefined();
  });

  test("is asked for at once under another spec", () => {
    const all = ledger();
    all.noteRefused("a", REFUSED);
    expect(all.reserve(request("a", [], { ...free, generation: 2 }), NOW)).toBeUndefined();
  });

  test("is asked for at once when its account can do something else, and only there", () => {
    const all = ledger();
    all.noteRefused("a", REFUSED);
    all.noteRefused("b", { ...REFUSED, account: "ClusterAccount other" });
    all.lift("ClusterAccount acme");
    expect(all.reserve(request("a", [], free), NOW)).toBeUndefined();
    expect(all.reserve(request("b", [], free), NOW)).toBeDefined();
  });
});

describe("a key that heals", () => {
  const heal = { limits: [], reason: "SecretLost" } as const;

  test("is made five times an hour for one ApiKey, and for another all the same", () => {
    const all = ledger();
    for (const minutes of [50, 40, 30, 20, 10]) {
      all.noteMade("a", "SecretLost", NOW - minutes * 60_000);
      all.noteMade("a", "Declared", NOW - minutes * 60_000);
    }
    expect(all.reserve(request("a", [], heal), NOW)?.retryAt).toBe(NOW + 10 * 60_000);
    expect(all.reserve(request("b", [], heal), NOW)).toBeUndefined();
    expect(all.reserve(request("a", [], heal), NOW + 10 * 60_000)).toBeUndefined();
  });

  test("is counted no longer for an ApiKey that is gone", () => {
    const all = ledger();
    for (let made = 0; made < 5; made += 1) all.noteMade("a", "SecretLost", NOW);
    all.forget("a");
    expect(all.reserve(request("a", [], heal), NOW)).toBeUndefined();
  });
});

test("attempts of unknown outcome in the status are paused after", () => {
  const attempt = { id: "attempt3", op: "create", revision: 1, startedAt: NOW, reason: "Declared" } as const;
  const abandoned = [{ ...attempt, abandonedAt: NOW, listings: 2 }];
  const refused = ledger().reserve(request("a", [], { limits: [], abandoned }), NOW);
  expect(refused?.problem.reason).toBe("ManagementAPIUnavailable");
});
