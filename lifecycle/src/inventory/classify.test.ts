import { describe, expect, test } from "vitest";
import type { AbandonedAttempt } from "../attempt.ts";
import type { RemoteKey } from "../evidence.ts";
import type { CommitRecord } from "../plan/view/secret.ts";
import type { StatusRecord } from "../plan/view/status.ts";
import { ADOPTED, formatTag } from "../tag.ts";
import { DEFAULT_TIMING } from "../timing.ts";
import { classifyKey, type Inventory, type OwnerRecords } from "./classify.ts";

const INSTALLATION = "0123456789";
const OWNER = "0123456789abcdef";
const AT = Date.parse("2026-11-24T12:00:00Z");
const MINUTE = 60_000;

function key(id: string, attempt: string | undefined, changes: Partial<RemoteKey> = {}): RemoteKey {
  const tag =
    attempt === undefined
      ? ""
      : ` ${formatTag({ installation: INSTALLATION, owner: OWNER, revision: 1, attempt })}`;
  return {
    id,
    description: `shop${tag}`,
    mode: "live",
    status: "active",
    createdAt: AT,
    hint: "abcd",
    ...changes,
  };
}

function records(status: Partial<StatusRecord>, secret?: Partial<CommitRecord>): OwnerRecords {
  const commit: CommitRecord = {
    keyId: "ak_none",
    accountId: "acc",
    revision: 1,
    attempt: "aaaaaaaa",
    fingerprint: "0".repeat(12),
    hint: "abcd",
    createdAt: AT,
    committedAt: AT,
    previous: [],
  };
  return {
    status: { revision: 1, abandoned: [], previous: [], ...status },
    secret: secret === undefined ? undefined : { ...commit, ...secret },
  };
}

function abandoned(id: string, changes: Partial<AbandonedAttempt> = {}): AbandonedAttempt {
  const base = { id, op: "create" as const, revision: 1, startedAt: AT, reason: "Declared" as const };
  return { ...base, abandonedAt: AT + 2 * MINUTE, listings: 2, ...changes };
}

function judge(subject: RemoteKey, owner: OwnerRecords | undefined, others: readonly RemoteKey[] = []) {
  const inventory: Inventory = {
    installation: INSTALLATION,
    listed: new Map([subject, ...others].map((listed) => [listed.id, listed])),
    named: new Set(["ak_named"]),
    timing: DEFAULT_TIMING,
  };
  return classifyKey(subject, owner, inventory);
}

describe("a key is managed", () => {
  test.each<[string, RemoteKey, OwnerRecords]>([
    ["that the status names", key("ak_1", "aaaaaaaa"), records({ keyId: "ak_1" })],
    [
      "that retires",
      key("ak_1", "aaaaaaaa"),
      records({ keyId: "ak_2", previous: [{ keyId: "ak_1", revokeAt: AT, reason: "RotationDue" }] }),
    ],
    [
      "whose attempt is under way",
      key("ak_1", "aaaaaaaa"),
      records({ attempt: { id: "aaaaaaaa", op: "create", revision: 1, startedAt: AT, reason: "Declared" } }),
    ],
    ["that its Secret names, where the status lags", key("ak_1", "aaaaaaaa"), records({}, { keyId: "ak_1" })],
    [
      "that its Secret names, although another attempt was abandoned",
      key("ak_1", "aaaaaaaa"),
      records({ abandoned: [abandoned("bbbbbbbb")] }, { keyId: "ak_1" }),
    ],
    [
      "that its Secret names as replaced",
      key("ak_1", "aaaaaaaa"),
      records({}, { keyId: "ak_2", previous: [{ keyId: "ak_1", revokeAt: AT, reason: "RotationDue" }] }),
    ],
    [
      "that the status names, although its attempt was abandoned once: it was accepted",
      key("ak_1", "aaaaaaaa"),
      records({ keyId: "ak_1", abandoned: [abandoned("aaaaaaaa")] }),
    ],
    ["without a tag, where a status names its ID", key("ak_named", undefined), records({})],
  ])("%s", (_, subject, owner) => {
    expect(judge(subject, owner)).toEqual({ kind: "managed" });
  });
});

