import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import type { Manifest } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { PODS } from "../workloads/resources.ts";
import { installForeignKinds } from "./foreign-kinds.ts";
import { ExamplesWalk } from "./examples-walk.ts";
import { objectsOfKind } from "./manifests.ts";

const TEST_TIMEOUT = 600_000;
const KINDS = [
  { group: "external-secrets.io", version: "v1", kind: "SecretStore", plural: "secretstores" },
  { group: "external-secrets.io", version: "v1alpha1", kind: "PushSecret", plural: "pushsecrets" },
  { group: "argoproj.io", version: "v1alpha1", kind: "Rollout", plural: "rollouts" },
];

let examples: ExamplesWalk;

beforeAll(async () => {
  examples = await ExamplesWalk.begin();
  await installForeignKinds(examples.walk.cluster, KINDS);
}, TEST_TIMEOUT);

afterAll(async () => examples[Symbol.asyncDispose]());

/** The states of all keys of an example, newest first. */
function statesIn(account: string): readonly string[] {
  return examples.walk.keysIn(account).map(({ mode, status }) => `${mode} ${status}`);
}

function keyOf(namespace: string, name = "checkout"): OneKey {
  return new OneKey(examples.walk, namespace, { name });
}

/** The UIDs of the Pods of a namespace that are not on their way out. */
async function podsIn(namespace: string): Promise<readonly string[]> {
  const { items } = await examples.walk.kube.listAll(PODS, { namespace });
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.uid);
}

let adopted: { account: string; kept: { id: string; key: string }; rolled: { id: string; key: string } };

// An adoption takes most of a minute: it goes on while the other examples are followed.
test("adoption begins: two keys that were made by hand", { timeout: TEST_TIMEOUT }, async () => {
  const account = await examples.arrive("adoption");
  const { admin } = examples.walk.emulator;
  const kept = admin.createKey(account, { mode: "live", description: "Checkout, by Ada" });
  const rolled = admin.createKey(account, { mode: "live", description: "Invoices, by Ada" });
  adopted = { account, kept, rolled };
  await examples.save("key.txt", kept.key);
  await examples.copy("examples/kubernetes/adoption", (text) =>
    text
      .replaceAll("REPLACE-WITH-THE-ID-OF-THE-KEY-TO-KEEP", kept.id)
      .replaceAll("REPLACE-WITH-THE-ID-OF-THE-KEY-TO-ROLL", rolled.id),
  );
  for (const section of ["Before", "Apply"]) await examples.follow("adoption", section);
  expect(await examples.walk.authenticates(rolled.key)).toBe(200);
});

test(
  "quickstart: one test key, which works until the ApiKey is deleted",
  { timeout: TEST_TIMEOUT },
  async () => {
    const account = await examples.arrive("quickstart");
    await examples.copy("examples/kubernetes/quickstart", (text) =>
      text.replaceAll("REPLACE-WITH-YOUR-MANAGEMENT-TOKEN", "token-of-quickstart"),
    );
    await examples.follow("quickstart", "Apply");
    expect(await examples.follow("quickstart", "What you see")).toMatch(/KeyDelivered[^]*SIGNATUREAPI_KEY/);
    expect(await keyOf("signatureapi-quickstart").authenticates()).toBe(200);
    await examples.follow("quickstart", "Clean up");
    expect(statesIn(account)).toEqual(["test revoked"]);
  },
);

test("multi-tenant: each team gets what its namespace is allowed", { timeout: TEST_TIMEOUT }, async () => {
  const account = await examples.arrive("multi-tenant");
  await examples.follow("multi-tenant", "Apply");
  const first = statesIn(account);
  expect(first.toSorted()).toEqual(["live active", "live active", "test active"]);

  const listed = await examples.follow("multi-tenant", "What is refused");
  expect(listed).toMatch(/gift-cards +False .*KeyLimitReached/);
  expect(listed).toMatch(/forgotten +False .*RetainNotAllowed/);
  expect(listed).toMatch(/reports-live +False .* NotAllowed/);
  expect(statesIn(account)).toEqual(first);

  await examples.follow("multi-tenant", "Let a team have more");
  expect(await keyOf("team-reports", "reports-live").authenticates()).toBe(200);
  expect(await keyOf("team-reports", "reports").authenticates()).toBe(200);

  await examples.follow("multi-tenant", "Clean up");
  expect(new Set(statesIn(account))).toEqual(new Set(["live revoked", "test revoked"]));
});

test(
  "rotation: the Pods get the new value, and the old key ends when nothing uses it",
  { timeout: TEST_TIMEOUT },
  async () => {
    const account = await examples.arrive("rotation");
    expect(await examples.follow("rotation", "Apply")).toContain("successfully rolled out");
    const key = keyOf("rotation-example");
    const [before, pods] = [await key.delivered(), await podsIn(key.namespace)];
    expect(pods).toHaveLength(2);

    const printed = await examples.follow("rotation", "Rotate now");
    expect(printed).toContain(before.keyId);
    expect(statesIn(account)).toEqual(["live active", "live active"]);
    expect(await examples.walk.authenticates(before.value)).toBe(200);
    const replaced = await podsIn(key.namespace);
    expect(replaced).toHaveLength(2);
    expect(replaced.filter((uid) => pods.includes(uid))).toEqual([]);

    await examples.follow("rotation", "End the overlap");
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(await examples.walk.authenticates(before.value)).toBe(401);
    expect(await key.authenticates()).toBe(200);
    await examples.follow("rotation", "Clean up");
    expect(statesIn(account)).toEqual(["live revoked", "live revoked"]);
  },
);

