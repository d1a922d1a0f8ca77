import { SECRET_ANNOTATIONS, SECRETS } from "@signatureapi-keys/controller/resources";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { KUBERNETES_VERSION } from "../../tools/binaries/kubernetes-release.ts";
import { conditionOf, problemOf } from "./conditions.ts";
import { account, accountIdOf, apiKey, namespace, type Manifest } from "./manifests.ts";
import { decoded, OneKey } from "./one-key.ts";
import type { RunningController } from "./running-controller.ts";
import { FAST_TIMING, World } from "./world.ts";

const OVERLAP = "1s";
const NO_MUTATING_POLICIES = "this version of Kubernetes has no MutatingAdmissionPolicy in v1";
const PASSWORD = "of the shop's database";
const DB_PASSWORD = { DB_PASSWORD: Buffer.from(PASSWORD).toString("base64") };
const STRIPPED = Object.fromEntries(Object.values(SECRET_ANNOTATIONS).map((name) => [name, null]));

let world: World;
let controller: RunningController;

beforeAll(async () => {
  world = await World.start();
  controller = await world.startController({
    timing: FAST_TIMING,
    flags: ["--allowed-secret-metadata", "tier,note"],
  });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** A key whose Secret has an entry of another user as well. */
async function shared(n: string, spec: object = {}): Promise<{ key: OneKey; keyId: string; value: string }> {
  const key = new OneKey(world, n);
  const { keyId, value } = await key.ready({ rotation: { overlap: OVERLAP }, ...spec });
  await key.patchSecret({ data: DB_PASSWORD });
  return { key, keyId, value };
}

/** The names of ours that are left on the Secret. */
function marksOf({ metadata }: Awaited<ReturnType<OneKey["secret"]>>): readonly string[] {
  const names = [...Object.keys(metadata.labels ?? {}), ...Object.keys(metadata.annotations ?? {})];
  return names.filter((name) => name.includes("signatureapi.com") || name.endsWith("managed-by"));
}

describe.concurrent("a Secret that others use too", () => {
  test("keeps their entry when its ApiKey is deleted, and nothing of ours", async ({ expect: here }) => {
    const shape = { labels: { tier: "a" }, template: [{ name: ".env", value: "MODE={{mode}}" }] };
    const { key, keyId } = await shared("shared-and-deleted", { secret: shape });
    await key.patchSecret({ metadata: { labels: { theirs: "1" } } });
    await key.remove();
    const left = await key.secret();
    here(Object.keys(left.data ?? {})).toEqual(["DB_PASSWORD"]);
    here(decoded(left, "DB_PASSWORD")).toBe(PASSWORD);
    here(left.metadata.labels).toEqual({ theirs: "1" });
    here(marksOf(left)).toEqual([]);
    here(world.stateOf(keyId)).toBe("revoked");
    here(await key.event("SecretKept")).toContain("DB_PASSWORD");
  });

  test("keeps it also where our annotations were stripped: managedFields show what is ours", async ({
    expect: here,
  }) => {
    const shape = { template: [{ name: ".env", value: "MODE={{mode}}" }] };
    const { key } = await shared("shared-and-stripped", { secret: shape });
    await key.declare({ secret: { labels: { "not-allowed.example.com/tier": "one" } } });
    await key.stalled("SecretMetadataNotAllowed");
    await key.patchSecret({ metadata: { annotations: STRIPPED } });
    await key.remove();
    here(Object.keys((await key.secret()).data ?? {})).toEqual(["DB_PASSWORD"]);
  });

  test("keeps it where the Secret was adopted", async ({ expect: here }) => {
    const n = "shared-and-adopted";
    await world.addAccount(n);
    const made = world.emulator.admin.createKey(accountIdOf(n), { mode: "live", description: "by hand" });
    await world.apply(account(n, world.emulator.url, { adoptKeyIds: [made.id] }));
    const metadata = { name: "app", namespace: n };
    const stringData = { SIGNATUREAPI_KEY: made.key, DB_PASSWORD: PASSWORD };
    const spec = { adopt: { keyId: made.id }, rotation: { overlap: OVERLAP } };
    await world.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData }, apiKey(n, "app", spec));
    const key = new OneKey(world, n);
    await key.untilReady();
    await key.remove();
    const left = await key.secret();
    here(Object.keys(left.data ?? {})).toEqual(["DB_PASSWORD"]);
    here(marksOf(left)).toEqual([]);
    here(world.stateOf(made.id)).toBe("revoked");
  });

  test.each([
    ["value", { key: "DB_PASSWORD" }],
    ["previous value", { previousKey: "DB_PASSWORD" }],
    ["template", { template: [{ name: "DB_PASSWORD", value: "{{key}}" }] }],
  ])("keeps it where the %s is declared in its place, and mints nothing", async (what, secret) => {
    const { key, keyId, value } = await shared(`taken-by-${what.replace(" ", "-")}`);
    await key.declare({ secret, rotation: { overlap: OVERLAP, trigger: "now" } });
    const message = await key.stalled("SecretEntryConflict");
    expect(message).toContain("DB_PASSWORD");
    expect(decoded(await key.secret(), "DB_PASSWORD")).toBe(PASSWORD);
    expect([await key.value(), key.active(), world.stateOf(keyId)]).toEqual([value, 1, "active"]);
    await key.patchSecret({ data: { DB_PASSWORD: null } });
    await key.replaced(keyId);
    expect(decoded(await key.secret(), "DB_PASSWORD")).not.toBe(PASSWORD);
  });

  test("has its loss reported when it is deleted by hand", async ({ expect: here }) => {
    const { key, keyId } = await shared("shared-and-lost");
    await key.deleteSecret();
    here(await key.event("SecretEntriesLost")).toContain("DB_PASSWORD");
    await key.replaced(keyId);
    here(Object.keys((await key.secret()).data ?? {})).toEqual(["SIGNATUREAPI_KEY"]);
  });
});

