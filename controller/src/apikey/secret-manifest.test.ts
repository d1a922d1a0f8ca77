import type { CommitRecord } from "@signatureapi-keys/lifecycle";
import { KeyValue } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { apiKeySpecSchema, type ApiKeySpec } from "../resources/apikey.ts";
import type { Secret } from "../resources/types.ts";
import { secretFacts } from "./secret-facts.ts";
import { secretView } from "./secret-view.ts";
import {
  hasWritten,
  isDeclaredShape,
  releasedSecret,
  secretManifest,
  strippedSecret,
  touchedSecret,
} from "./secret-manifest.ts";

const VALUE = KeyValue.of(`key_live_${"x".repeat(24)}abcd`);
const RECORD: CommitRecord = {
  keyId: "ak_1",
  accountId: "acc_1",
  revision: 1,
  attempt: "abcdefgh",
  fingerprint: VALUE.fingerprint,
  hint: VALUE.hint,
  createdAt: 1_000,
  committedAt: 2_000,
  previous: [{ keyId: "ak_0", revokeAt: 3_000, reason: "SecretLost" }],
  obeyedTrigger: "one",
};

function spec(secret: object = {}): ApiKeySpec {
  return apiKeySpecSchema.parse({ mode: "live", secret });
}

/** The Secret as the API server would give it back. */
function written(
  declared: ApiKeySpec,
  before?: Secret,
  record = RECORD,
  foreign: readonly string[] = [],
): Secret {
  const plan = {
    namespace: "shop",
    name: "app",
    apiKey: { name: "app", uid: "uid-1" },
    spec: declared,
    record,
    foreign,
  };
  const manifest = secretManifest(plan, VALUE, before);
  const { labels, annotations } = manifest.metadata;
  const metadata = {
    name: "app",
    namespace: "shop",
    uid: "uid-s",
    resourceVersion: "1",
    labels,
    annotations,
  };
  return { ...manifest, apiVersion: "v1", kind: "Secret", metadata };
}

const WITH_ALL = {
  labels: { tier: "a" },
  annotations: { note: "b" },
  template: [{ name: ".env", value: "K={{key}}" }],
};

