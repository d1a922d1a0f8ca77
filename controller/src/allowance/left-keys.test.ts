import { DEFAULT_TIMING as TIMING, withTag, type RemoteKey } from "@signatureapi-keys/lifecycle";
import { beforeEach, describe, expect, test } from "vitest";
import { countLeft, LeftKeys, type LeftBehind } from "./left-keys.ts";

const NOW = Date.UTC(2026, 10, 1);
const INSTALLATION = "0123456789";
const OWNER = "00112233445566aa";
const ACCOUNTS = new Set(["ClusterAccount acme"]);
const GONE: LeftBehind = {
  owner: OWNER,
  namespace: "shop",
  mode: "live",
  account: "ClusterAccount acme",
  since: NOW,
  keyIds: ["ak_1"],
  unknown: 0,
};
const SETTLED = NOW + TIMING.settleTime;
const OLD = NOW + TIMING.attemptLifetime;

function key(id: string, changes: Partial<RemoteKey> = {}, owner = OWNER): RemoteKey {
  const tag = { installation: INSTALLATION, owner, revision: 1, attempt: "abcdefgh" };
  const description = withTag("a key", tag);
  return { id, description, mode: "live", status: "active", createdAt: NOW, hint: "0001", ...changes };
}

function listing(startedAt: number, keys: readonly RemoteKey[], revoked: readonly string[] = []) {
  return { startedAt, listed: new Map(keys.map((each) => [each.id, each])), revoked: new Set(revoked) };
}

let left: LeftKeys;
beforeEach(() => {
  left = new LeftKeys({ installation: INSTALLATION, previousInstallations: ["9876543210"], timing: TIMING });
});

function counted(): number {
  return left.of(ACCOUNTS).reduce((sum, each) => sum + countLeft(each), 0);
}

describe("the keys of an ApiKey that is gone", () => {
  test.each([
    ["where the controller has ended it", GONE, true, 0],
    ["where it had none", { ...GONE, keyIds: [] }, false, 0],
    ["where it named one", GONE, false, 1],
    ["where requests have no known outcome", { ...GONE, unknown: 2 }, false, 3],
  ])("%s", (_name, gone, ended, expected) => {
    if (ended) left.noteEnd(OWNER);
    expect(left.noteGone(gone)).toBe(expected > 0);
    expect(counted()).toBe(expected);
  });

  test("count in their account alone", () => {
    left.noteGone(GONE);
    expect(left.of(new Set(["ClusterAccount other"]))).toEqual([]);
  });

  test("count no more when the ApiKey turns up again, and then its end is its own", () => {
    left.noteEnd(OWNER);
    left.noteThere(OWNER);
    expect(left.noteGone(GONE)).toBe(true);
    left.noteThere(OWNER);
    expect(counted()).toBe(0);
  });

  test("are taken from an earlier process's record, unless more is known", () => {
    left.noteGone({ ...GONE, unknown: 1 });
    left.recall([GONE, { ...GONE, owner: "b".repeat(16) }]);
    expect(counted()).toBe(3);
  });
});

describe("a complete listing", () => {
  const UNTAGGED = { description: "edited by hand" };
  test.each<readonly [string, readonly RemoteKey[], number]>([
    ["without the key", [], 0],
    ["with the key", [key("ak_1")], 1],
    ["with the key that is revoked", [key("ak_1", { status: "revoked" })], 0],
    ["with the key that has lost its tag", [key("ak_1", UNTAGGED)], 1],
    ["with the key that another ApiKey has adopted", [key("ak_1", {}, "f".repeat(16))], 0],
    ["with a key that no record had named", [key("ak_1"), key("ak_2")], 2],
    ["with keys of others", [key("ak_3", UNTAGGED), key("ak_4", {}, "f".repeat(16))], 0],
  ])("%s", (_name, keys, expected) => {
    left.noteGone(GONE);
    const relieved = left.settle(ACCOUNTS, listing(SETTLED, keys), SETTLED);
    expect(counted()).toBe(expected);
    expect([...relieved]).toEqual(expected === 0 ? ["shop"] : []);
  });

  test("of a moment too early proves nothing", () => {
    left.noteGone(GONE);
    left.settle(ACCOUNTS, listing(SETTLED - 1, []), SETTLED);
    expect(counted()).toBe(1);
  });

  test("of another account proves nothing", () => {
    left.noteGone(GONE);
    left.settle(new Set(["ClusterAccount other"]), listing(SETTLED, []), SETTLED);
    expect(counted()).toBe(1);
  });

  test("counts no key that was revoked because of it", () => {
    left.noteGone(GONE);
    left.settle(ACCOUNTS, listing(SETTLED, [key("ak_1")], ["ak_1"]), SETTLED);
    expect(counted()).toBe(0);
  });

  test("says nothing of a request under way until its time is over", () => {
    left.noteGone({ ...GONE, keyIds: [], unknown: 2 });
    left.settle(ACCOUNTS, listing(OLD - 1, []), OLD);
    expect(counted()).toBe(2);
    left.settle(ACCOUNTS, listing(OLD - 1, [key("ak_1")]), OLD);
    expect(counted()).toBe(2);
    left.settle(ACCOUNTS, listing(OLD, [key("ak_1")]), OLD);
    expect(counted()).toBe(1);
  });

  test("shows the key of a request that took effect late, for a day", () => {
    left.noteGone({ ...GONE, keyIds: [], unknown: 1 });
    left.settle(ACCOUNTS, listing(OLD, []), OLD);
    expect(counted()).toBe(0);
    left.settle(ACCOUNTS, listing(OLD + 1, [key("ak_9")]), OLD + 1);
    expect(counted()).toBe(1);
    const nextDay = NOW + TIMING.abandonedRetention;
    left.settle(ACCOUNTS, listing(nextDay, []), nextDay);
    expect(left.of(ACCOUNTS)).toEqual([]);
  });
});
