import { expect, test } from "vitest";
import { forecast, memoryOfKey, type Conditions } from "./simulation.ts";

const installation = { keys: 1_000_000, accounts: 200, shards: 20 };
const conditions: Conditions = {
  emptyMiB: 100,
  keyMiB: 0.004,
  memoryLimitMiB: 600,
  bytesPerKey: 4_000,
  etcdBytes: 8_000_000_000,
  requestsPerSecond: 10,
  backgroundShare: 0.2,
  keysOnAPage: 20,
  inventorySeconds: 600,
  callsForRotation: 2,
};

test("memory is that of an empty controller and of a shard's keys", () => {
  expect(forecast(installation, conditions).memoryMiB).toBe(300);
  expect(memoryOfKey(100, 140, 10_000)).toBe(0.004);
  expect(memoryOfKey(100, 99, 10_000)).toBe(0);
});

test("an account of 5,000 keys is listed on 250 pages", () => {
  const { listingSeconds, backgroundListingSeconds } = forecast(installation, conditions);
  expect(listingSeconds).toBe(25);
  expect(backgroundListingSeconds).toBe(125);
});

test("rotations have what the inventories leave of the limit", () => {
  // 864,000 calls a day and account, 144 inventories of 250 pages: 828,000 are left for 414,000 rotations.
  expect(forecast(installation, conditions).rotationsADay).toBe(414_000 * 200);
});

test("an inventory that takes longer than its interval takes its whole share, and no more", () => {
  const one = forecast({ keys: 100_000, accounts: 1, shards: 1 }, conditions);
  expect(one.backgroundListingSeconds).toBe(2_500);
  expect(one.rotationsADay).toBe(345_600);
});

test("what is closest to its limit breaks first", () => {
  const { loads } = forecast(installation, conditions);
  expect(loads.map(({ name }) => name)).toEqual([
    "memory of a controller",
    "size of etcd",
    "time of an inventory",
  ]);
  expect(loads[0]?.share).toBe(0.5);
  const larger = forecast(installation, { ...conditions, bytesPerKey: 16_000 });
  expect(larger.loads[0]).toEqual({ name: "size of etcd", share: 2 });
});
