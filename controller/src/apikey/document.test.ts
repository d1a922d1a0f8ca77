import { isProblem, ownerOf } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { RecentVersions } from "../kube/index.ts";
import { apiKeyDocuments, secretKeyOf, type ApiKeyDocument } from "./document.ts";
import type { DeclarationRules } from "./desired.ts";

const RULES: DeclarationRules = {
  allowedTypes: ["example.com/allowed"],
  allowedMetadata: ["team.example.com"],
  reservedNamespaces: ["kube-system"],
  seesPods: true,
};

interface Raw {
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly metadata?: object;
  readonly rules?: Partial<DeclarationRules>;
}

function read({ spec = { mode: "live" }, status, metadata = {}, rules = {} }: Raw): ApiKeyDocument {
  return apiKeyDocuments({ ...RULES, ...rules }).schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    metadata: { name: "app", namespace: "shop", uid: "uid-1", resourceVersion: "7", ...metadata },
    spec,
    status,
  });
}

function rotates(rotation: object): Raw {
  return { spec: { mode: "live", rotation } };
}

function problemOf(raw: Raw): string | undefined {
  const { declaration } = read(raw);
  return isProblem(declaration) ? `${declaration.reason} ${declaration.message}` : undefined;
}

function emergency(annotation: string): string | undefined {
  const { declaration } = read({
    metadata: { annotations: { "signatureapi.com/emergency-rotate": annotation } },
  });
  return isProblem(declaration) ? undefined : declaration.desired.emergency;
}

describe("an ApiKey is read", () => {
  test("with the defaults of its kind", () => {
    const { declaration, ...rest } = read({ metadata: { generation: 3 } });
    expect(isProblem(declaration) ? declaration : declaration.desired).toEqual({
      mode: "live",
      description: "shop/app",
      secretName: "app",
      overlap: 3_600_000,
      suspend: false,
    });
    expect(rest).toMatchObject({
      account: { kind: "Account", namespace: "shop", name: "default" },
      secretName: "app",
      mode: "live",
      deletion: { policy: "Revoke", protection: false },
      holdWhileInUse: false,
      abandon: false,
      owner: ownerOf("uid-1"),
      observedGeneration: -1,
      record: { revision: 0, abandoned: [], previous: [] },
      verdict: undefined,
    });
    expect(secretKeyOf(read({}))).toBe("shop/app");
  });

  test("with everything that it declares", () => {
    const spec = {
      accountRef: { kind: "ClusterAccount", name: "acme" },
      mode: "test",
      description: "Checkout",
      secret: { name: "checkout", previousKey: "OLD" },
      rotation: {
        every: "90d",
        overlap: "2h",
        trigger: "one",
        holdWhileInUse: true,
        window: { schedule: "0 3 * * *", duration: "2h" },
      },
      adopt: { keyId: "ak_1" },
      deletionPolicy: "Retain",
      deletionProtection: true,
      suspend: true,
    };
    const annotations = { "signatureapi.com/emergency-rotate": "now", "signatureapi.com/abandon": "true" };
    const { declaration, ...rest } = read({ spec, metadata: { annotations } });
    expect(isProblem(declaration) ? declaration : declaration.desired).toEqual({
      mode: "test",
      description: "Checkout",
      secretName: "checkout",
      overlap: 7_200_000,
      every: 90 * 86_400_000,
      window: { schedule: "0 3 * * *", timeZone: "UTC", duration: 7_200_000 },
      trigger: "one",
      keepsPrevious: true,
      emergency: "now",
      suspend: true,
      adopt: "ak_1",
    });
    expect(rest).toMatchObject({
      account: { kind: "ClusterAccount", name: "acme" },
      secretName: "checkout",
      mode: "test",
      deletion: { policy: "Retain", protection: true },
      holdWhileInUse: true,
      abandon: true,
    });
  });

  test("without what takes memory and is never asked for", () => {
    const annotations = { note: "x".repeat(100) };
    const metadata = { labels: { a: "b" }, annotations, managedFields: [{}], finalizers: ["f"] };
    expect(Object.keys(read({ metadata }).metadata).toSorted()).toEqual([
      "creationTimestamp",
      "deletionTimestamp",
      "finalizers",
      "generation",
      "name",
      "namespace",
      "resourceVersion",
      "uid",
    ]);
  });

  test("and an emergency annotation is cut, and empty asks for nothing", () => {
    expect(emergency("x".repeat(300))).toBe("x".repeat(253));
    expect(emergency(`${"x".repeat(252)}😀`)).toBe("x".repeat(252));
    expect(emergency("")).toBeUndefined();
  });

  test.each(["false", "yes", ""])("and is not given up by the annotation %j", (value) => {
    expect(read({ metadata: { annotations: { "signatureapi.com/abandon": value } } }).abandon).toBe(false);
  });
});