describe("a key is abandoned", () => {
  test("that an abandoned attempt left", () => {
    const owner = records({ keyId: "ak_2", abandoned: [abandoned("aaaaaaaa")] });
    expect(judge(key("ak_1", "aaaaaaaa"), owner)).toEqual({ kind: "abandoned", repeated: false });
  });

  test("that carries the tag of an adoption which was given up, and of no other", () => {
    const adoption = { op: "adopt", keyId: "ak_1", description: "by hand" } as const;
    const owner = records({ abandoned: [abandoned("aaaaaaaa", adoption)] });
    expect(judge(key("ak_1", "aaaaaaaa"), owner)).toEqual({ kind: "abandoned", repeated: false });
    expect(judge(key("ak_1", "bbbbbbbb"), owner)).toEqual({ kind: "unaccounted" });
  });

  test("whatever a Secret says, which others can write", () => {
    const owner = records({ abandoned: [abandoned("aaaaaaaa")] }, { keyId: "ak_1" });
    expect(judge(key("ak_1", "aaaaaaaa"), owner)).toEqual({ kind: "abandoned", repeated: false });
  });

  test("that is the second one of an attempt, if it was made in the same breath", () => {
    const first = key("ak_1", "aaaaaaaa");
    const owner = records({ keyId: "ak_1" });
    const twin = key("ak_2", "aaaaaaaa", { createdAt: AT + DEFAULT_TIMING.attemptLifetime });
    expect(judge(twin, owner, [first])).toEqual({ kind: "abandoned", repeated: true });
    const copied = key("ak_2", "aaaaaaaa", { createdAt: AT + DEFAULT_TIMING.attemptLifetime + 1 });
    expect(judge(copied, owner, [first])).toEqual({ kind: "unaccounted" });
  });

  test("that is the second one of an attempt, also where somebody has edited the first one's description", () => {
    const first = { ...key("ak_1", "aaaaaaaa"), description: "edited" };
    const twin = key("ak_2", "aaaaaaaa");
    const current = records({ keyId: "ak_1", keyAttempt: "aaaaaaaa" });
    expect(judge(twin, current, [first])).toEqual({ kind: "abandoned", repeated: true });
    const previous = [{ keyId: "ak_1", revokeAt: AT, attempt: "aaaaaaaa", reason: "RotationDue" }];
    expect(judge(twin, records({ keyId: "ak_3", previous }), [first])).toEqual({
      kind: "abandoned",
      repeated: true,
    });
    expect(judge(twin, records({ keyId: "ak_1" }), [first])).toEqual({ kind: "unaccounted" });
  });

  test("that is the second one of an attempt whose first key retires", () => {
    const first = key("ak_1", "aaaaaaaa");
    const owner = records({
      keyId: "ak_3",
      previous: [{ keyId: "ak_1", revokeAt: AT, reason: "RotationDue" }],
    });
    expect(judge(key("ak_2", "aaaaaaaa"), owner, [first])).toEqual({ kind: "abandoned", repeated: true });
  });
});

describe("a key is unaccounted", () => {
  test("whose owner is not there", () => {
    expect(judge(key("ak_1", "aaaaaaaa"), undefined)).toEqual({ kind: "unaccounted" });
  });

  test("that its Secret does not name among those that were replaced", () => {
    const previous = [{ keyId: "ak_3", revokeAt: AT, reason: "RotationDue" }];
    const owner = records({ keyId: "ak_2" }, { keyId: "ak_2", previous });
    expect(judge(key("ak_1", "bbbbbbbb"), owner)).toEqual({ kind: "unaccounted" });
  });

  test("whose attempt no record of its owner knows", () => {
    expect(judge(key("ak_1", "bbbbbbbb"), records({ keyId: "ak_2" }, { keyId: "ak_2" }))).toEqual({
      kind: "unaccounted",
    });
  });

  test.each([
    ["long before its attempt", AT - DEFAULT_TIMING.clockTolerance - 1],
    ["long after it", AT + DEFAULT_TIMING.attemptLifetime + DEFAULT_TIMING.clockTolerance + 1],
  ])("that was created %s: somebody copied a description", (_, createdAt) => {
    const owner = records({ abandoned: [abandoned("aaaaaaaa")] });
    expect(judge(key("ak_1", "aaaaaaaa", { createdAt }), owner)).toEqual({ kind: "unaccounted" });
  });

  test("that only the Secret of an abandoned attempt names, and that was made at another time", () => {
    const owner = records({ abandoned: [abandoned("aaaaaaaa")] }, { keyId: "ak_1" });
    const createdAt = AT + 3_600_000;
    expect(judge(key("ak_1", "aaaaaaaa", { createdAt }), owner)).toEqual({ kind: "unaccounted" });
  });

  test("that was adopted, although its attempt has another key: the attempt did not make it", () => {
    const adopted = { installation: INSTALLATION, owner: OWNER, revision: ADOPTED, attempt: "aaaaaaaa" };
    const subject = key("ak_2", undefined, { description: `shop ${formatTag(adopted)}` });
    const owner = records({ keyId: "ak_1", keyAttempt: "aaaaaaaa" });
    expect(judge(subject, owner, [key("ak_1", "aaaaaaaa")])).toEqual({ kind: "unaccounted" });
  });

  test("that an abandoned roll names: a roll makes no key", () => {
    const owner = records({ abandoned: [abandoned("aaaaaaaa", { op: "roll", keyId: "ak_2" })] });
    expect(judge(key("ak_1", "aaaaaaaa"), owner)).toEqual({ kind: "unaccounted" });
  });
});

test("a key of an installation that was taken over from is as good as our own", () => {
  const tag = formatTag({ installation: "ffffffffff", owner: OWNER, revision: 1, attempt: "aaaaaaaa" });
  const subject = key("ak_1", undefined, { description: `shop ${tag}` });
  const inventory: Inventory = {
    installation: INSTALLATION,
    previousInstallations: ["ffffffffff"],
    listed: new Map([[subject.id, subject]]),
    named: new Set(),
    timing: DEFAULT_TIMING,
  };
  expect(classifyKey(subject, records({ keyId: "ak_1" }), inventory)).toEqual({ kind: "managed" });
});

describe("a key is foreign", () => {
  test("without a tag", () => {
    expect(judge(key("ak_1", undefined), undefined)).toEqual({ kind: "foreign" });
  });

  test("of another installation, even if a status names its ID", () => {
    const tag = formatTag({ installation: "ffffffffff", owner: OWNER, revision: 1, attempt: "aaaaaaaa" });
    const subject = key("ak_named", undefined, { description: `shop ${tag}` });
    expect(judge(subject, records({ keyId: "ak_named" }))).toEqual({ kind: "foreign" });
  });
});
