import { join } from "node:path";

/** The files of one cluster, all in its own temporary folder. */
export interface ClusterLayout {
  readonly folder: string;
  readonly caFile: string;
  readonly caKeyFile: string;
  readonly servingCertificateFile: string;
  readonly servingKeyFile: string;
  readonly serviceAccountKeyFile: string;
  readonly tokenFile: string;
  readonly etcdData: string;
  /** Unix sockets need no port, and their path must stay short (104 bytes on macOS). */
  readonly etcdClientSocket: string;
  readonly etcdPeerSocket: string;
  readonly etcdLog: string;
  readonly apiServerLog: string;
  readonly controllerManagerLog: string;
  readonly kwokLog: string;
  readonly schedulerLog: string;
  readonly auditPolicyFile: string;
  readonly auditLogFile: string;
  readonly kubeconfigFile: string;
  /** kubectl's home and discovery cache. */
  readonly kubectlHome: string;
}

/** Where the files of the cluster in `folder` stand. */
export function clusterLayout(folder: string): ClusterLayout {
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    caFile: at("ca.crt"),
    caKeyFile: at("ca.key"),
    servingCertificateFile: at("serving.crt"),
    servingKeyFile: at("serving.key"),
    serviceAccountKeyFile: at("service-account.key"),
    tokenFile: at("tokens.csv"),
    etcdData: at("etcd"),
    etcdClientSocket: at("etcd.sock"),
    etcdPeerSocket: at("peer.sock"),
    etcdLog: at("etcd.log"),
    apiServerLog: at("kube-apiserver.log"),
    controllerManagerLog: at("kube-controller-manager.log"),
    kwokLog: at("kwok.log"),
    schedulerLog: at("kube-scheduler.log"),
    auditPolicyFile: at("audit-policy.yaml"),
    auditLogFile: at("audit.log"),
    kubeconfigFile: at("admin.kubeconfig"),
    kubectlHome: at("kubectl"),
  };
}
