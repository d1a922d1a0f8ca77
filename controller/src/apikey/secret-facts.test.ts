import type { CommitRecord, SecretView } from "@signatureapi-keys/lifecycle";
import { fingerprintOf } from "@signatureapi-keys/management-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SECRET_ANNOTATIONS as A } from "../resources/names.ts";
import type { Secret } from "../resources/types.ts";
import {
  commitAnnotations,
  secretFacts,
  UNHASHED,
  valueEntry,
  type SecretFacts,
  type Sought,
} from "./secret-facts.ts";
import { secretView } from "./secret-view.ts";

const LIVE = `key_live_${"x".repeat(24)}abcd`;
const OLD = `key_live_${"y".repeat(24)}wxyz`;
const UID = "uid-of-the-apikey";

const RECORD: CommitRecord = {
  keyId: "ak_1",
  accountId: "acc_1",
  revision: 2,
  attempt: "abcdefgh",
  fingerprint: fingerprintOf(LIVE),
  hint: "abcd",
  createdAt: Date.parse("2026-11-25T12:00:00Z"),
  committedAt: Date.parse("2026-11-25T12:00:01Z"),
  previous: [
    {
      keyId: "ak_0",
      revokeAt: Date.parse("2026-11-25T13:00:00Z"),
      replacedAt: Date.parse("2026-11-25T12:00:01Z"),
      fingerprint: fingerprintOf(OLD),
      reason: "RotationDue",
    },
  ],
  obeyedTrigger: "t",
  obeyedEmergency: "e",
  obeyedAdopt: "a",
};

function secret(
  data: Readonly<Record<string, string>>,
  annotations: Record<string, string> = {},
  more: Partial<Secret> = {},
): Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "app", namespace: "shop", uid: "uid-s", resourceVersion: "7", annotations },
    data: Object.fromEntries(
      Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString("base64")]),
    ),
    ...more,
  };
}

const SOUGHT: Sought = {
  entry: "KEY",
  previousEntry: "KEY_PREVIOUS",
  fingerprint: fingerprintOf(LIVE),
};

function viewed(found: Secret, sought = SOUGHT): SecretView & { readonly state: "present" } {
  const view = secretView(secretFacts(found), "cached", {
    ...sought,
    uid: UID,
    retiring: [],
    declared: [],
    isDeclaredShape: () => true,
  });
  if (view.state !== "present") throw new TypeError("the Secret is there");
  return view;
}

function committed(changes: Record<string, string | undefined> = {}): Secret {
  const all = { ...commitAnnotations(RECORD, UID), ...changes };
  const annotations = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return secret({ KEY: LIVE, KEY_PREVIOUS: OLD }, annotations);
}

test("an entry with the name of something that each object has is missing where the Secret has none", () => {
  const sought = { ...SOUGHT, entry: "constructor", previousEntry: "toString", fingerprint: undefined };
  const { fingerprint, hint, mode, previous } = viewed(secret({ KEY: LIVE }), sought);
  expect([fingerprint, hint, mode, previous]).toEqual([undefined, undefined, undefined, undefined]);
});