describe("a spec that cannot be followed", () => {
  test.each<readonly [string, Raw, RegExp]>([
    ["an unknown mode", { spec: { mode: "staging" } }, /^InvalidSpec spec\.mode: /],
    ["no spec at all", { spec: "none" }, /^InvalidSpec spec: /],
    [
      "a description that starts a tag",
      { spec: { mode: "live", description: "[ak:" } },
      /^InvalidSpec spec\.description: /,
    ],
    [
      "a hold for Pods that may not be seen",
      { spec: { mode: "live", rotation: { holdWhileInUse: true } }, rules: { seesPods: false } },
      /^PodAccessMissing /,
    ],
    [
      "a window that never opens",
      {
        spec: {
          mode: "live",
          rotation: { window: { schedule: "x", duration: "2h" } },
        },
      },
      /^InvalidSpec spec\.rotation\.window\./,
    ],
    [
      "a period under an hour",
      { spec: { mode: "live", rotation: { every: "3599s" } } },
      /every: 3599s is too short; at least 1h/,
    ],
    ["a period of 10,000 years", rotates({ every: "87600000h" }), /every: 87600000h is too long/],
    ["an overlap of 27,000 years", rotates({ overlap: "9999999d" }), /overlap: 9999999d is too long/],
    ["an overlap without end", rotates({ overlap: "99999999d" }), /overlap: 99999999d is too long/],
    [
      "a window of 285,000 years",
      rotates({ window: { schedule: "0 3 * * *", duration: "104000000d" } }),
      /window\.duration: .* is too long/,
    ],
    [
      "an overlap as long as the period",
      rotates({ every: "24h", overlap: "1d" }),
      /overlap: 1d must be shorter than spec\.rotation\.every \(24h\)/,
    ],
    [
      "an overlap that outlasts many periods",
      rotates({ every: "1h", overlap: "90d" }),
      /overlap: 90d must be shorter/,
    ],
    ["a reserved namespace", { metadata: { namespace: "kube-system" } }, /^NamespaceReserved /],
    [
      "a type that is not allowed",
      { spec: { mode: "live", secret: { type: "t" } } },
      /^SecretTypeNotAllowed /,
    ],
  ])("says why: %s", (_name, raw, message) => {
    expect(problemOf(raw)).toMatch(message);
  });

  test.each<readonly [string, Raw]>([
    ["a period of an hour, and the overlap that nobody declared", rotates({ every: "1h" })],
    [
      "a period of ten years, and an overlap of almost as much",
      rotates({ every: "3660d", overlap: "87839h" }),
    ],
    ["an overlap without a period", rotates({ overlap: "90d" })],
    ["a hold where Pods may be seen", { spec: { mode: "live", rotation: { holdWhileInUse: true } } }],
    ["no hold where they may not", { rules: { seesPods: false } }],
    ["an allowed type", { spec: { mode: "live", secret: { type: "example.com/allowed" } } }],
    ["an overlap of nothing", { spec: { mode: "live", rotation: { overlap: "0s" } } }],
  ])("is not one with %s", (_name, raw) => {
    expect(problemOf(raw)).toBeUndefined();
  });

  test.each<readonly [string, object, Partial<ApiKeyDocument>]>([
    ["names its Secret", { secret: { name: "other" } }, { secretName: "other" }],
    ["names its Secret after itself", { secret: { name: 7 } }, { secretName: "app" }],
    [
      "names its account",
      { accountRef: { kind: "ClusterAccount", name: "acme" } },
      { account: { kind: "ClusterAccount", name: "acme" } },
    ],
    [
      "names an Account where its kind is unknown",
      { accountRef: { kind: "Tenant", name: "acme" } },
      { account: { kind: "Account", namespace: "shop", name: "acme" } },
    ],
    ["keeps its mode", { mode: "live", description: 7 }, { mode: "live" }],
    ["counts as test where its mode is unknown", { mode: "staging" }, { mode: "test" }],
    [
      "revokes without a policy",
      { deletionPolicy: undefined },
      { deletion: { policy: "Revoke", protection: false } },
    ],
    [
      "revokes where it says so",
      { deletionPolicy: "Revoke" },
      { deletion: { policy: "Revoke", protection: false } },
    ],
    [
      "retains where its policy is not understood",
      { deletionPolicy: "Keep" },
      { deletion: { policy: "Retain", protection: false } },
    ],
    ["stays protected", { deletionProtection: true }, { deletion: { policy: "Revoke", protection: true } }],
    ["holds its key", { rotation: { holdWhileInUse: true } }, { holdWhileInUse: true }],
    [
      "holds its key where that may be meant",
      { rotation: { holdWhileInUse: "yes" } },
      { holdWhileInUse: true },
    ],
    ["holds nothing where it says no", { rotation: { holdWhileInUse: false } }, { holdWhileInUse: false }],
    ["holds nothing where it says nothing", { rotation: {} }, { holdWhileInUse: false }],
  ])("still %s", (_name, spec, expected) => {
    const document = read({ spec: { unknown: true, mode: "bad", ...spec, suspend: "invalid" } });
    expect(isProblem(document.declaration)).toBe(true);
    expect(document).toMatchObject(expected);
  });
});