describe.concurrent("a Secret that stays with Retain", () => {
  test("is nobody's, so that another ApiKey of the name can adopt its key", async ({ expect: here }) => {
    const secret = { labels: { tier: "a" }, annotations: { note: "b" } };
    const { key, keyId, value } = await shared("retained-and-adopted", { secret, deletionPolicy: "Retain" });
    await key.remove();
    const left = await key.secret();
    here(Object.keys(left.data ?? {}).toSorted()).toEqual(["DB_PASSWORD", "SIGNATUREAPI_KEY"]);
    here([left.metadata.labels, left.metadata.annotations]).toEqual([{ tier: "a" }, { note: "b" }]);
    await world.apply(account(key.namespace, world.emulator.url, { adoptKeyIds: [keyId] }));
    await key.declare({ adopt: { keyId } });
    await key.untilReady();
    here([await key.value(), (await key.status()).keyId]).toEqual([value, keyId]);
  });

  test("keeps nothing of ours either where the ApiKey is given up", async ({ expect: here }) => {
    const { key, keyId, value } = await shared("given-up");
    await key.annotate({ "signatureapi.com/abandon": "true" });
    await key.remove();
    const left = await world.kube.get(SECRETS, key.ref);
    here([marksOf(left), decoded(left), world.stateOf(keyId)]).toEqual([[], value, "active"]);
  });
});

describe("another hand on the Secret", () => {
  test("is named when its key is adopted, and after the second fight over the value", async () => {
    const n = "fought-over-by-two";
    await world.addAccount(n);
    const made = world.emulator.admin.createKey(accountIdOf(n), { mode: "live", description: "by hand" });
    await world.apply(account(n, world.emulator.url, { adoptKeyIds: [made.id] }));
    const owner = { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", name: "shop", uid: "u-1" };
    const metadata = { name: "app", namespace: n, ownerReferences: [owner] };
    await world.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { SIGNATUREAPI_KEY: "x" } });
    const key = new OneKey(world, n);
    const data = { SIGNATUREAPI_KEY: Buffer.from(made.key).toString("base64") };
    /** What a sync tool does: it writes the value that it knows. */
    const sync = async (): Promise<void> => {
      const options = { type: "merge", fieldManager: "external-secrets" } as const;
      await world.kube.patch(SECRETS, key.ref, { data }, options);
    };
    await sync();
    await key.declare({ adopt: { keyId: made.id }, rotation: { overlap: "0s", trigger: "one" } });
    await key.untilReady();
    const warning = await key.event("SecretOwnedElsewhere");
    expect(warning).toContain("ExternalSecret shop (ownerReference)");
    expect(warning).toContain("external-secrets (field manager of entry SIGNATUREAPI_KEY)");
    await key.until((object) => conditionOf(object, "Ready")?.message.includes("ExternalSecret shop"));

    await key.declare({ adopt: { keyId: made.id }, rotation: { overlap: "0s", trigger: "two" } });
    await key.newValue(made.key);
    await sync();
    await key.newValue(made.key);
    expect(problemOf(await key.object())).toBeUndefined();
    await sync();
    expect(await key.stalled("SecretContested")).toMatch(/2 times.*field managers: external-secrets\)/);
    expect(await key.authenticates()).toBe(200);
  });
});

