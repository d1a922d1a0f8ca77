import type { CustomObject } from "@signatureapi-keys/controller/resources";
import { expect, test } from "vitest";
import { createStyle } from "../output/style.ts";
import type { Gathered } from "./gather.ts";
import { statusModel } from "./model.ts";
import { renderStatus } from "./render.ts";

const NOW = new Date("2026-11-27T12:00:00Z");
const ago = (minutes: number): string => new Date(NOW.getTime() - minutes * 60_000).toISOString();

type Changes = Readonly<Record<string, unknown>>;

function meta(name: string, changes: Changes = {}) {
  return { name, namespace: "shop", uid: name, resourceVersion: "1", creationTimestamp: ago(60), ...changes };
}

function condition(type: string, status: string, reason: string, message: string): Changes {
  return { type, status, reason, message, lastTransitionTime: ago(1) };
}

function apiKey(status: Changes = {}, spec: Changes = {}): CustomObject {
  return {
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    metadata: meta("checkout", { generation: 1 }),
    spec: { mode: "live", ...spec },
    status: {
      observedGeneration: 1,
      keyId: "ak_2",
      hint: "wxyz",
      revision: 2,
      createdAt: ago(30),
      conditions: [condition("Ready", "True", "KeyDelivered", "key ak_2 is in Secret checkout")],
      ...status,
    },
  };
}

function account(status: Changes = {}): CustomObject {
  return {
    apiVersion: "signatureapi.com/v1",
    kind: "Account",
    metadata: meta("default"),
    spec: {},
    status: {
      conditions: [condition("Ready", "True", "AccountReady", "ready")],
      accountId: "acc_1",
      ...status,
    },
  };
}

function gathered(changes: Partial<Gathered> = {}): Gathered {
  const secret = meta("checkout", { annotations: { "signatureapi.com/committed-at": ago(30) } });
  return {
    apiKeys: [apiKey()],
    accounts: [account()],
    clusterAccounts: [],
    secrets: [{ apiVersion: "v1", kind: "Secret", metadata: secret }],
    workloads: [],
    pods: [],
    events: [],
    missing: [],
    ...changes,
  };
}

function screen(changes: Partial<Gathered> = {}): string {
  return renderStatus(statusModel(gathered(changes), NOW), createStyle(false), NOW);
}

function pod(name: string, createdMinutesAgo: number, changes: Changes = {}) {
  const env = [{ name: "KEY", valueFrom: { secretKeyRef: { name: "checkout" } } }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta(name, { creationTimestamp: ago(createdMinutesAgo), ...changes }),
    spec: { containers: [{ name: "app", env }] },
    status: { phase: "Running" },
  };
}

const controlled = (kind: string, name: string): Changes => ({
  labels: { "pod-template-hash": "abc" },
  ownerReferences: [{ apiVersion: "x", kind, name, uid: "1", controller: true }],
});

const shared = (namespace: string): CustomObject => ({
  ...apiKey({}, { accountRef: { kind: "ClusterAccount", name: "acme" } }),
  metadata: meta("checkout", { namespace, generation: 1 }),
});

const event = (n: number, name = "checkout") => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: meta(`e${n}`),
  eventTime: ago(50 - n),
  reason: "RotationDue",
  note: `note ${n}`,
  type: "Warning",
  regarding: { apiVersion: "signatureapi.com/v1", kind: "ApiKey", name, namespace: "shop" },
});

test("a previous key whose time is over is shown with what holds it; one that waits is not a problem", () => {
  const previous = [{ keyId: "ak_1", revokeAt: ago(5), reason: "RotationDue" }];
  const stuck = "Deployment shop is paused; kubectl rollout resume lets it continue";
  const conditions = [
    condition("Ready", "True", "KeyDelivered", "delivered"),
    condition("Degraded", "True", "RolloutStuck", stuck),
  ];
  const held = screen({ apiKeys: [apiKey({ previous, conditions })] });
  expect(held).toContain(`Previous key ak_1 (RotationDue) was due 5m ago, and is held: ${stuck}`);
  expect(held).toContain(`RolloutStuck: ${stuck}`);
  expect(held).toContain("What to do: Do what the message says about each workload.");
  expect(held).toContain(
    "Try: kubectl get deployments,statefulsets,daemonsets -n shop -l restart.signatureapi.com/checkout=true",
  );
  const later = [{ keyId: "ak_1", revokeAt: ago(-180), reason: "RotationDue" }];
  const pending = [condition("Ready", "True", "RetirementPending", "key ak_1 retires")];
  const waits = screen({ apiKeys: [apiKey({ previous: later, conditions: pending })] });
  expect(waits).toContain("Previous key ak_1 (RotationDue) is revoked in 3h");
  expect(waits).not.toContain("What to do");
});

