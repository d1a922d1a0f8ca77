import { join } from "node:path";
import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CHART } from "../chart/helm.ts";
import { namespace, tokenOf } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import type { RunningController } from "../e2e/running-controller.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { dashboard, queriesOf } from "./dashboard.ts";
import { Prometheus } from "./prometheus.ts";

/** Long enough for some reads of the metrics on a busy machine. */
const PATIENCE = { timeout: 40_000, interval: 500 };
/** Panels that may show nothing in this world. All others must show something. */
const MAY_BE_EMPTY: readonly string[] = [];

const queries = queriesOf(await dashboard());

let world: World;
let controller: RunningController;
let prometheus: Prometheus;
let key: OneKey;
const values: string[] = [];

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
  controller = await world.startController({
    timing: FAST_TIMING,
    flags: ["--metrics-address", "127.0.0.1:0", "--leader-elect", "--inventory-interval", "2s"],
  });
  prometheus = await Prometheus.start(await controller.metricsAddress(), [join(CHART, "files/alerts.yaml")]);
  await world.addAccount("shop");
  key = new OneKey(world, "shop", { token: tokenOf("shop") });
  await key.declare({ rotation: { every: "90d", overlap: "1s" } });
  await key.untilReady();
  const first = await key.delivered();
  await key.annotate({ "signatureapi.com/rotate": "now" });
  await key.replaced(first.keyId);
  values.push(first.value, (await key.delivered()).value);
  await new OneKey(world, "shop", { name: "refused" }).declare({ accountRef: { name: "missing" } });
  world.emulator.admin.addFault({
    match: { operation: "listApiKeys" },
    times: 3,
    fault: { kind: "status", status: 503 },
  });
}, 120_000);

afterAll(async () => {
  await prometheus[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe("the dashboard", () => {
  test.each(queries.filter(({ panel }) => !MAY_BE_EMPTY.includes(panel)))(
    "shows $panel: $expr",
    async ({ expr }) => {
      await expect.poll(async () => (await prometheus.query(expr)).length, PATIENCE).toBeGreaterThan(0);
    },
  );

  test("names as panels that may be empty only some that it has, and each of them is a query", async () => {
    const empty = queries.filter(({ panel }) => MAY_BE_EMPTY.includes(panel));
    expect(new Set(empty.map(({ panel }) => panel))).toEqual(new Set(MAY_BE_EMPTY));
    for (const { expr } of empty) await expect(prometheus.query(expr)).resolves.toBeDefined();
  });
});

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
    }),
  ),
});

/** The rules, as Prometheus has evaluated them last. */
async function rules(): Promise<readonly { readonly name: string; readonly health: string }[]> {
  return rulesSchema.parse(await prometheus.get("/api/v1/rules")).groups.flatMap((group) => group.rules);
}

test("each alert is evaluated on these metrics without an error", async () => {
  await expect
    .poll(async () => (await rules()).filter(({ health }) => health !== "ok"), PATIENCE)
    .toEqual([]);
  expect((await rules()).length).toBeGreaterThan(10);
});

test("no label holds a value or a token", async () => {
  const series = JSON.stringify(await prometheus.get('/api/v1/series?match[]={__name__=~".%2B"}'));
  expect(series).toContain('"signatureapi_apikey_ready"');
  for (const secret of [...values, tokenOf("shop")]) {
    expect(secret.length).toBeGreaterThan(5);
    expect(series).not.toContain(secret);
  }
});

/** The lines of the metrics that name this object. */
async function named(name: string): Promise<readonly string[]> {
  return (await controller.metrics()).split("\n").filter((line) => line.includes(`name="${name}"`));
}

test("the series of an ApiKey, and of an account, vanish with it", async () => {
  const passing = new OneKey(world, "shop", { name: "passing" });
  await passing.declare({});
  await passing.untilReady();
  await expect.poll(async () => (await named("passing")).length, PATIENCE).toBeGreaterThan(3);
  await passing.remove();
  await expect.poll(async () => named("passing"), PATIENCE).toEqual([]);

  await new OneKey(world, "shop", { name: "refused" }).remove();
  await key.remove();
  await expect.poll(async () => (await named("default")).length, PATIENCE).toBeGreaterThan(6);
  await world.kube.delete(ACCOUNTS, { namespace: "shop", name: "default" });
  await expect.poll(async () => named("default"), PATIENCE).toEqual([]);
});
