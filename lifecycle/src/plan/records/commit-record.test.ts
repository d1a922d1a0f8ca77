import { describe, expect, it } from "vitest";
import { PROBLEM, ABSENT, ATTEMPT, live, pinned, without } from "../testing/plan-table.ts";
import {
  buildPresent,
  KEY,
  NOW,
  pendingCommitOf,
  RECORD,
  STATUS,
  type ViewChanges,
} from "../testing/view-builder.ts";
import type { CommitRecord } from "../view/secret.ts";
import { commitRecordFor, commitRecordFromStatus } from "./commit-record.ts";

const { emergency: _unknown, ...UNASKED } = STATUS;
const { keyAttempt: _made, ...madeByNobody } = STATUS;
const { obeyedTrigger: _trigger, obeyedEmergency: _emergency, ...SILENT } = RECORD;
const LEAKED = { ...RECORD, obeyedEmergency: "leaked" };
const ADOPTED = { ...RECORD, obeyedAdopt: "ak_hand" };

type Row = readonly [name: string, changes: ViewChanges, record: object];

const OBEYED: readonly Row[] = [
  [
    "the emergency that the status says was obeyed",
    { ...live, secretFields: { record: LEAKED } },
    { obeyedEmergency: "" },
  ],
  [
    "without that, the one that its own Secret names",
    { ...live, status: UNASKED, secretFields: { record: LEAKED } },
    { obeyedEmergency: "leaked" },
  ],
  [
    "not the one that the Secret of another ApiKey names",
    { ...live, status: UNASKED, secretFields: { owner: "other", record: LEAKED } },
    { obeyedEmergency: "" },
  ],
  [
    "without any record, the one that is declared: no record is not a change",
    { ...live, status: UNASKED, secretFields: { record: SILENT }, desired: { emergency: "leaked" } },
    { obeyedEmergency: "leaked" },
  ],
  [
    "no emergency where the spec is invalid",
    { ...live, status: UNASKED, secretFields: { record: SILENT }, desired: PROBLEM },
    { obeyedEmergency: "" },
  ],
  [
    "the key that is declared to be adopted",
    { ...live, desired: { adopt: "ak_hand" } },
    { obeyedAdopt: "ak_hand" },
  ],
  [
    "no adoption where none is declared",
    { ...live, secretFields: { record: ADOPTED } },
    without("obeyedAdopt"),
  ],
  [
    "the adoption in its own Secret where the spec is invalid",
    { ...live, desired: PROBLEM, secretFields: { record: ADOPTED } },
    { obeyedAdopt: "ak_hand" },
  ],
  [
    "no adoption in the Secret of another ApiKey",
    { ...live, desired: PROBLEM, secretFields: { owner: "other", record: ADOPTED } },
    without("obeyedAdopt"),
  ],
  [
    "no adoption of a Secret without a record",
    { ...live, desired: PROBLEM, secretFields: { record: undefined } },
    without("obeyedAdopt"),
  ],
];

function recordOf(changes: ViewChanges, minted = pendingCommitOf()): CommitRecord {
  return commitRecordFor(buildPresent(changes), minted, NOW);
}

describe("the record of a commit names", () => {
  it.each<Row>([
    ...OBEYED,
    ["the trigger that is declared", { ...live, desired: { trigger: "7" } }, { obeyedTrigger: "7" }],
    ["an empty trigger where none is", live, { obeyedTrigger: "" }],
    [
      "the trigger in its own Secret where the spec is invalid",
      { ...live, desired: PROBLEM, secretFields: { record: { ...RECORD, obeyedTrigger: "6" } } },
      { obeyedTrigger: "6" },
    ],
    [
      "no trigger of the Secret of another ApiKey",
      { ...live, desired: PROBLEM, secretFields: { owner: "other" } },
      without("obeyedTrigger"),
    ],
    [
      "no trigger of a Secret without a record",
      { ...live, desired: PROBLEM, secretFields: { record: undefined } },
      without("obeyedTrigger"),
    ],
    [
      "no trigger of a Secret that is not there",
      { ...live, desired: PROBLEM, secret: ABSENT },
      without("obeyedTrigger"),
    ],
    [
      "the account that the status knows",
      { ...live, account: { usable: { accountId: "acc_2" } } },
      { accountId: "acc_1" },
    ],
    [
      "else the account that can be used",
      { account: { usable: { accountId: "acc_2" } } },
      { accountId: "acc_2" },
    ],
    ["else none", { account: { usable: PROBLEM } }, { accountId: "" }],
    ["the key that it replaces", live, { previous: [{ keyId: "ak_1", revokeAt: NOW + 3_600_000 }] }],
    ["no key where there was none", { status: pinned }, { previous: [] }],
    ["not its own key as replaced", { ...live, statusFields: { keyId: "ak_2" } }, { previous: [] }],
  ])("%s", (_name, changes, record) => {
    expect(recordOf(changes)).toMatchObject(record);
  });

  it("no key that was revoked behind our back: that does not retire", () => {
    const seen = { ...live, pass: { remote: { ak_1: { ...KEY, status: "revoked" } } } };
    const heals = pendingCommitOf({ attempt: { ...ATTEMPT, reason: "KeyRevoked" } });
    expect(recordOf(seen, heals).previous).toEqual([]);
  });

  it("a key that was only not found: it may be shown again", () => {
    const heals = pendingCommitOf({ attempt: { ...ATTEMPT, reason: "KeyRevoked" } });
    for (const pass of [{ remote: { ak_1: "absent" } } as const, { remote: {} }])
      expect(recordOf({ ...live, pass }, heals).previous).toMatchObject([{ keyId: "ak_1" }]);
  });

  it("no key that is replaced by a roll", () => {
    expect(recordOf(live, pendingCommitOf({ attempt: { ...ATTEMPT, op: "roll" } })).previous).toEqual([]);
  });
});