describe("the facts of a Secret", () => {
  test("hold no value, whatever the Secret holds it in", () => {
    const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    const found = secret(
      { KEY: LIVE, other: "hunter2" },
      { [lastApplied]: `{"data":"${LIVE}"}`, mine: "kept" },
    );
    found.metadata["managedFields"] = [{ fieldsV1: { "f:data": { "f:KEY": {} } } }];
    const kept = secretFacts(found);
    expect(kept.metadata.annotations).toEqual({ mine: "kept" });
    expect(kept.metadata).not.toHaveProperty("managedFields");
    const text = JSON.stringify(kept);
    for (const value of [LIVE, "hunter2", Buffer.from(LIVE).toString("base64"), "managedFields"])
      expect(text).not.toContain(value);
    expect(kept.entries).toEqual({ KEY: fingerprintOf(LIVE), other: fingerprintOf("hunter2") });
  });

  test("show the hint and mode of what looks like a key, and of nothing else", () => {
    const { keys } = secretFacts(
      secret({
        live: LIVE,
        test: `key_test_${"z".repeat(12)}1234`,
        short: "key_live_ab1234",
        shortest: "key_live_abc1234",
        other: "xkey_live_abcdefghijkl",
        noMode: `key_${"9".repeat(20)}`,
      }),
    );
    expect(keys).toEqual({
      live: { hint: "abcd", mode: "live" },
      test: { hint: "1234", mode: "test" },
      shortest: { hint: "1234", mode: "live" },
    });
  });

  test("cost nothing for entries beyond a number that no ApiKey has named, and tell them from absent ones", () => {
    const tiny = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`e${index}`, "1"]));
    const annotations = { [A.written]: JSON.stringify({ entries: { e7: "0" } }), [A.entry]: "e8" };
    const { entries, keys } = secretFacts(secret({ ...tiny, KEY: LIVE }, annotations));
    const hashed = Object.entries(entries).filter(([, fingerprint]) => fingerprint !== UNHASHED);
    const one = fingerprintOf("1");
    expect(Object.fromEntries(hashed)).toEqual({ e7: one, e8: one, KEY: fingerprintOf(LIVE) });
    expect(Object.keys(entries)).toHaveLength(5_001);
    expect(Object.keys(keys)).toEqual(["KEY"]);
  });

  test("find a value among many entries, also where the record beside it is damaged", () => {
    const tiny = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`e${index}`, "1"]));
    const found = secretFacts(secret({ ...tiny, RENAMED: LIVE }, { [A.written]: "{" }));
    expect(valueEntry(found, SOUGHT)).toBe("RENAMED");
  });

  test("know each value of the vendor's by how its Base64 begins", () => {
    const property = fc.property(fc.string({ unit: "binary" }), (rest) => {
      const filler = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`e${index}`, "1"]));
      const value = `key_${rest}`;
      expect(secretFacts(secret({ ...filler, V: value })).entries["V"]).toBe(fingerprintOf(value));
    });
    fc.assert(property);
  });

  test.each([
    ["of a Secret without type and data", {}, { type: "Opaque", immutable: false }],
    ["of an immutable Secret of a type", { type: "t", immutable: true }, { type: "t", immutable: true }],
  ])("%s say so", (_name, more, expected) => {
    const found = { ...secret({}), ...more };
    expect(secretFacts({ ...found, data: undefined })).toMatchObject({ ...expected, entries: {}, keys: {} });
  });
});

function facts(data: Record<string, string>, annotations: Record<string, string> = {}): SecretFacts {
  return secretFacts(secret(data, annotations));
}

describe("the entry of the value", () => {
  const told = { [A.entry]: "WRITTEN", [A.fingerprint]: fingerprintOf(LIVE) };

  test.each([
    ["is the declared one without a record", facts({ KEY: LIVE }), SOUGHT, "KEY"],
    [
      "is the one that the record names, if it fits the record",
      facts({ WRITTEN: LIVE, KEY: OLD }, told),
      { ...SOUGHT, fingerprint: fingerprintOf(OLD) },
      "WRITTEN",
    ],
    [
      "is the one that the record names, if it fits the status",
      facts({ KEY: LIVE, WRITTEN: LIVE }, { [A.entry]: "WRITTEN" }),
      SOUGHT,
      "WRITTEN",
    ],
    [
      "is found by its fingerprint where it was renamed",
      facts({ KEY: "edited", RENAMED: LIVE }),
      SOUGHT,
      "RENAMED",
    ],
    [
      "is never the one that keeps the previous value",
      facts({ KEY: "edited", KEY_PREVIOUS: LIVE }),
      SOUGHT,
      "KEY",
    ],
    [
      "is not guessed where no value is recorded",
      facts({ OTHER: LIVE }),
      { ...SOUGHT, fingerprint: undefined },
      "KEY",
    ],
  ])("%s", (_name, found, sought, entry) => {
    expect(valueEntry(found, sought)).toBe(entry);
  });
});

