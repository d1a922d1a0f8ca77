import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { clusterAccount, credentials, namespace } from "../../e2e/manifests.ts";
import { World } from "../../e2e/world.ts";
import { Example } from "./example.ts";
import { installKubernetesPlugin } from "./kubernetes-plugin.ts";

const secretSchema = z.object({
  metadata: z.object({ name: z.string() }),
  immutable: z.boolean().optional(),
  data: z.record(z.string(), z.string()),
});

let world: World;

beforeAll(async () => {
  world = await World.start({ cluster: { workloads: true } });
  await world.apply(namespace("shop"), namespace("operated"), namespace("signatureapi-system"));
});
afterAll(() => world[Symbol.asyncDispose]());

/** The Secrets of a namespace, with the value that each of them holds. */
async function secretsIn(name: string): Promise<{ name: string; immutable: boolean; value: string }[]> {
  const { stdout } = await world.cluster.kubectl(["-n", name, "get", "secrets", "-o", "json"]);
  const { items } = z.object({ items: z.array(secretSchema) }).parse(JSON.parse(stdout));
  return items.map(({ metadata, immutable = false, data }) => ({
    name: metadata.name,
    immutable,
    value: Buffer.from(data["SIGNATUREAPI_KEY"] ?? "", "base64").toString(),
  }));
}

/** Which Secret the Pods of a namespace take their environment from. */
async function secretOfPods(name: string): Promise<string> {
  const path = "jsonpath={.items[*].spec.containers[0].envFrom[0].secretRef.name}";
  const { stdout } = await world.cluster.kubectl(["-n", name, "get", "pods", "-o", path]);
  return stdout;
}

async function start(folder: string, inNamespace: string, token: string | null): Promise<Example> {
  const config = { namespace: inNamespace, "kubernetes:kubeconfig": world.cluster.kubeconfigFile };
  const example = await Example.start(folder, { running: world.emulator, token, config });
  await installKubernetesPlugin(example.project);
  return example;
}

test("kubernetes-secret: the value is in a Secret that is never changed; a rotation makes another one", async () => {
  await using example = await start("kubernetes-secret", "shop", "emulator-token");
  await example.up();
  const [first] = await secretsIn("shop");
  example.noteValue(first?.value ?? "");
  expect(first).toMatchObject({ name: await example.output("secretName"), immutable: true });
  expect(await example.answerTo(first?.value ?? "")).toBe("200 live");

  expect(await secretOfPods("shop")).toBe(first?.name);

  await example.edit("Checkout service", "Checkout and returns");
  await example.up();
  expect(await secretsIn("shop")).toEqual([first]);

  example.project.advance(84 * 24);
  const preview = await example.preview();
  expect(preview).toMatch(/~ generation +: 1 => 2/);
  expect(preview).toMatch(/kubernetes:core\/v1:Secret: \(replace\)/);
  await example.up();
  const [second, ...others] = await secretsIn("shop");
  example.noteValue(second?.value ?? "");
  expect(others).toEqual([]);
  expect(second?.name).not.toBe(first?.name);
  expect(await secretOfPods("shop")).toContain(second?.name);
  expect(await example.answerTo(second?.value ?? "")).toBe("200 live");
  expect(await example.answerTo(first?.value ?? "")).toBe("200 live");
  await example.expectNoValueShown();

  await example.destroy();
  expect(await secretsIn("shop")).toEqual([]);
  expect(await example.answerTo(second?.value ?? "")).toBe("401 invalid-api-key");
});

test("operator: the value goes from the controller into the Secret, and Pulumi never has it", async () => {
  await world.apply(
    credentials("signatureapi-system"),
    clusterAccount("acme", world.emulator.url, { allow: [{ modes: ["live"], namespaceSelector: {} }] }),
  );
  await world.startController();
  await using example = await start("operator", "operated", null);
  expect(await example.preview()).toMatch(/\+ kubernetes:signatureapi.com\/v1:ApiKey: \(create\)/);
  await example.up();
  const [first] = await secretsIn("operated");
  example.noteValue(first?.value ?? "");
  expect(first?.name).toBe(await example.output("secretName"));
  expect(await example.answerTo(first?.value ?? "")).toBe("200 live");

  await example.edit("Checkout service", "Checkout and returns");
  await example.project.must("config", "set", "trigger", "2026-11");
  expect(await example.preview()).toMatch(/trigger *: "2026-11"/);
  await example.up();
  const [second] = await secretsIn("operated");
  example.noteValue(second?.value ?? "");
  expect(second?.name).toBe(first?.name);
  expect(second?.value).not.toBe(first?.value);
  expect(await example.answerTo(second?.value ?? "")).toBe("200 live");
  await example.expectNoValueShown();

  await example.destroy();
  expect(await secretsIn("operated")).toEqual([]);
  expect(await example.answerTo(second?.value ?? "")).toBe("401 invalid-api-key");
  await example.expectNoValueShown();
});
