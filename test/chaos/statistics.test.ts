import { expect, test } from "vitest";
import { judge } from "./check/check.ts";
import { apiKey, attemptOf, names, rightHistory, secret, UID } from "./check/right-history.ts";
import { latencies, statisticsOf } from "./statistics.ts";
import { timelineOf } from "./timeline.ts";

const LOSS = {
  doneAt: 2_001,
  namespace: "chaos-1",
  name: "app",
  keyId: undefined,
  uid: undefined,
  outcome: "done",
} as const;

test("percentiles and bars are those of the times", () => {
  const times = Array.from({ length: 100 }, (_, index) => (index + 1) * 100);
  const summed = latencies(times);
  expect(summed).toMatchObject({ count: 100, p50: 5_000, p90: 9_000, p99: 9_900, longest: 10_000 });
  expect(summed.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(100);
  expect(summed.histogram.find(({ upToSeconds }) => upToSeconds === 1)?.count).toBe(5);
  expect(latencies([]).p99).toBe(0);
});

test("keys, values and times are counted", () => {
  const right = rightHistory();
  const history = {
    ...right,
    acts: [
      { ...LOSS, at: 400, kind: "create", uid: UID } as const,
      { ...LOSS, at: 2_000, kind: "edit-secret" } as const,
    ],
  };
  expect(statisticsOf(history, judge(history))).toMatchObject({
    mints: 2,
    revocations: 1,
    rotations: 1,
    unknown: 0,
    lost: 0,
    untilReady: { count: 1, p50: 610 },
    untilHealed: { count: 1, p50: 3_000 },
  });
});

test("attempts of unknown outcome count once, however often they are seen", () => {
  const right = rightHistory();
  const abandoned = ["aaaaaaaa", attemptOf("ak_second")].map((id) => ({
    id,
    op: "create",
    startedAt: 1,
    abandonedAt: 2,
    listings: 0,
  }));
  const apiKeys = [
    ...right.apiKeys,
    apiKey(6_020, names("ak_second", { abandoned })),
    apiKey(6_030, names("ak_second", { abandoned })),
  ];
  const history = { ...right, apiKeys };
  expect(statisticsOf(history, judge(history))).toMatchObject({
    unknown: 2,
    outcomes: { nothing: 1, committed: 1, open: 0 },
    untilRecovered: { count: 1, p50: 5_008 },
  });
});

test("a timeline shows in order what was seen of an ApiKey and its keys", () => {
  const right = rightHistory();
  const history = {
    ...right,
    secrets: [...right.secrets, secret(5_500, "ak_second", { valueFingerprint: "?" })],
  };
  const timeline = timelineOf(history, { rule: "lost", text: "", keyId: "ak_second", uid: UID });
  const order = ["key ak_first exists", "quiet begins"].map((text) =>
    timeline.findIndex((line) => line.includes(text)),
  );
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(timeline.join("\n")).toContain("key ak_first is revoked");
  expect(timeline.join("\n")).toContain("its value does not fit the annotation");
  expect(timeline.join("\n")).toContain("createApiKey");
});
