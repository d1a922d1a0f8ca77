import { kubeObjectSchema } from "@signatureapi-keys/controller/kube";
import { API_KEYS, ACCOUNTS, CLUSTER_ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { expect, test } from "vitest";
import { redactDeployment, redactPod } from "./pods.ts";
import { redactResource, redactSecret } from "./resources.ts";

/** No pattern finds it: only a field that is not taken in keeps it out. */
const CANARY = "correct-horse-battery";
/** Where it is looked like a value, in a field that is taken in. */
const VALUE = `key_live_${"a1B2".repeat(8)}`;

const metadata = {
  name: "checkout",
  namespace: "shop",
  uid: "u",
  resourceVersion: "7",
  labels: { "app.kubernetes.io/name": "shop", team: CANARY },
  annotations: {
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec: { description: CANARY } }),
    "signatureapi.com/rotate": CANARY,
    "signatureapi.com/key-id": "ak_1",
  },
  managedFields: [{ manager: CANARY }],
};

test("of an ApiKey, no text of a user is taken in", () => {
  const redacted = redactResource(
    API_KEYS.schema.parse({
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata,
      spec: {
        mode: "live",
        description: CANARY,
        adopt: { keyId: VALUE },
        secret: { name: "checkout", template: [{ name: ".env", value: CANARY }], labels: { a: CANARY } },
        rotation: { every: "90d", trigger: CANARY, window: { schedule: "0 3 * * *" } },
        unknown: { field: CANARY },
      },
      status: {
        keyId: "ak_1",
        emergency: CANARY,
        lastHandledReconcileAt: CANARY,
        attempt: { id: "abcdefgh", op: "adopt", description: CANARY },
        conditions: [{ type: "Ready", status: "False", reason: "ForeignKey", message: `saw ${VALUE}` }],
      },
    }),
  );
  const text = JSON.stringify(redacted);
  expect(text).not.toContain(CANARY);
  expect(text).not.toContain(VALUE);
  expect(redacted).toMatchObject({
    metadata: {
      name: "checkout",
      labels: { "app.kubernetes.io/name": "shop", team: "[redacted: 21 characters]" },
      annotations: { "signatureapi.com/key-id": "ak_1" },
    },
    spec: {
      mode: "live",
      description: "[redacted: 21 characters]",
      rotation: { every: "90d", window: { schedule: "0 3 * * *" } },
    },
    status: {
      keyId: "ak_1",
      attempt: { op: "adopt" },
      conditions: [{ reason: "ForeignKey", message: "saw [redacted]" }],
    },
  });
});

test.each([
  ["Account", ACCOUNTS],
  ["ClusterAccount", CLUSTER_ACCOUNTS],
] as const)("of an %s, no certificate and no user of a URL is taken in", (kind, type) => {
  const redacted = redactResource(
    type.schema.parse({
      apiVersion: "signatureapi.com/v1",
      kind,
      metadata,
      spec: {
        baseUrl: `https://${CANARY}@api.example.com/v1`,
        caBundle: CANARY,
        credentials: { name: "signatureapi", key: "token", token: VALUE },
        token: CANARY,
      },
    }),
  );
  const text = JSON.stringify(redacted);
  expect(text).not.toContain(CANARY);
  expect(text).not.toContain(VALUE);
  expect(redacted).toMatchObject({ spec: { credentials: { name: "signatureapi" } } });
});

test("of a Secret, its metadata is taken in", () => {
  const secret = kubeObjectSchema.parse({
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    data: { SIGNATUREAPI_KEY: CANARY },
  });
  const text = JSON.stringify([redactSecret(secret, undefined), redactSecret(secret, ["SIGNATUREAPI_KEY"])]);
  expect(text).not.toContain(CANARY);
  expect(text).toContain('"entries":["SIGNATUREAPI_KEY"]');
});

test("of a Deployment and a Pod, no variable, argument or command of others is taken in", () => {
  const container = {
    name: "controller",
    image: "registry.example.com/controller:0.1.0",
    command: ["sh", "-c", CANARY],
    args: ["--leader-elect=true", `--installation=${VALUE}`, `--unknown=${CANARY}`, CANARY],
    env: [
      { name: "MANAGEMENT_TOKEN", value: CANARY },
      { name: "HTTPS_PROXY", value: `http://ada:${CANARY}@proxy:3128` },
      { name: "SIGNATUREAPI_CONTROLLER_LOG_LEVEL", value: "debug" },
      { name: "OTHER", valueFrom: { secretKeyRef: { name: "other", key: "token" } } },
    ],
    readinessProbe: { httpGet: { path: "/readyz" }, exec: { command: [CANARY] } },
  };
  const spec = { containers: [container], volumes: [{ name: "ca", csi: { attributes: CANARY } }] };
  const deployment = redactDeployment(
    kubeObjectSchema.parse({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: { replicas: 1, template: { metadata, spec } },
      status: { conditions: [{ type: "Progressing", message: `image of ${VALUE}` }] },
    }),
  );
  const pod = redactPod(kubeObjectSchema.parse({ apiVersion: "v1", kind: "Pod", metadata, spec }));
  const text = JSON.stringify([deployment, pod]);
  expect(text).not.toContain(CANARY);
  expect(text).not.toContain(VALUE);
  expect(text).toContain("--leader-elect=true");
  expect(text).toContain('"value":"debug"');
  expect(text).toContain("http://[redacted]@proxy:3128");
  expect(text).toContain('"secretKeyRef":{"name":"other","key":"token"}');
});
