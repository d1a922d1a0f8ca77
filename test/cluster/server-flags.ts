import { SERVICE_RANGE } from "./credentials.ts";
import type { ClusterLayout } from "./layout.ts";

/**
 * etcd for a cluster that is thrown away: clients and peers come over unix sockets, so that it needs no port;
 * nothing is forced to the disk; a lone member may win its election quickly.
 */
export function etcdFlags(layout: ClusterLayout): string[] {
  // etcd insists on host:port for what it advertises to other members; there are none, and it is not bound.
  const advertised = "http://127.0.0.1:1";
  return [
    "--name=test",
    `--data-dir=${layout.etcdData}`,
    `--listen-client-urls=unix://${layout.etcdClientSocket}`,
    `--listen-peer-urls=unix://${layout.etcdPeerSocket}`,
    `--advertise-client-urls=${advertised}`,
    `--initial-advertise-peer-urls=${advertised}`,
    `--initial-cluster=test=${advertised}`,
    "--unsafe-no-fsync",
    "--heartbeat-interval=20",
    "--election-timeout=100",
    "--log-level=warn",
  ];
}

/** kube-apiserver with RBAC, tokens and client certificates, listening on 127.0.0.1 only. */
export function apiServerFlags(layout: ClusterLayout, port: number, audit: boolean): string[] {
  return [
    `--etcd-servers=unix://${layout.etcdClientSocket}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    // an endpoint on the loopback address is invalid, and no part of this resolves the service "kubernetes"
    "--endpoint-reconciler-type=none",
    `--secure-port=${port}`,
    `--tls-cert-file=${layout.servingCertificateFile}`,
    `--tls-private-key-file=${layout.servingKeyFile}`,
    `--client-ca-file=${layout.caFile}`,
    `--token-auth-file=${layout.tokenFile}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${layout.serviceAccountKeyFile}`,
    `--service-account-signing-key-file=${layout.serviceAccountKeyFile}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    // without a controller manager, no namespace has the service account that it would put into Pods
    "--disable-admission-plugins=ServiceAccount",
    ...(audit
      ? [`--audit-policy-file=${layout.auditPolicyFile}`, `--audit-log-path=${layout.auditLogFile}`]
      : []),
  ];
}
