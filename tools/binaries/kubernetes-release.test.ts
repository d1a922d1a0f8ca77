import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findBinary } from "./find-binary.ts";
import { kubernetesServer, moduleFile } from "./kubernetes-release.ts";

const UPSTREAM = `module k8s.io/kubernetes

go 1.22.0

require (
	github.com/google/cel-go v0.17.8
	k8s.io/api v0.0.0
	k8s.io/klog/v2 v2.120.1
	k8s.io/kube-proxy v0.0.0 // indirect
	k8s.io/utils v0.0.0-20230726121419-3b25d923346b
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/kube-proxy => ./staging/src/k8s.io/kube-proxy
)
`;

test("the module of a version requires its staging modules by their versions, and no others", () => {
  expect(moduleFile(UPSTREAM, "1.30.14")).toBe(`module kubernetes

go 1.22.0

require k8s.io/kubernetes v1.30.14

replace k8s.io/api => k8s.io/api v0.30.14
replace k8s.io/kube-proxy => k8s.io/kube-proxy v0.30.14
`);
});

test.each(["1.30", "v1.30.14", "2.0.0", "latest"])("%s is not a version", (version) => {
  expect(() => kubernetesServer("kube-apiserver", version)).toThrow("give a whole version, such as 1.30.14");
});

describe("with KUBERNETES_VERSION", () => {
  let assets: string;

  beforeEach(async () => {
    assets = await mkdtemp(join(tmpdir(), "assets-"));
  });
  afterEach(async () => rm(assets, { recursive: true }));

  async function find(name: "kube-apiserver" | "etcd", there: string): Promise<string> {
    const file = join(assets, name);
    await writeFile(file, `#!/bin/sh\necho "Kubernetes v${there}"\n`);
    await chmod(file, 0o755);
    return findBinary(name, {
      platform: "linux-amd64",
      log: () => undefined,
      env: {
        KUBERNETES_VERSION: "1.30.14",
        KUBEBUILDER_ASSETS: assets,
        SIGNATUREAPI_KEYS_CACHE: join(assets, "cache"),
        SIGNATUREAPI_KEYS_NO_DOWNLOAD: "1",
        PATH: "/nowhere",
      },
    });
  }

  test("a server of this version is found", async () => {
    expect(await find("kube-apiserver", "1.30.14")).toBe(join(assets, "kube-apiserver"));
  });

  test("a newer server is not taken", async () => {
    await expect(find("kube-apiserver", "1.36.3")).rejects.toThrow(
      "kube-apiserver is 1.36.3, and exactly 1.30.14 is needed",
    );
  });

  test("what is no server of Kubernetes keeps the catalog's version", async () => {
    expect(await find("etcd", "3.6.5")).toBe(join(assets, "etcd"));
  });
});
