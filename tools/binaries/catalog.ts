import { fileURLToPath } from "node:url";
import { kubernetesServer } from "./kubernetes-release.ts";
import type { BinarySpec, Download, GoBuild } from "./binary-spec.ts";

export type BinaryName =
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "etcd"
  | "kubectl"
  | "helm"
  | "pulumi"
  | "pulumi-language-nodejs"
  | "pulumi-language-yaml"
  | "kwok"
  | "pulumi-resource-kubernetes"
  | "prometheus"
  | "promtool";

const module = (folder: string): string => fileURLToPath(new URL(`build/${folder}`, import.meta.url));

/**
 * The archive that controller-tools publishes for tests of controllers.
 * Digests: envtest-releases.yaml of github.com/kubernetes-sigs/controller-tools, release v1.36.2.
 */
const envtest: Download = {
  version: "envtest-1.36.2",
  origin: "https://github.com",
  path: (platform) =>
    `/kubernetes-sigs/controller-tools/releases/download/envtest-v1.36.2/envtest-v1.36.2-${platform}.tar.gz`,
  checksum: {
    kind: "pinned",
    algorithm: "sha512",
    digests: {
      "darwin-amd64":
        "b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514",
      "darwin-arm64":
        "9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce",
      "linux-amd64":
        "ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08",
      "linux-arm64":
        "2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac",
    },
  },
  content: {
    kind: "archive",
    members: () => ({
      "kube-apiserver": "controller-tools/envtest/kube-apiserver",
      etcd: "controller-tools/envtest/etcd",
      kubectl: "controller-tools/envtest/kubectl",
    }),
  },
};

const HELM = "4.3.1";
const helmArchive: Download = {
  version: HELM,
  origin: "https://get.helm.sh",
  path: (platform) => `/helm-v${HELM}-${platform}.tar.gz`,
  // No digest is pinned: what helm publishes beside the archive is what it is checked against.
  checksum: { kind: "published", algorithm: "sha256", suffix: ".sha256sum" },
  content: { kind: "archive", members: (platform) => ({ helm: `${platform}/helm` }) },
};

const KUBERNETES = "1.36.3";
/** Official server binaries, published for Linux only. No digest is pinned: see helm. */
const controllerManagerBinary: Download = {
  version: KUBERNETES,
  origin: "https://dl.k8s.io",
  path: (platform) =>
    platform.startsWith("linux-")
      ? `/release/v${KUBERNETES}/bin/${platform.replace("-", "/")}/kube-controller-manager`
      : undefined,
  checksum: { kind: "published", algorithm: "sha256", suffix: ".sha256" },
  content: { kind: "binary" },
};

function kubernetesBuild(command: string, typicalMinutes: number): GoBuild {
  const version = "k8s.io/component-base/version";
  return {
    version: KUBERNETES,
    module: module("kubernetes"),
    goPackage: `k8s.io/kubernetes/cmd/${command}`,
    ldflags: `-s -w -X ${version}.gitVersion=v${KUBERNETES} -X ${version}.gitMajor=1 -X ${version}.gitMinor=36`,
    typicalMinutes,
  };
}

const PULUMI = "3.250.0";
/** What the official installer unpacks: the engine and its language hosts. No digest is pinned: see helm. */
const pulumiArchive: Download = {
  version: PULUMI,
  origin: "https://github.com",
  path: (platform) =>
    `/pulumi/pulumi/releases/download/v${PULUMI}/pulumi-v${PULUMI}-${platform.replace("amd64", "x64")}.tar.gz`,
  checksum: { kind: "listed", algorithm: "sha256", file: `pulumi-${PULUMI}-checksums.txt` },
  content: {
    kind: "archive",
    members: () => ({
      pulumi: "pulumi/pulumi",
      "pulumi-language-nodejs": "pulumi/pulumi-language-nodejs",
      "pulumi-language-yaml": "pulumi/pulumi-language-yaml",
    }),
  },
};

const KWOK = "0.7.0";
/** A bare binary. Its project publishes no digests. */
const kwokBinary: Download = {
  version: KWOK,
  origin: "https://github.com",
  path: (platform) => `/kubernetes-sigs/kwok/releases/download/v${KWOK}/kwok-${platform}`,
  checksum: { kind: "unpublished" },
  content: { kind: "binary" },
};

/** That of the npm package `@pulumi/kubernetes` in package.json: the engine asks for the plugin of the same version. */
const PULUMI_KUBERNETES = "4.25.0";
/** No digest is pinned: see helm. */
const pulumiKubernetesArchive: Download = {
  version: PULUMI_KUBERNETES,
  origin: "https://github.com",
  path: (platform) =>
    `/pulumi/pulumi-kubernetes/releases/download/v${PULUMI_KUBERNETES}/pulumi-resource-kubernetes-v${PULUMI_KUBERNETES}-${platform}.tar.gz`,
  checksum: {
    kind: "listed",
    algorithm: "sha256",
    file: `pulumi-kubernetes_${PULUMI_KUBERNETES}_checksums.txt`,
  },
  content: {
    kind: "archive",
    members: () => ({ "pulumi-resource-kubernetes": "pulumi-resource-kubernetes" }),
  },
};