describe("a committed Secret", () => {
  test("does not say which attempt has made a replaced key: whoever may edit it could have another one revoked", () => {
    const previous = RECORD.previous.map((retiring) => ({ ...retiring, attempt: "abcdefgi" }));
    const annotations = written(spec(), undefined, { ...RECORD, previous }).metadata.annotations ?? {};
    expect(Object.values(annotations).join()).toContain("ak_0");
    expect(Object.values(annotations).join()).not.toContain("abcdefgi");
  });

  test("names at most fifty previous keys, those that were replaced last", () => {
    const previous = Array.from({ length: 60 }, (_none, index) => ({
      keyId: `ak_${index}`,
      revokeAt: 3_000,
      reason: "RotationTriggered",
    }));
    const { annotations = {} } = written(spec(), undefined, { ...RECORD, previous }).metadata;
    const named: unknown = JSON.parse(annotations["signatureapi.com/previous"] ?? "");
    expect(named).toHaveLength(50);
    expect(named).toMatchObject({ 0: { keyId: "ak_10" }, 49: { keyId: "ak_59" } });
  });

  test("holds value and record, and reads as committed", () => {
    const facts = secretFacts(written(spec(WITH_ALL)));
    const view = secretView(facts, "live", {
      uid: "uid-1",
      entry: "SIGNATUREAPI_KEY",
      previousEntry: undefined,
      fingerprint: undefined,
      retiring: [],
      declared: [],
      isDeclaredShape: () => true,
    });
    expect(view).toMatchObject({
      owner: "this",
      record: RECORD,
      fingerprint: VALUE.fingerprint,
      hint: "abcd",
    });
  });

  test("leaves nothing of a value in the facts that are kept of it", () => {
    const text = JSON.stringify(secretFacts(written(spec(WITH_ALL))));
    expect(text).not.toContain("xxxxxxxx");
    expect(text).not.toContain(Buffer.from("xxxxxxxx").toString("base64").slice(0, 8));
  });

  test("keeps what others put there, and prunes what was declared before", () => {
    const before = written(spec(WITH_ALL));
    const touched: Secret = {
      ...before,
      metadata: {
        ...before.metadata,
        labels: { ...before.metadata.labels, theirs: "1" },
        annotations: { ...before.metadata.annotations, theirs: "2" },
      },
      data: { ...before.data, theirs: "Mw==" },
    };
    const after = written(spec({ key: "API_KEY" }), touched, RECORD, ["theirs"]);
    expect(Object.keys(after.data ?? {}).toSorted()).toEqual(["API_KEY", "theirs"]);
    expect(after.metadata.labels).toMatchObject({ theirs: "1" });
    expect(after.metadata.labels).not.toHaveProperty("tier");
    expect(after.metadata.annotations).toMatchObject({ theirs: "2" });
    expect(after.metadata.annotations).not.toHaveProperty("note");
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

describe("a Secret that is replaced", () => {
  const OLD = KeyValue.of(`key_live_${"y".repeat(24)}wxyz`);
  const keeping = spec({ previousKey: "OLD" });
  const old = `key_live_${"y".repeat(24)}wxyz`;
  const replaced = {
    ...RECORD,
    previous: [
      {
        keyId: "ak_0",
        revokeAt: 9_000,
        replacedAt: 2_000,
        fingerprint: OLD.fingerprint,
        reason: "RotationDue",
      },
    ],
  };
  const holding: Secret = { ...written(keeping), data: { SIGNATUREAPI_KEY: base64(old) } };

  test("keeps the previous value in its entry where one is declared", () => {
    const after = written(keeping, holding, replaced);
    expect(after.data).toEqual({
      SIGNATUREAPI_KEY: base64(`key_live_${"x".repeat(24)}abcd`),
      OLD: base64(old),
    });
    expect([hasWritten(after, "OLD"), hasWritten(after, "theirs"), hasWritten(holding, "OLD")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(Object.keys(written(spec(), holding, replaced).data ?? {})).toEqual(["SIGNATUREAPI_KEY"]);
  });

  test("loses the entry of the previous value with that value", () => {
    const both = written(keeping, holding, replaced);
    const edited: Secret = { ...both, data: { SIGNATUREAPI_KEY: base64("x"), OLD: base64("edited") } };
    expect(written(keeping, edited, replaced).data).not.toHaveProperty("OLD");
  });

  test("keeps the mark of a recovery, and nothing else of an earlier commit", () => {
    const before = touchedSecret(written(spec()), "abcdefgi");
    const { obeyedTrigger: _trigger, ...record } = RECORD;
    const { annotations = {} } = written(spec(), before, { ...record, previous: [] }).metadata;
    expect(annotations["signatureapi.com/touched-for"]).toBe("abcdefgi");
    expect(annotations).not.toHaveProperty("signatureapi.com/obeyed-trigger");
    expect(annotations).not.toHaveProperty("signatureapi.com/previous");
  });
});

describe("an entry of another user", () => {
  test("is never overwritten", () => {
    const before: Secret = {
      ...written(spec()),
      data: { ...written(spec()).data, DB_PASSWORD: base64("x") },
    };
    const renamed = spec({ key: "DB_PASSWORD" });
    expect(() => written(renamed, before, RECORD, ["DB_PASSWORD"])).toThrow("DB_PASSWORD");
  });

  test("stays in the place that the previous value is declared for", () => {
    const before: Secret = { ...written(spec()), data: { ...written(spec()).data, OLD: base64("x") } };
    expect(written(spec({ previousKey: "OLD" }), before, RECORD, ["OLD"]).data).toMatchObject({
      OLD: base64("x"),
    });
  });
});

describe("a Secret that stays when its ApiKey goes", () => {
  const theirs = { labels: { theirs: "1" }, annotations: { "example.com/theirs": "2" } };
  const committed = written(spec(WITH_ALL));
  const shared: Secret = {
    ...touchedSecret(committed, "abcdefgi"),
    metadata: {
      ...touchedSecret(committed, "abcdefgi").metadata,
      labels: { ...committed.metadata.labels, ...theirs.labels },
      annotations: { ...committed.metadata.annotations, ...theirs.annotations },
    },
    data: { ...committed.data, DB_PASSWORD: base64("x") },
  };

  test("keeps entries, and the metadata that the spec declares or others have set, and nothing else", () => {
    const { metadata, data } = releasedSecret(shared);
    expect(data).toEqual(shared.data);
    expect(metadata.labels).toEqual({ ...theirs.labels, tier: "a" });
    expect(metadata.annotations).toEqual({ ...theirs.annotations, note: "b" });
    expect(metadata).toMatchObject({ uid: "uid-s", resourceVersion: "1" });
  });

  test("keeps the label of another manager", () => {
    const managed = "app.kubernetes.io/managed-by";
    const labels = { ...shared.metadata.labels, [managed]: "Helm" };
    const { metadata } = releasedSecret({ ...shared, metadata: { ...shared.metadata, labels } });
    expect(metadata.labels).toMatchObject({ [managed]: "Helm" });
  });

  test("keeps of its entries only those of others, with their metadata", () => {
    const { metadata, data } = strippedSecret(shared, ["DB_PASSWORD"]);
    expect(data).toEqual({ DB_PASSWORD: base64("x") });
    expect([metadata.labels, metadata.annotations]).toEqual([theirs.labels, theirs.annotations]);
    expect(metadata).toMatchObject({ uid: "uid-s", resourceVersion: "1" });
  });
});

describe("the shape of a Secret", () => {
  const declared = spec(WITH_ALL);
  const good = secretFacts(written(declared));

  test("does not depend on the order of labels", () => {
    const labels = { a: "1", b: "2" };
    const found = secretFacts(written(spec({ labels })));
    expect(isDeclaredShape(found, spec({ labels: { b: "2", a: "1" } }), "app")).toBe(true);
  });

  test("is as declared right after it was written", () => {
    expect(isDeclaredShape(good, declared, "app")).toBe(true);
  });

  test.each([
    ["another label is declared", good, spec({ ...WITH_ALL, labels: { tier: "b" } })],
    ["another template is declared", good, spec({ ...WITH_ALL, template: [] })],
    ["another entry is declared", good, spec({ ...WITH_ALL, key: "API_KEY" })],
    [
      "a label was edited",
      { ...good, metadata: { ...good.metadata, labels: { ...good.metadata.labels, tier: "x" } } },
      declared,
    ],
    [
      "an annotation was edited",
      { ...good, metadata: { ...good.metadata, annotations: { ...good.metadata.annotations, note: "x" } } },
      declared,
    ],
    ["an entry was edited", { ...good, entries: { ...good.entries, ".env": "0".repeat(12) } }, declared],
    [
      "our own label was taken off",
      { ...good, metadata: { ...good.metadata, labels: { tier: "a" } } },
      declared,
    ],
  ])("is different when %s", (_name, facts, nowDeclared) => {
    expect(isDeclaredShape(facts, nowDeclared, "app")).toBe(false);
  });
});
