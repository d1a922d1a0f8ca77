import { readFileSync } from "node:fs";
import { DEFAULT_TIMING, parseDuration, REASONS } from "@signatureapi-keys/lifecycle";
import { API_KEYS, type CustomObject } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { kstatusOf, type KStatus } from "../e2e/kstatus.ts";
import { tokenOf } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { World } from "../e2e/world.ts";
import { healthOf } from "./lua.ts";

const EXAMPLES = new URL("../../examples/gitops/argocd/", import.meta.url);
const CHECK = new URL("resource_customizations/signatureapi.com/_/", EXAMPLES);

const read = (name: string, base = CHECK): string => readFileSync(new URL(name, base), "utf8");
const script = read("health.lua");
// The layout of the tests that Argo CD has beside its own checks.
const { tests } = z
  .object({
    tests: z.array(
      z.object({
        inputPath: z.string(),
        healthStatus: z.object({ status: z.string(), message: z.string() }),
      }),
    ),
  })
  .parse(parse(read("health_test.yaml")));

describe("the health check for Argo CD", () => {
  test.each(tests)("gives $inputPath its health", async ({ inputPath, healthStatus }) => {
    expect(await healthOf(script, parse(read(inputPath)))).toEqual(healthStatus);
  });

  test("is tried with reasons that there are", () => {
    const reasons = tests.flatMap(({ inputPath }) =>
      [...read(inputPath).matchAll(/reason: (\w+)/g)].map(([, reason = ""]) => reason),
    );
    expect(reasons.filter((reason) => !Object.hasOwn(REASONS, reason))).toEqual([]);
  });

  test("is what the ConfigMap has, for each kind", () => {
    const { data } = z
      .object({ data: z.record(z.string(), z.string()) })
      .parse(parse(read("argocd-cm.yaml", EXAMPLES)));
    const kinds = ["ApiKey", "Account", "ClusterAccount"];
    expect(data).toEqual(
      Object.fromEntries(
        kinds.map((kind) => [`resource.customizations.health.signatureapi.com_${kind}`, script]),
      ),
    );
  });
});

test("the examples for the tools wait, and long enough for an attempt that was cut off", () => {
  const flux = z
    .object({ spec: z.object({ wait: z.literal(true), timeout: z.string() }) })
    .parse(parse(read("../flux/kustomization.yaml", EXAMPLES)));
  const { attemptLifetime, settleTime } = DEFAULT_TIMING;
  expect(parseDuration(flux.spec.timeout)).toBeGreaterThan(attemptLifetime + 2 * settleTime);
  const application = z
    .object({
      kind: z.literal("Application"),
      spec: z.object({ syncPolicy: z.object({ syncOptions: z.array(z.string()) }) }),
    })
    .parse(parse(read("application.yaml", EXAMPLES)));
  expect(application.spec.syncPolicy.syncOptions).not.toContain("Replace=true");
});

async function settled(key: OneKey, wanted: KStatus): Promise<CustomObject> {
  return key.until((object) => object !== undefined && kstatusOf(object) === wanted && object);
}

describe("on an ApiKey of a real cluster, it agrees with kstatus", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    await world.startController();
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  test.each([
    ["delivered", {}, "Current", "Healthy"],
    ["refused", { secret: { labels: { "not-allowed.example.com/a": "b" } } }, "Failed", "Degraded"],
    ["suspended", { suspend: true }, "Failed", "Degraded"],
  ] as const)("%s", async (n, spec, kstatus, health) => {
    await world.addAccount(n);
    const key = new OneKey(world, n, { token: tokenOf(n) });
    await key.declare(spec);
    const object = await settled(key, kstatus);
    expect((await healthOf(script, object)).status).toBe(health);
  });

  test("that nobody has looked at", async () => {
    const object = await world.kube.create(
      API_KEYS,
      { metadata: { namespace: "delivered", name: "later" }, spec: { mode: "live" } },
      { dryRun: true },
    );
    expect([kstatusOf(object), (await healthOf(script, object)).status]).toEqual([
      "InProgress",
      "Progressing",
    ]);
  });
});