/** A policy that claims every Secret of a namespace which asks for it. */
function claiming(name: string): readonly Manifest[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name };
  const resources = { apiGroups: [""], apiVersions: ["v1"], resources: ["secrets"] };
  const expression =
    'Object{metadata: Object.metadata{labels: {"app.kubernetes.io/managed-by": "platform"}}}';
  const spec = {
    matchConstraints: {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
      resourceRules: [{ ...resources, operations: ["CREATE", "UPDATE"] }],
    },
    failurePolicy: "Fail",
    reinvocationPolicy: "Never",
    mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
  };
  return [
    { apiVersion, kind: "MutatingAdmissionPolicy", metadata, spec },
    { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata, spec: { policyName: name } },
  ];
}

/** Mutating policies are on by default from Kubernetes 1.36 on; only another version that was asked for may lack them. */
async function lacksMutatingPolicies(): Promise<boolean> {
  if (process.env[KUBERNETES_VERSION] === undefined) return false;
  const policies = ["get", "mutatingadmissionpolicies.v1.admissionregistration.k8s.io"];
  const { code, stderr } = await world.cluster.kubectl(policies);
  return code !== 0 && stderr.includes("doesn't have a resource type");
}

/** Resolves once a policy works, which is a moment after it was made. */
async function untilClaimed(n: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const probe = { metadata: { name: "probe", namespace: n } };
      const answer = await world.kube.create(SECRETS, probe, { dryRun: true });
      expect(answer.metadata.labels).toBeDefined();
    },
    { timeout: 20_000 },
  );
}

describe("an admission policy that overwrites the manager's label", () => {
  test("is reported next to a delivered key, whose loss is found at once, and which is rotated", async ({
    skip,
  }) => {
    skip(await lacksMutatingPolicies(), NO_MUTATING_POLICIES);
    const n = "claimed-by-a-policy";
    const key = new OneKey(world, n);
    const { keyId } = await key.ready({ rotation: { overlap: OVERLAP, trigger: "one" } });
    await world.apply(...claiming(n));
    await untilClaimed(n);
    await key.declare({ rotation: { overlap: OVERLAP, trigger: "two" } });
    const rotated = await key.replaced(keyId);
    expect(await key.stalled("SecretAltered")).toContain("label app.kubernetes.io/managed-by (now platform)");
    await key.deleteSecret();
    await key.replaced(rotated.keyId);
    expect(await key.authenticates()).toBe(200);
    // Another pass does not write the Secret again in vain.
    await key.stalled("SecretAltered");
    const rests = new RegExp(`"namespace":"${n}".*"at rest"`);
    const lines = (pattern: RegExp): number => controller.lines.filter((line) => pattern.test(line)).length;
    const writes = new RegExp(`"namespace":"${n}".*"rewrite-secret"`);
    const [rested, written] = [lines(rests), lines(writes)];
    await key.annotate({ "example.com/look": "again" });
    await controller.logged(rests, rested + 1);
    expect(lines(writes)).toBe(written);
  });

  test("keeps a first key from being made", async ({ skip }) => {
    skip(await lacksMutatingPolicies(), NO_MUTATING_POLICIES);
    const n = "claimed-from-the-start";
    const key = new OneKey(world, n);
    await world.apply(namespace(n), ...claiming(n));
    await untilClaimed(n);
    await key.create();
    expect(await key.refused("SecretAltered")).toContain("app.kubernetes.io/managed-by (now platform)");
    expect(key.keys()).toEqual([]);
  });
});