/** The module of Prometheus 3.x.y is v0.3xx.y. */
const PROMETHEUS = "3.13.5";
/** The server and promtool. No digest is pinned: see helm. */
const prometheusArchive: Download = {
  version: PROMETHEUS,
  origin: "https://github.com",
  path: (platform) =>
    `/prometheus/prometheus/releases/download/v${PROMETHEUS}/prometheus-${PROMETHEUS}.${platform}.tar.gz`,
  checksum: { kind: "listed", algorithm: "sha256", file: "sha256sums.txt" },
  content: {
    kind: "archive",
    members: (platform) => ({
      prometheus: `prometheus-${PROMETHEUS}.${platform}/prometheus`,
      promtool: `prometheus-${PROMETHEUS}.${platform}/promtool`,
    }),
  },
};

function prometheusSpec(name: "prometheus" | "promtool", typicalMinutes: number): BinarySpec {
  return {
    name,
    minimum: [2, 42, 0],
    versionArgs: ["--version"],
    download: prometheusArchive,
    build: {
      version: PROMETHEUS,
      module: module("prometheus"),
      goPackage: `github.com/prometheus/prometheus/cmd/${name}`,
      ldflags: `-s -w -X github.com/prometheus/common/version.Version=${PROMETHEUS}`,
      // Without the clients of two dozen clouds: a tenth of the time. Targets that a file names are left.
      tags: "remove_all_sd",
      typicalMinutes,
    },
  };
}

/** Every binary that the tests use. */
export const catalog: Readonly<Record<BinaryName, BinarySpec>> = {
  "kube-apiserver": {
    name: "kube-apiserver",
    minimum: [1, 30, 0],
    versionArgs: ["--version"],
    download: envtest,
    build: kubernetesBuild("kube-apiserver", 6),
  },
  "kube-controller-manager": {
    name: "kube-controller-manager",
    minimum: [1, 30, 0],
    versionArgs: ["--version"],
    download: controllerManagerBinary,
    build: kubernetesBuild("kube-controller-manager", 3),
  },
  "kube-scheduler": kubernetesServer("kube-scheduler", KUBERNETES),
  kubectl: {
    name: "kubectl",
    minimum: [1, 28, 0],
    versionArgs: ["version", "--client"],
    download: envtest,
    build: kubernetesBuild("kubectl", 2),
  },
  etcd: {
    name: "etcd",
    minimum: [3, 5, 0],
    versionArgs: ["--version"],
    download: envtest,
    build: {
      version: "3.6.5",
      module: module("etcd"),
      goPackage: "go.etcd.io/etcd/server/v3",
      ldflags: "-s -w",
      typicalMinutes: 1,
    },
  },
  helm: {
    name: "helm",
    minimum: [3, 14, 0],
    versionArgs: ["version", "--short"],
    download: helmArchive,
    build: {
      version: HELM,
      module: module("helm"),
      goPackage: "helm.sh/helm/v4/cmd/helm",
      ldflags: `-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM}`,
      typicalMinutes: 4,
    },
  },
  pulumi: {
    name: "pulumi",
    minimum: [3, 250, 0],
    versionArgs: ["version"],
    download: pulumiArchive,
    build: {
      version: PULUMI,
      module: module("pulumi"),
      goPackage: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI}`,
      typicalMinutes: 6,
    },
  },
  "pulumi-language-nodejs": {
    name: "pulumi-language-nodejs",
    minimum: [3, 60, 0],
    // It has no way to print its version; the protocol has not changed since the oldest that can be built.
    versionArgs: [],
    download: pulumiArchive,
    build: {
      // The last one in a module that the Go module proxy serves.
      version: "3.60.0",
      module: module("pulumi-language-nodejs"),
      goPackage: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      ldflags: "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.60.0",
      typicalMinutes: 1,
    },
  },
  "pulumi-language-yaml": {
    name: "pulumi-language-yaml",
    minimum: [1, 0, 0],
    // It has no way to print its version.
    versionArgs: [],
    download: pulumiArchive,
    build: {
      version: "1.25.0",
      module: module("pulumi-language-yaml"),
      goPackage: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
      ldflags: "-s -w",
      typicalMinutes: 2,
    },
  },
  kwok: {
    name: "kwok",
    minimum: [0, 6, 0],
    versionArgs: ["--version"],
    download: kwokBinary,
    build: {
      version: KWOK,
      module: module("kwok"),
      goPackage: "sigs.k8s.io/kwok/cmd/kwok",
      ldflags: "-s -w",
      typicalMinutes: 2,
    },
  },
  "pulumi-resource-kubernetes": {
    name: "pulumi-resource-kubernetes",
    minimum: [4, 20, 0],
    // It has no way to print its version.
    versionArgs: [],
    download: pulumiKubernetesArchive,
    build: {
      version: PULUMI_KUBERNETES,
      module: module("pulumi-resource-kubernetes"),
      // A main package of our own: what the upstream one embeds is not in the module.
      goPackage: ".",
      ldflags: `-s -w -X main.version=${PULUMI_KUBERNETES}`,
      typicalMinutes: 6,
    },
  },
  prometheus: prometheusSpec("prometheus", 2),
  promtool: prometheusSpec("promtool", 3),
};