describe("the record of a commit", () => {
  test("reads as it was written", () => {
    expect(viewed(committed()).record).toEqual(RECORD);
  });

  test.each([A.keyId, A.account, A.attempt, A.fingerprint, A.revision, A.createdAt, A.committedAt])(
    "without %s is none",
    (name) => {
      expect(viewed(committed({ [name]: undefined })).record).toBeUndefined();
    },
  );

  test.each([
    [A.revision, "two"],
    [A.revision, "1.5"],
    [A.createdAt, "yesterday"],
    [A.createdAt, "+275760-09-13T00:00:00Z"],
    [A.committedAt, "-000001-01-01T00:00:00Z"],
    [A.committedAt, "2026-13-01T00:00:00Z"],
  ])("whose %s is %s is none", (name, value) => {
    expect(viewed(committed({ [name]: value })).record).toBeUndefined();
  });

  test("leaves out what it did not obey", () => {
    const record = viewed(
      committed({ [A.trigger]: undefined, [A.emergency]: undefined, [A.adopt]: undefined }),
    ).record;
    const { obeyedTrigger: _t, obeyedEmergency: _e, obeyedAdopt: _a, ...rest } = RECORD;
    expect(record).toEqual(rest);
  });

  const previous = { keyId: "ak_0", revokeAt: "2026-11-25T13:00:00Z", reason: "RotationDue" };
  test.each([
    ["a time of revocation that is none", [{ ...previous, revokeAt: "soon" }]],
    ["a time of replacement that is none", [{ ...previous, replacedAt: "earlier" }]],
    ["no key", [{ ...previous, keyId: undefined }]],
  ])("forgets a previous key with %s", (_name, entries) => {
    const found = committed({ [A.previous]: JSON.stringify(entries) });
    expect(viewed(found).record?.previous).toEqual([]);
  });

  test("keeps a previous key without a time of replacement", () => {
    const found = committed({ [A.previous]: JSON.stringify([previous]) });
    const revokeAt = Date.parse(previous.revokeAt);
    expect(viewed(found).record?.previous).toEqual([{ keyId: "ak_0", revokeAt, reason: "RotationDue" }]);
  });

  test("has no more previous keys than anybody would write", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ ...previous, keyId: `ak_${index}` }));
    const read = [49, 50, 51, 2_000].map((count) => {
      const found = committed({ [A.previous]: JSON.stringify(many.slice(0, count)) });
      expect(viewed(found).record?.previous.at(-1)?.keyId).toBe(`ak_${count - 1}`);
      return viewed(found).record?.previous.length;
    });
    expect(read).toEqual([49, 50, 50, 50]);
  });

  test("has no previous keys where they cannot be read", () => {
    expect(viewed(committed({ [A.previous]: "{" })).record?.previous).toEqual([]);
  });
});

describe("the view of a Secret", () => {
  test("shows the value, the previous one, and who wrote it", () => {
    expect(viewed(committed({ [A.touched]: "abcdefgi" }))).toMatchObject({
      owner: "this",
      ownedBy: undefined,
      fingerprint: fingerprintOf(LIVE),
      hint: "abcd",
      mode: "live",
      previous: fingerprintOf(OLD),
      entries: [fingerprintOf(LIVE), fingerprintOf(OLD)],
      immutable: false,
      shape: "declared",
      touchedFor: "abcdefgi",
    });
  });

  test.each([
    ["another ApiKey's", "uid-of-another", "other"],
    ["nobody's", undefined, "none"],
  ])("is %s where its annotation says so", (_name, uid, owner) => {
    const view = viewed(committed({ [A.owner]: uid }));
    expect(view.owner).toBe(owner);
    expect(view.ownedBy === undefined).toBe(uid === undefined);
  });

  test("shows no previous value where none is declared", () => {
    expect(viewed(committed(), { ...SOUGHT, previousEntry: undefined }).previous).toBeUndefined();
  });

  test("says where the shape differs", () => {
    const owner = { ...SOUGHT, uid: UID, retiring: [], declared: [], isDeclaredShape: () => false };
    expect(secretView(secretFacts(committed()), "live", owner)).toMatchObject({
      shape: "different",
      read: "live",
    });
  });
});

const MANAGER = "signatureapi-controller";
const WRITTEN = JSON.stringify({ shape: "", labels: [], annotations: [], entries: { KEY: "", ".env": "" } });
const STRIPPED = Object.fromEntries(Object.values(A).map((name) => [name, undefined]));

