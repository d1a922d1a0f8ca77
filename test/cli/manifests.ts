import { stringify } from "yaml";
import type { ClusterClient } from "../cluster/cluster-client.ts";
import type { Manifest } from "../e2e/manifests.ts";

const IMAGE = "example.com/app:1";

/**
 * What uses the Secret of an ApiKey: a Deployment that is restarted with it, with a Pod; a Pod without an owner, by
 * volumes; and a Pod that uses nothing of it.
 */
export function podsOf(namespace: string, apiKey: string): readonly Manifest[] {
  const env = [
    { name: "SIGNATUREAPI_KEY", valueFrom: { secretKeyRef: { name: apiKey, key: "SIGNATUREAPI_KEY" } } },
  ];
  const spec = { automountServiceAccountToken: false, containers: [{ name: "app", image: IMAGE, env }] };
  const labels = { app: "shop", "pod-template-hash": "7d9f" };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "shop", namespace, labels: { [`restart.signatureapi.com/${apiKey}`]: "true" } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "shop" } },
        template: { metadata: { labels: { app: "shop" } }, spec },
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "shop-7d9f-x1",
        namespace,
        labels,
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "ReplicaSet",
            name: "shop-7d9f",
            uid: "11111111-2222",
            controller: true,
          },
        ],
      },
      spec,
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "by-hand", namespace },
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: "app", image: IMAGE }],
        volumes: [
          { name: "keys", secret: { secretName: apiKey } },
          { name: "all", projected: { sources: [{ secret: { name: apiKey } }] } },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "unrelated", namespace },
      spec: { automountServiceAccountToken: false, containers: [{ name: "app", image: IMAGE }] },
    },
  ];
}

/** A service account that may read what the controller's kinds say, and nothing of Secrets and Pods. */
export function viewer(namespace: string): readonly Manifest[] {
  const role = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "viewer" };
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "viewer", namespace },
      rules: [{ apiGroups: ["signatureapi.com"], resources: ["*"], verbs: ["get", "list", "watch"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "viewer", namespace },
      roleRef: role,
      subjects: [{ kind: "ServiceAccount", name: "viewer", namespace }],
    },
  ];
}

/** The Deployment of {@link podsOf} and its Pod, as a kubelet and the controllers of workloads report them. */
export async function runningShop(cluster: ClusterClient, namespace: string, apiKey: string): Promise<void> {
  const [deployment, pod] = podsOf(namespace, apiKey);
  await cluster.apply([deployment, pod].map((manifest) => stringify(manifest)).join("---\n"));
  const status = {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
  };
  await patchStatus(cluster, namespace, "deployment/shop", status);
  await patchStatus(cluster, namespace, "pod/shop-7d9f-x1", { phase: "Running" });
}

/** Writes the status of an object, as what reports it does. */
export async function patchStatus(
  cluster: ClusterClient,
  namespace: string,
  object: string,
  status: Manifest,
): Promise<void> {
  const patch = JSON.stringify({ status });
  const args = ["-n", namespace, "patch", object, "--subresource=status", "--type=merge", "--patch", patch];
  const { code, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(`the status of ${object} could not be set: ${stderr}`);
}

/** The node of a kubelet on this machine. Its status, with the address, is written apart. */
export function kubeletNode(): Manifest {
  return { apiVersion: "v1", kind: "Node", metadata: { name: "kubelet" } };
}

/** A Pod of the controller, with the labels of the chart. */
export function controllerPod(namespace: string, name: string): Manifest {
  const labels = {
    "app.kubernetes.io/part-of": "signatureapi-keys",
    "app.kubernetes.io/component": "controller",
  };
  const containers = [{ name: "controller", image: IMAGE }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: { nodeName: "kubelet", automountServiceAccountToken: false, containers },
  };
}

/** The controller's lease. */
export function lease(namespace: string, holderIdentity: string): Manifest {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "signatureapi-controller", namespace },
    spec: { holderIdentity },
  };
}