test(
  "deletion-protection: a deletion is refused until the field says otherwise",
  { timeout: TEST_TIMEOUT },
  async () => {
    const account = await examples.arrive("deletion-protection");
    await examples.follow("deletion-protection", "Apply");
    const refused = await examples.follow("deletion-protection", "What is refused");
    expect(refused).toContain("has spec.deletionProtection: true");
    expect(refused).toMatch(/checkout +True .*KeyDelivered/);
    expect(statesIn(account)).toEqual(["live active"]);
    await examples.follow("deletion-protection", "Delete it all the same");
    expect(statesIn(account)).toEqual(["live revoked"]);
    await examples.follow("deletion-protection", "Clean up");
  },
);

test(
  "external-secrets: what the PushSecret selects is what the controller writes",
  { timeout: TEST_TIMEOUT },
  async () => {
    const account = await examples.arrive("external-secrets");
    await examples.follow("external-secrets", "Apply");
    await examples.walk.shell("kubectl apply -k examples/kubernetes/external-secrets/aws");
    const secret = await keyOf("push-example").secret();
    const pushed = objectsOfKind("examples/kubernetes/external-secrets", "PushSecret");
    expect(pushed.map(({ spec }) => spec?.["selector"])).toEqual(
      pushed.map(() => ({ secret: { name: secret.metadata.name } })),
    );
    const entries = pushed.flatMap(({ spec }) => [
      ...JSON.stringify(spec).matchAll(/"secretKey":"([^"]+)"/g),
    ]);
    expect(entries.map(([, entry = ""]) => entry in (secret.data ?? {}))).toEqual([true, true]);
    await examples.follow("external-secrets", "Clean up");
    expect(statesIn(account)).toEqual(["live revoked"]);
  },
);

test(
  "reloader: the old key stays active until other tools have replaced the Pods",
  { timeout: TEST_TIMEOUT },
  async () => {
    const account = await examples.arrive("reloader");
    await examples.follow("reloader", "Before");
    await examples.follow("reloader", "Apply");
    const key = keyOf("reloader-example");
    const [rollout] = objectsOfKind("examples/kubernetes/reloader", "Rollout");
    const { template } = z.object({ template: z.object({ spec: z.looseObject({}) }) }).parse(rollout?.spec);
    const pod = (name: string): Manifest => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: key.namespace },
      spec: template.spec,
    });
    // What Argo Rollouts does with the template.
    await examples.walk.apply(pod("before"));
    await examples.walk.shell(
      `kubectl -n ${key.namespace} wait --for=condition=Ready pod/before --timeout=60s`,
    );
    const before = await key.delivered();

    await examples.follow("reloader", "Rotate now");
    expect(await examples.walk.authenticates(before.value)).toBe(200);
    // And what they do when Reloader has asked for a rollout.
    await examples.walk.apply(pod("after"));
    await examples.walk.shell(`kubectl -n ${key.namespace} delete pod before`);
    await examples.follow("reloader", "When the rollout is complete");
    expect(await examples.walk.authenticates(before.value)).toBe(401);
    expect(await key.authenticates()).toBe(200);
    await examples.follow("reloader", "Clean up");
    expect(statesIn(account)).toEqual(["live revoked", "live revoked"]);
  },
);

test("gitops: what the tools apply becomes ready", { timeout: TEST_TIMEOUT }, async () => {
  const account = await examples.arrive("gitops");
  await examples.walk.follow("docs/install.md", "Store the token");
  await examples.walk.shell("kubectl apply --server-side -k examples/gitops/deploy");
  await examples.walk.shell(
    "kubectl -n shop wait --for=condition=Ready account/default apikey/checkout --timeout=120s",
  );
  await examples.walk.shell("kubectl -n shop rollout status deployment/checkout --timeout=120s");
  expect(await keyOf("shop").authenticates()).toBe(200);
  expect(statesIn(account)).toEqual(["live active"]);
});

test("adoption ends: one value is kept, the other one is rolled", { timeout: TEST_TIMEOUT }, async () => {
  const { account, kept, rolled } = adopted;
  await examples.follow("adoption", "What you see");
  const secret = await examples.walk.shell(
    "kubectl -n adoption-example get secret checkout-signatureapi -o jsonpath='{.data.API_KEY}'",
  );
  expect(Buffer.from(secret, "base64").toString()).toBe(kept.key);
  expect(await examples.walk.authenticates(rolled.key)).toBe(401);
  expect(await keyOf("adoption-example", "invoices").authenticates()).toBe(200);
  await examples.follow("adoption", "Clean up");
  expect(examples.walk.stateOf(kept.id)).toBe("active");
  expect(examples.walk.stateOf(rolled.id)).toBe("revoked");
  expect(statesIn(account)).toHaveLength(2);
});

test("every section with commands was followed, and no value was printed", () => {
  examples.expectAllFollowed();
  expect(examples.walk.controllerOutput).not.toContain(adopted.kept.key);
});
