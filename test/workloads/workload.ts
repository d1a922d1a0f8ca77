import type { WorkloadKind } from "@signatureapi-keys/lifecycle";
import type { Manifest } from "../e2e/manifests.ts";

/** How a workload of a test differs from a plain one of one Pod that takes its environment from the Secret `app`. */
export interface WorkloadOptions {
  readonly kind?: WorkloadKind;
  readonly name?: string;
  /** The ApiKeys whose restarts it asks for. */
  readonly restartsFor?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Of its Pods, by which it selects them. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Fields of its spec. */
  readonly spec?: Manifest;
  readonly container?: Manifest;
}

/** A manifest of the group apps. */
type WorkloadManifest = Manifest & {
  readonly metadata: { name: string; namespace: string; labels: Record<string, string> };
  readonly spec: Manifest & { template: { metadata: { labels: Record<string, string> }; spec: Manifest } };
};

/** A workload whose Pods use the Secret of the ApiKey `app`. */
export function workload(namespace: string, options: WorkloadOptions = {}): WorkloadManifest {
  const { kind = "Deployment", name = "app", restartsFor = ["app"], labels = {}, spec = {} } = options;
  const asked = Object.fromEntries(
    restartsFor.map((apiKey) => [`restart.signatureapi.com/${apiKey}`, "true"]),
  );
  const { podLabels: app = { app: `${kind}-${name}` } } = options;
  const container = {
    name: "app",
    image: "example.com/app:1",
    envFrom: [{ secretRef: { name: "app" } }],
    ...options.container,
  };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace, labels: { ...asked, ...labels } },
    spec: {
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { containers: [container] } },
      ...(kind === "StatefulSet" ? { serviceName: name } : {}),
      ...spec,
    },
  };
}
