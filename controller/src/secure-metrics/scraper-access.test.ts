import { describe, expect, test } from "vitest";
import { FakeClock } from "../kube/fake-clock.ts";
import { ScraperAccess, type ReviewToken } from "./scraper-access.ts";

/** Judges with an API server that says what a token's first word says. */
function setUp(): {
  clock: FakeClock;
  asked: string[];
  problems: unknown[];
  access: ScraperAccess;
  judge: (token: string | undefined, address?: string) => Promise<string>;
} {
  const clock = new FakeClock();
  const asked: string[] = [];
  const problems: unknown[] = [];
  const review: ReviewToken = async (token) => {
    asked.push(token);
    if (token.startsWith("good")) return "allowed";
    if (token.startsWith("other")) return "forbidden";
    if (token.startsWith("down")) throw new Error("unreachable");
    return "unauthenticated";
  };
  const access = new ScraperAccess({ review, clock, onUndecided: (error) => problems.push(error) });
  return {
    clock,
    asked,
    problems,
    access,
    judge: (token, address = "10.0.0.1") => access.judge(token, address),
  };
}

describe("who may read the metrics", () => {
  test("is what the API server says, and a request without a token asks nothing", async () => {
    const { judge, asked, problems } = setUp();
    expect(await judge("good")).toBe("allowed");
    expect(await judge("other")).toBe("forbidden");
    expect(await judge("nonsense")).toBe("unauthenticated");
    expect(await judge(undefined)).toBe("unauthenticated");
    expect(await judge("down")).toBe("undecided");
    expect(asked).toEqual(["good", "other", "nonsense", "down"]);
    expect(problems).toHaveLength(1);
  });

  test("is remembered: a minute where it is allowed, ten seconds where it is not", async () => {
    const { judge, asked, clock } = setUp();
    const both = async (): Promise<void> => {
      await judge("good");
      await judge("other");
    };
    await both();
    await clock.advance(9_999);
    await both();
    expect(asked).toEqual(["good", "other"]);
    await clock.advance(1);
    await both();
    expect(asked).toEqual(["good", "other", "other"]);
    await clock.advance(49_999);
    await judge("good");
    expect(asked).toHaveLength(3);
    await clock.advance(1);
    await judge("good");
    expect(asked).toEqual(["good", "other", "other", "good"]);
  });

  test("is not remembered where the API server could not be asked", async () => {
    const { judge, asked } = setUp();
    await judge("down");
    await judge("down");
    expect(asked).toEqual(["down", "down"]);
  });

  test("is asked once for requests at the same time", async () => {
    const { judge, asked } = setUp();
    expect(await Promise.all([judge("good"), judge("good"), judge("good")])).toEqual(
      Array.from({ length: 3 }, () => "allowed"),
    );
    expect(asked).toEqual(["good"]);
  });
});

describe("a neighbour with tokens that it made up", () => {
  test("causes ten questions at once and one a second after that, and keeps no scraper from its metrics", async () => {
    const { judge, asked, clock } = setUp();
    await judge("good", "10.0.0.2");
    for (let second = 0; second < 120; second += 1) {
      for (let i = 0; i < 1_000; i += 1) await judge(`nonsense ${second} ${i}`, "10.0.0.66");
      // The known token is asked about again each minute all the same.
      expect(await judge("good", "10.0.0.2")).toBe("allowed");
      await clock.advance(1_000);
    }
    expect(asked.filter((token) => token.startsWith("nonsense"))).toHaveLength(10 + 119);
    expect(asked.filter((token) => token === "good")).toHaveLength(2);
    // A scraper that nobody knows yet, from an address of its own.
    expect(await judge("good too", "10.0.0.3")).toBe("allowed");
  });

  test("causes no more than ten questions a second from however many addresses", async () => {
    const { judge, asked, clock } = setUp();
    for (let second = 0; second < 20; second += 1) {
      for (let i = 0; i < 500; i += 1) await judge(`nonsense ${second} ${i}`, `10.0.${second}.${i}`);
      await clock.advance(1_000);
    }
    expect(asked.length).toBeLessThanOrEqual(20 + 19 * 10);
    expect(asked.length).toBeGreaterThan(100);
  });

  test("does not displace what is known of a scraper, however many tokens it has", async () => {
    const { judge, asked, clock } = setUp();
    await judge("good", "10.0.0.2");
    for (let i = 0; i < 1_200; i += 1) {
      await judge(`nonsense ${i}`, `10.0.0.${i % 200}`);
      await clock.advance(10);
    }
    await judge("good", "10.0.0.2");
    expect(asked.filter((token) => token === "good")).toHaveLength(1);
  });

  test("cannot have an unreachable API server asked without end by a known token", async () => {
    const { clock } = setUp();
    let asked = 0;
    let down = false;
    const review: ReviewToken = async () => {
      asked += 1;
      if (down) throw new Error("unreachable");
      return "allowed";
    };
    const access = new ScraperAccess({ review, clock, onUndecided: () => undefined });
    expect(await access.judge("good", "10.0.0.1")).toBe("allowed");
    down = true;
    await clock.advance(60_000);
    const verdicts = new Set<string>();
    for (let i = 0; i < 1_000; i += 1) verdicts.add(await access.judge("good", "10.0.0.1"));
    expect([...verdicts]).toEqual(["undecided", "too-many"]);
    expect(asked).toBe(1 + 5);
  });
});