test("a Pod that was made before the value is older than it, and the others are not", () => {
  const text = screen({ pods: [pod("old", 31), pod("same", 30), pod("new", 29)] });
  expect(text).toMatch(/Pod old, env KEY, Running, 31m old, older than the value/);
  expect(text).toMatch(/Pod same, env KEY, Running, 30m old$/m);
  expect(text).toMatch(/Pod new, env KEY, Running, 29m old$/m);
});

test("Pods are shown under what owns them, and those of other namespaces are not", () => {
  const text = screen({
    pods: [
      pod("a", 1, controlled("ReplicaSet", "web-abc")),
      pod("b", 1, controlled("ReplicaSet", "odd-name")),
      pod("c", 1, controlled("Job", "nightly")),
      pod("d", 1, { namespace: "other" }),
    ],
  });
  for (const line of ["Deployment web", "ReplicaSet odd-name", "Job nightly"]) expect(text).toContain(line);
  expect(text).not.toContain("Pod d");
});

test("many Pods of one workload are counted, not listed", () => {
  const owner = {
    ownerReferences: [{ apiVersion: "x", kind: "DaemonSet", name: "agent", uid: "1", controller: true }],
  };
  const text = screen({ pods: Array.from({ length: 9 }, (_, n) => pod(`agent-${n}`, 1, owner)) });
  expect(text).toContain("Pod agent-4");
  expect(text).not.toContain("Pod agent-5");
  expect(text).toContain("and 4 more Pods");
});

test("an account that does not exist, or must not be read, is shown as such", () => {
  const refused = [condition("Ready", "False", "AccountNotFound", "Account shop/default does not exist")];
  const text = screen({ accounts: [], apiKeys: [apiKey({ conditions: refused })] });
  expect(text).toContain("Account shop/default, does not exist");
  expect(text).toContain("ApiKey shop/checkout, live, not ready (AccountNotFound), 60m old");
  expect(screen({ accounts: undefined })).toContain("Account shop/default, not readable");
});

test("the problem of an account is shown once, at the account", () => {
  const conditions = [condition("Ready", "False", "InvalidToken", "the token is refused")];
  const text = screen({ accounts: [account({ conditions })] });
  expect(text.match(/InvalidToken: the token is refused/g)).toHaveLength(1);
  expect(text).toContain("What to do: Write a valid token into the credentials Secret");
});

test("ApiKeys of one ClusterAccount share its node, sorted by namespace", () => {
  const { accounts } = statusModel(gathered({ apiKeys: [shared("b"), shared("a")] }), NOW);
  expect(accounts).toMatchObject([
    {
      kind: "ClusterAccount",
      name: "acme",
      exists: false,
      apiKeys: [{ namespace: "a" }, { namespace: "b" }],
    },
  ]);
});

test("the timeline has events and the times of the status in their order, and only the last ones", () => {
  const events = [event(3), event(1), event(2), event(4, "other")];
  const { timeline } = statusModel(gathered({ events }), NOW);
  expect(timeline.map(({ note }) => note)).toEqual([
    "the ApiKey was created",
    "note 1",
    "note 2",
    "note 3",
    "key ak_2 was created (revision 2)",
  ]);
  const many = screen({ events: Array.from({ length: 30 }, (_, n) => event(n)) });
  expect(many).toContain("and 17 earlier entries");
  expect(many).not.toContain("note 2\n");
});

test("no ApiKeys is an answer", () => {
  expect(screen({ apiKeys: [] })).toBe("No ApiKeys.\n");
});

test("a Secret's annotations other than ours are in no output", () => {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "key_live_canary" };
  const secrets = [{ apiVersion: "v1", kind: "Secret", metadata: meta("checkout", { annotations }) }];
  const model = statusModel(gathered({ secrets }), NOW);
  expect(JSON.stringify(model) + renderStatus(model, createStyle(false), NOW)).not.toContain("canary");
});