const emergencyRotate = (text: string) => ({ "signatureapi.com/emergency-rotate": text });
const desiredOf = ({ declaration }: ApiKeyDocument) =>
  isProblem(declaration) ? declaration : declaration.desired;
const specOf = ({ declaration }: ApiKeyDocument) => (isProblem(declaration) ? declaration : declaration.spec);

describe("an ApiKey that was parsed just now", () => {
  const now = { time: 0 };
  const recent = new RecentVersions<ApiKeyDocument>({ monotonic: () => now.time });
  const type = apiKeyDocuments(RULES, recent);
  const parse = (metadata: object, mode = "live"): ApiKeyDocument => {
    const identity = { name: "app", namespace: "shop", uid: "uid-1", resourceVersion: "1", generation: 1 };
    const apiVersion = "signatureapi.com/v1";
    const spec = { mode };
    const parsed = type.schema.parse({
      apiVersion,
      kind: "ApiKey",
      spec,
      metadata: { ...identity, ...metadata },
    });
    recent.note(parsed);
    return parsed;
  };

  test("keeps its spec while its generation stays, and reads its annotations anew", () => {
    const before = parse({ annotations: emergencyRotate("one") });
    const after = parse({ resourceVersion: "2", annotations: emergencyRotate("two") });
    expect(specOf(after)).toBe(specOf(before));
    expect([before, after].map(desiredOf)).toMatchObject([{ emergency: "one" }, { emergency: "two" }]);
    expect(desiredOf(parse({ resourceVersion: "3" }))).not.toHaveProperty("emergency");
    expect(after.owner).toBe(before.owner);
  });

  test.each([
    ["another generation", { generation: 2 }, 0],
    ["another object of the name", { uid: "uid-2" }, 0],
    ["a version of long ago", {}, 2_000],
    ["an object without a generation", { generation: undefined }, 0],
  ])("has its spec read in %s", (_name, metadata, later) => {
    parse({});
    now.time += later;
    const after = parse({ resourceVersion: "4", ...metadata }, "test");
    expect([after.mode, desiredOf(after)]).toMatchObject(["test", { mode: "test" }]);
  });

  test("has its spec read where it was invalid before", () => {
    parse({ uid: "uid-3" }, "neither");
    expect(desiredOf(parse({ uid: "uid-3", resourceVersion: "5" }))).toMatchObject({ mode: "live" });
  });
});
