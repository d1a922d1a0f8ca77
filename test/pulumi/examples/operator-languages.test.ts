import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBinary } from "../../../tools/binaries/find-binary.ts";
import { clusterAccount, credentials, namespace } from "../../e2e/manifests.ts";
import { OneKey } from "../../e2e/one-key.ts";
import { World } from "../../e2e/world.ts";
import { versionHere } from "../package/installed.ts";
import { Example } from "./example.ts";
import { installKubernetesPlugin } from "./kubernetes-plugin.ts";
import { isAskedFor, PythonProgram, vetGo } from "./operator-programs.ts";

test.runIf(isAskedFor("go"))("operator-go: compiles with the SDK that it names", async () => {
  await vetGo();
});

/** What the engine is asked for. */
function apiKey(rotation: object): object {
  return {
    type: "kubernetes:signatureapi.com/v1:ApiKey",
    inputs: {
      apiVersion: "signatureapi.com/v1",
      kind: "ApiKey",
      metadata: {
        name: "checkout",
        namespace: "shop",
        annotations: { "pulumi.com/waitFor": "condition=Ready" },
      },
      spec: {
        accountRef: { kind: "ClusterAccount", name: "acme" },
        mode: "live",
        description: "Checkout service",
        rotation,
      },
    },
  };
}

test.runIf(isAskedFor("python"))(
  "operator-python: registers the ApiKey, with and without a trigger",
  async () => {
    const config = { namespace: "shop", account: "acme" };
    await using program = await PythonProgram.install();
    expect(await program.run(config)).toEqual([apiKey({ every: "90d", overlap: "24h" })]);
    const trigger = "2026-11";
    expect(await program.run({ ...config, trigger })).toEqual([
      apiKey({ every: "90d", overlap: "24h", trigger }),
    ]);
  },
);

describe.runIf(isAskedFor("yaml"))("operator-yaml, with the real engine", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ cluster: { workloads: true } });
    await world.apply(
      namespace("operated"),
      namespace("signatureapi-system"),
      credentials("signatureapi-system"),
      clusterAccount("acme", world.emulator.url, { allow: [{ modes: ["live"], namespaceSelector: {} }] }),
    );
    await world.startController();
  });

  afterAll(async () => world[Symbol.asyncDispose]());

  test("makes a key, rotates it, and revokes it, and Pulumi never has the value", async () => {
    const config = { namespace: "operated", "kubernetes:kubeconfig": world.cluster.kubeconfigFile };
    await using example = await Example.start("operator-yaml", {
      running: world.emulator,
      token: null,
      config,
    });
    await installKubernetesPlugin(example.project);
    await example.project.addLanguageHost(await findBinary("pulumi-language-yaml"));
    await cacheSchema(join(example.project.folder, "home"));
    const key = new OneKey(world, "operated", { name: "checkout" });

    await example.up();
    const first = await key.delivered();
    example.noteValue(first.value);
    expect(await example.output("secretName")).toBe("checkout");
    expect(await example.answerTo(first.value)).toBe("200 live");

    await example.project.must("config", "set", "trigger", "2026-11");
    await example.up();
    const second = await key.delivered();
    example.noteValue(second.value);
    expect(second.keyId).not.toBe(first.keyId);
    expect(await example.answerTo(second.value)).toBe("200 live");
    await example.expectNoValueShown();

    await example.destroy();
    expect(await example.answerTo(second.value)).toBe("401 invalid-api-key");
  });
});

/**
 * The schema of the plugin, cut down to what the example uses, in the place where the engine keeps schemas: a plugin that was
 * built here has none.
 */
async function cacheSchema(home: string): Promise<void> {
  const version = await versionHere("@pulumi/kubernetes");
  const any = { $ref: "pulumi.json#/Any" };
  const schema = {
    name: "kubernetes",
    version,
    resources: {
      "kubernetes:yaml/v2:ConfigGroup": {
        isComponent: true,
        inputProperties: { objs: { type: "array", items: any } },
        properties: { resources: any },
      },
    },
  };
  const file = join(home, `plugins/schema-kubernetes-${version}-.json`);
  await writeFile(file, JSON.stringify(schema));
  // The engine takes a schema for outdated that is older than the last use of its plugin.
  const tomorrow = Date.now() / 1_000 + 86_400;
  await utimes(file, tomorrow, tomorrow);
}
