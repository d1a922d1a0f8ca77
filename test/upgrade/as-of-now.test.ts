import { expect, test } from "vitest";
import { asOfNow, recordedAt } from "./as-of-now.ts";

const RECORDED = Date.UTC(2026, 10, 27, 20, 30);
const NOW = RECORDED + 10 * 86_400_000 + 30 * 60_000;

test("every time of a recording is moved as far, in the precision that it has", () => {
  const text = `at: 2026-11-27T20:30:00Z, '{"revokeAt":"2026-12-01T00:00:00.125Z"}' version-2026-11-27`;
  expect(asOfNow(text, RECORDED, NOW)).toBe(
    `at: 2026-12-07T20:30:00Z, '{"revokeAt":"2026-12-11T00:00:00.125Z"}' version-2026-11-27`,
  );
});

test("a recording is as old as its newest key", () => {
  const keys = ["2026-11-27T20:29:00.000Z", "2026-11-27T20:30:00.000Z"].map((createdAt) => ({ createdAt }));
  expect(recordedAt(JSON.stringify({ accounts: [], keys }))).toBe(RECORDED);
});
