import type { CommitRecord } from "@signatureapi-keys/lifecycle";
import { KeyValue } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { apiKeySpecSchema, type ApiKeySpec } from "../resources/apikey.ts";
import type { Secret } from "../resources/types.ts";
import { secretFacts, secretView } from "./secret-facts.ts";
import { isDeclaredShape, secretManifest } from "./secret-manifest.ts";

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
function written(declared: ApiKeySpec, before?: Secret, record = RECORD): Secret {
  const plan = {
    namespace: "shop",
    name: "app",
    apiKey: { name: "app", uid: "uid-1" },
    spec: declared,
    record,
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

  test("holds value and record, and reads as committed", () => {
    const facts = secretFacts(written(spec(WITH_ALL)));
    const view = secretView(facts, "live", {
      uid: "uid-1",
      entry: "SIGNATUREAPI_KEY",
      previousEntry: undefined,
      fingerprint: undefined,
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
    const after = written(spec({ key: "API_KEY" }), touched);
    expect(Object.keys(after.data ?? {}).toSorted()).toEqual(["API_KEY", "theirs"]);
    expect(after.metadata.labels).toMatchObject({ theirs: "1" });
    expect(after.metadata.labels).not.toHaveProperty("tier");
    expect(after.metadata.annotations).toMatchObject({ theirs: "2" });
    expect(after.metadata.annotations).not.toHaveProperty("note");
  });
});

describe("the shape of a Secret", () => {
  const declared = spec(WITH_ALL);
  const good = secretFacts(written(declared));

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
