import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import { run, type RunResult } from "../../tools/binaries/run.ts";
import { isReady } from "../e2e/conditions.ts";
import { MAIN } from "../e2e/controller-child.ts";
import { clusterAccount, credentials, readyNamespace } from "../e2e/manifests.ts";
import { renderAll, VALUE_SETS, type Release } from "./helm.ts";
import { Installation, SYSTEM } from "./installation.ts";
import { ofKind, only, podOf, type Rendered } from "./rendered.ts";

const podSchema = z.looseObject({
  spec: z.looseObject({
    serviceAccountName: z.string(),
    restartPolicy: z.string(),
    containers: z.tuple([z.looseObject({ image: z.string(), args: z.array(z.string()) })]),
  }),
});

/** The Pod of `helm test`. */
function testPod(objects: readonly Rendered[]): z.infer<typeof podSchema>["spec"] {
  return podSchema.parse(only(objects, "Pod")).spec;
}

describe("the Pod of helm test", () => {
  test.each(VALUE_SETS)("has the image and the service account of the controller (%s)", async (valueSet) => {
    const objects = await renderAll({ valueSet });
    const { pod, container } = podOf(only(objects, "Deployment"));
    const { serviceAccountName, restartPolicy, containers } = testPod(objects);
    expect([serviceAccountName, restartPolicy]).toEqual([pod.serviceAccountName, "Never"]);
    expect(containers[0].image).toBe(container.image);
    expect(containers[0]["securityContext"]).toEqual(container.securityContext);
  });

  test("is a hook, and neither Service, policy nor monitor takes it for the controller", async () => {
    const objects = await renderAll({ valueSet: "everything" });
    const pod = only(objects, "Pod");
    const service = ofKind(objects, "Service").find(({ metadata }) => metadata.name === pod.metadata.name);
    for (const object of [pod, service]) {
      expect(object?.metadata.annotations).toMatchObject({ "helm.sh/hook": "test" });
      expect(object?.metadata.labels).toMatchObject({ "app.kubernetes.io/component": "test" });
    }
    const { selector } = z
      .looseObject({ selector: z.record(z.string(), z.string()) })
      .parse(service?.["spec"]);
    expect(podOf(only(objects, "Deployment")).labels).toMatchObject(selector);
  });

  test("can be left out", async () => {
    expect(ofKind(await renderAll({ values: { test: { enabled: false } } }), "Pod")).toEqual([]);
  });
});

describe("helm test, as a process with the rights of its Pod", () => {
  const release: Release = { values: { test: { timeout: "15s" } } };
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.install({
      release,
      emulator: { accounts: [{ id: "acc", token: "token" }] },
    });
  }, 120_000);

  afterAll(async () => installation[Symbol.asyncDispose]());

  /** Runs what the Pod runs; only the address of the controller is that of a process here. */
  async function helmTest(healthAddress: string, ...more: readonly string[]): Promise<RunResult> {
    const { serviceAccountName, containers } = testPod(await renderAll(release));
    const kubeconfig = await installation.cluster.serviceAccountKubeconfig({
      namespace: SYSTEM,
      name: serviceAccountName,
    });
    const here = [`--health-url=http://${healthAddress}`, `--kubeconfig=${kubeconfig}`, ...more];
    const result = await run(process.execPath, [MAIN, ...containers[0].args, ...here]);
    expect(result.stderr).toBe("");
    return result;
  }

  test(
    "fails until the controller and its accounts are ready, and names what is not",
    { timeout: 180_000 },
    async () => {
      const absent = await helmTest("127.0.0.1:9", "--timeout=1s");
      expect(absent.stdout).toMatch(/^failed: no controller answers at http:\/\/127\.0\.0\.1:9 \(.*\)/);
      expect(absent.code).toBe(1);

      // The chart's policies let its service account alone write a status.
      const kubeconfigPath = await installation.cluster.serviceAccountKubeconfig(installation.serviceAccount);
      const access = await loadKubeConfig({ kubeconfigPath });
      const flags = ["--health-address=127.0.0.1:0"];
      const controller = await installation.startController({ access, flags });
      await controller.logged(/caches are filled/);
      const serving = /"address":"([^"]+)","msg":"serving \/healthz and \/readyz"/;
      const address = controller.lines.flatMap((line) => serving.exec(line)?.[1] ?? [])[0] ?? "";
      const empty = await helmTest(address);
      expect(empty.stdout).toMatch(
        /^ok: the controller is ready\nok: there is no Account and no ClusterAccount yet/,
      );
      expect(empty.code).toBe(0);

      const { url } = installation.emulator;
      await installation.apply(
        ...readyNamespace("shop", url, "token"),
        credentials(SYSTEM, { token: "wrong" }),
        clusterAccount("acme", url),
      );
      await installation.watcher.until(ACCOUNTS, { namespace: "shop", name: "default" }, isReady);
      const refused = await helmTest(address, "--timeout=3s");
      expect(refused.stdout).toMatch(/^failed: ClusterAccount acme is not ready: \w+: /m);
      expect(refused.stdout).toMatch(/^ok: Account shop\/default is ready$/m);
      expect(refused.stdout).not.toContain("wrong");
      expect(refused.code).toBe(1);
      expect((await helmTest(address, "--accounts=none")).code).toBe(0);
      expect((await helmTest(address, "--namespaces=shop")).code).toBe(0);

      await installation.apply(credentials(SYSTEM, { token: "token" }));
      const ready = await helmTest(address, "--timeout=60s");
      expect(ready.stdout).toMatch(/^ok: ClusterAccount acme is ready$/m);
      expect(ready.code).toBe(0);
    },
  );
});