function lostRecord(changes: ViewChanges): CommitRecord | undefined {
  return commitRecordFromStatus(buildPresent(changes));
}

describe("the record that a Secret has lost", () => {
  it.each(["keyId", "accountId", "fingerprint", "hint"] as const)(
    "is not known without the status's %s",
    (field) => {
      const { [field]: _lost, ...status } = STATUS;
      expect(lostRecord({ ...live, status })).toBeUndefined();
    },
  );

  it.each<Row>([
    [
      "names what the status does",
      live,
      { keyId: "ak_1", revision: 1, fingerprint: STATUS.fingerprint, attempt: RECORD.attempt },
    ],
    ...OBEYED.map(([name, changes, record]): Row => [`names ${name}`, changes, record]),
    [
      "names the trigger that its own Secret names",
      { ...live, desired: { trigger: "7" }, secretFields: { record: { ...RECORD, obeyedTrigger: "6" } } },
      { obeyedTrigger: "6" },
    ],
    [
      "names the trigger that is declared where the Secret of another ApiKey names one",
      {
        ...live,
        desired: { trigger: "7" },
        secretFields: { owner: "other", record: { ...RECORD, obeyedTrigger: "6" } },
      },
      { obeyedTrigger: "7" },
    ],
    [
      "names an empty trigger where none is known",
      { ...live, secretFields: { record: undefined } },
      { obeyedTrigger: "" },
    ],
    [
      "names no trigger where the spec is invalid",
      { ...live, desired: PROBLEM, secretFields: { record: undefined } },
      without("obeyedTrigger"),
    ],
    [
      "names no trigger of a Secret that is not there",
      { ...live, desired: PROBLEM, secret: ABSENT },
      without("obeyedTrigger"),
    ],
    [
      "names the attempt that has made the key where the Secret names another key",
      { ...live, secretFields: { record: { ...RECORD, keyId: "ak_9" } } },
      { attempt: "attempt2" },
    ],
    [
      "names the attempt in the key's tag where none is on record",
      { ...live, status: madeByNobody, secretFields: { record: undefined }, pass: { remote: { ak_1: KEY } } },
      { attempt: "attempt2" },
    ],
    [
      "names no attempt where neither is known",
      { ...live, status: madeByNobody, secretFields: { record: undefined } },
      { attempt: "" },
    ],
    [
      "names the time of the commit in its own Secret",
      live,
      { committedAt: RECORD.committedAt, createdAt: STATUS.createdAt },
    ],
    [
      "names the last rotation where the Secret names no time",
      { ...live, statusFields: { lastRotatedAt: NOW - 5 }, secretFields: { record: undefined } },
      { committedAt: NOW - 5 },
    ],
    [
      "names the creation of its key where nothing else is known",
      { ...live, secretFields: { record: undefined } },
      { committedAt: STATUS.createdAt },
    ],
  ])("%s", (_name, changes, record) => {
    expect(lostRecord(changes)).toMatchObject(record);
  });

  it("names the time of now where nothing at all is known", () => {
    const { createdAt: _lost, ...status } = STATUS;
    const changes = { ...live, status, secretFields: { record: undefined } };
    expect(lostRecord(changes)).toMatchObject({ createdAt: NOW, committedAt: NOW });
  });
});

/** The record of a key for an ApiKey that asks for a rotation, next to a value whose record names another request. */
function recordAsked(rotate: string | undefined, obeyedRotate: string | undefined): CommitRecord {
  const view = buildPresent({
    ...live,
    desired: rotate === undefined ? {} : { rotate },
    secretFields: { record: obeyedRotate === undefined ? RECORD : { ...RECORD, obeyedRotate } },
  });
  return commitRecordFor(view, pendingCommitOf({}), NOW);
}

describe("the record of a key that was asked for before something else was declared", () => {
  const declared = { trigger: "two", rotate: "two", emergency: "two" };
  const obeys = { trigger: "one", rotate: "one", emergency: "one" };
  const record = (
    reason: "RotationForced" | "RotationTriggered",
    desired: NonNullable<ViewChanges["desired"]>,
  ): CommitRecord => {
    const minted = pendingCommitOf({ attempt: { ...ATTEMPT, reason }, obeys });
    return commitRecordFor(buildPresent({ ...live, desired }), minted, NOW);
  };

  it.each([
    ["declared anew", declared],
    ["declared no longer", {}],
    ["invalid", PROBLEM],
  ] as const)("names what that key obeys, although it is %s", (_what, desired) => {
    expect(record("RotationForced", desired)).toMatchObject({
      obeyedTrigger: "one",
      obeyedRotate: "one",
      obeyedEmergency: "one",
    });
  });

  it("leaves an emergency pending that another reason does not obey", () => {
    expect(record("RotationTriggered", declared)).toMatchObject({
      obeyedTrigger: "one",
      obeyedEmergency: "",
    });
  });

  it.each([
    ["the declared one", "tuesday", "monday", "tuesday"],
    ["the last one where it was removed", undefined, "monday", "monday"],
    ["none where there never was one", undefined, undefined, ""],
  ])("names the request to rotate that counts as obeyed: %s", (_what, rotate, obeyed, expected) => {
    expect(recordAsked(rotate, obeyed)).toMatchObject({ obeyedRotate: expected });
  });
});