/** An element of `managedFields`. */
function set(manager: string, ...entries: readonly string[]): object {
  const fields = Object.fromEntries(entries.map((entry) => [`f:${entry}`, {}]));
  return { manager, operation: "Update", fieldsV1: { "f:data": { ".": {}, ...fields } } };
}

function judged(found: Secret, declared: readonly string[] = [], retiring: readonly string[] = []): object {
  const sought = { ...SOUGHT, previousEntry: undefined, uid: UID, isDeclaredShape: () => true };
  const view = secretView(secretFacts(found), "live", { ...sought, retiring, declared });
  if (view.state !== "present") throw new TypeError("the Secret is there");
  return { foreign: view.foreign, taken: view.taken };
}

function owners(metadata: object): unknown {
  const found = secret({ KEY: LIVE, other: "x" });
  return viewed({ ...found, metadata: { ...found.metadata, ...metadata } }).others;
}

describe("the entries of others", () => {
  test("are those that neither the record, nor a value of ours, nor a field manager shows to be ours", () => {
    const data = { KEY: LIVE, ".env": "edited", "made.by.us": "x", OLD, COPY: LIVE, DB_PASSWORD: "y" };
    const { metadata, ...rest } = secret(data, { ...commitAnnotations(RECORD, UID), [A.written]: WRITTEN });
    const managedFields = [set(MANAGER, "KEY", "made.by.us"), set("kubectl-create", "KEY", "DB_PASSWORD")];
    expect(judged({ ...rest, metadata: { ...metadata, managedFields } })).toEqual({
      foreign: ["DB_PASSWORD"],
      taken: undefined,
    });
  });

  test("are told where all annotations are stripped, and nothing shows who has set an entry", () => {
    const { metadata, ...rest } = committed(STRIPPED);
    const found = { ...rest, metadata, data: { ...rest.data, DB_PASSWORD: "eA==" } };
    expect(judged(found, [], [fingerprintOf(OLD)])).toEqual({ foreign: ["DB_PASSWORD"], taken: undefined });
    expect(judged(found)).toEqual({ foreign: ["KEY_PREVIOUS", "DB_PASSWORD"], taken: undefined });
  });

  test("do not include the entry in which the value is looked for, before it is ours", () => {
    expect(judged(secret({ KEY: "made by hand", other: "x" }), ["KEY"])).toEqual({
      foreign: ["other"],
      taken: undefined,
    });
  });

  test("are in the way where the spec declares their names", () => {
    const found = secret(
      { KEY: LIVE, DB_PASSWORD: "x" },
      { ...commitAnnotations(RECORD, UID), [A.entry]: "KEY" },
    );
    expect(judged(found, ["KEY"])).toEqual({ foreign: ["DB_PASSWORD"], taken: undefined });
    expect(judged(found, ["DB_PASSWORD"])).toEqual({ foreign: ["DB_PASSWORD"], taken: "DB_PASSWORD" });
  });

  test("are not told by field managers that cannot be read", () => {
    const { metadata, ...rest } = secret({ KEY: LIVE, x: "y" });
    expect(secretFacts({ ...rest, metadata: { ...metadata, managedFields: "none" } }).writers).toEqual({});
  });
});

describe("other owners of a Secret", () => {
  test("are its owners, field managers of the value's entry that are no person, and the label of a manager", () => {
    const reference = {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      name: "shop",
      uid: "u",
    };
    const metadata = {
      ownerReferences: [reference],
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      managedFields: [set("external-secrets", "KEY"), set("kubectl-edit", "KEY"), set("flux", "other")],
    };
    expect(owners(metadata)).toEqual({
      owners: [
        "ExternalSecret shop (ownerReference)",
        "external-secrets (field manager of entry KEY)",
        "Helm (label app.kubernetes.io/managed-by)",
      ],
      writers: ["external-secrets", "kubectl-edit"],
    });
  });

  test("are not this controller, and not a person who has made the Secret", () => {
    const metadata = {
      labels: { "app.kubernetes.io/managed-by": "signatureapi-controller" },
      managedFields: [set(MANAGER, "KEY"), set("kubectl-create", "KEY")],
    };
    expect(owners(metadata)).toEqual({ owners: [], writers: ["kubectl-create"] });
  });
});
