import { ACCOUNT_DOCUMENTS, type AccountDocument } from "@signatureapi-keys/controller/accounts";
import { readOptions, type ControllerOptions } from "@signatureapi-keys/controller/options";
import type { ApiKeySummary } from "../api-key-summary.ts";
import { DEPLOYMENTS, PODS, type ControllerPod, type Deployment } from "../cluster-objects.ts";
import type { Facts, InstalledController } from "../facts.ts";
import { controllerRights } from "../rights.ts";

/** The time of all facts, in milliseconds since the epoch. */
export const NOW = Date.parse("2026-11-27T12:00:00Z");

/** A time so many seconds before {@link NOW}, in RFC 3339. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1_000).toISOString();
}

/** What an API server adds to an object. */
const SERVED = { uid: "u", resourceVersion: "1" };

/** The controller's Deployment. */
export function deployment(
  changes: {
    replicas?: number;
    ready?: number;
    version?: string;
    args?: readonly string[];
    env?: object[];
  } = {},
): Deployment {
  const { replicas = 2, ready = replicas, version = "0.1.0", args = [], env = [] } = changes;
  return DEPLOYMENTS.schema.parse({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      ...SERVED,
      name: "controller",
      namespace: "system",
      labels: { "app.kubernetes.io/version": version },
    },
    spec: {
      replicas,
      template: { spec: { serviceAccountName: "sa", containers: [{ name: "controller", args, env }] } },
    },
    status: { readyReplicas: ready },
  });
}

/** One of its Pods. */
export function pod(containerStatus: object = { restartCount: 0 }): ControllerPod {
  return PODS.schema.parse({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...SERVED, name: "controller-0", namespace: "system" },
    status: { phase: "Running", containerStatuses: [{ name: "controller", ...containerStatus }] },
  });
}

/** What flags say. */
export function options(...flags: readonly string[]): ControllerOptions {
  const read = readOptions([...flags], {});
  if (read === "help") throw new TypeError("a test does not ask for help");
  return read;
}

/** A Lease that `controller-0` has renewed so many seconds ago. */
export function lease(seconds: number, spec: object = {}): InstalledController["lease"] {
  return {
    value: {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...SERVED, name: "signatureapi-controller", namespace: "system" },
      spec: { holderIdentity: "controller-0", leaseDurationSeconds: 15, renewTime: ago(seconds), ...spec },
    },
  };
}

/** A controller with which nothing is wrong. */
export function controller(changes: Partial<InstalledController> = {}): InstalledController {
  const all = controllerRights(options("--leader-elect"), "system");
  return {
    deployment: deployment(),
    options: options("--leader-elect"),
    pods: { value: [pod()] },
    lease: lease(3),
    rights: { value: all.map((right) => ({ right, allowed: true })) },
    ...changes,
  };
}

/** An account with which nothing is wrong. */
export function account(status: object = {}, spec: object = {}): AccountDocument {
  const ready = {
    type: "Ready",
    status: "True",
    reason: "AccountReady",
    message: "",
    lastTransitionTime: ago(60),
  };
  return ACCOUNT_DOCUMENTS.Account.schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "Account",
    metadata: { ...SERVED, name: "default", namespace: "shop", generation: 2 },
    spec: { credentials: { name: "credentials" }, ...spec },
    status: {
      accountId: "acc_1",
      liveMode: "enabled",
      conditions: [{ ...ready, observedGeneration: 2 }],
      lastInventoryAt: ago(60),
      ...status,
    },
  });
}

/** An ApiKey with which nothing is wrong. */
export function apiKey(name = "app", changes: Partial<ApiKeySummary> = {}): ApiKeySummary {
  return {
    namespace: "shop",
    name,
    uid: `uid-of-${name}`,
    generation: 1,
    createdAt: NOW - 3_600_000,
    deletedAt: undefined,
    accountRef: { kind: "Account", name: "default" },
    adopts: undefined,
    suspended: false,
    secretName: name,
    status: {
      keyId: `ak_${name}`,
      installation: "00000aaaaa",
      conditions: [condition("Ready", "True", "KeyDelivered")],
    },
    ...changes,
  };
}

/** A condition as of an hour ago. */
export function condition(type: string, status: "True" | "False", reason: string, observedGeneration = 1) {
  return {
    type,
    status,
    reason,
    message: `${reason} happened`,
    lastTransitionTime: ago(3_600),
    observedGeneration,
  };
}

/** Facts with which nothing is wrong. */
export function facts(changes: Partial<Facts> = {}): Facts {
  const kind = { name: "apikeys.signatureapi.com", fields: ["spec", "spec.mode"] };
  return {
    when: "after",
    now: NOW,
    pluginVersion: "0.1.0",
    kubernetes: { value: "v1.36.3" },
    clock: { server: NOW, ours: NOW, uncertainty: 500 },
    expectedKinds: [{ ...kind, version: "v1" }],
    installedKinds: { value: [{ ...kind, served: ["v1"], established: true }] },
    controllers: { value: [controller()] },
    installerRights: { value: [] },
    policies: {
      value: ["-status", "-deletion", "-own-secrets", "-own-workloads"].map((suffix) => ({
        name: `system-controller${suffix}`,
        bound: true,
        denies: true,
      })),
    },
    rehearsals: [{ namespace: "shop", as: "system:serviceaccount:system:sa", outcome: { altered: [] } }],
    accounts: { value: [account()] },
    credentials: [
      {
        namespace: "shop",
        name: "credentials",
        secret: {
          value: {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { ...SERVED, name: "credentials", labels: { "signatureapi.com/credential": "true" } },
          },
        },
      },
    ],
    apiKeys: { value: [apiKey()] },
    ...changes,
  };
}
