import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OneKey } from "../e2e/one-key.ts";
import { tokenOf } from "../e2e/manifests.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { runCli } from "./run-cli.ts";
import { runningShop } from "./manifests.ts";
import { normalized, screensOf, wordsOf, writeScreens } from "./screens.ts";

const PAGE = "docs/kubectl-plugin.md";
/** `npm run record:screens` sets it: the page is written again. */
const IS_RECORDING = process.env["RECORD_SCREENS"] === "1";

let world: World;
let key: OneKey;

beforeAll(async () => {
  world = await World.start();
  await world.startController({ timing: FAST_TIMING });
  await world.addAccount("shop");
  key = new OneKey(world, "shop", { name: "checkout", token: tokenOf("shop") });
  await key.declare({ rotation: { every: "90d", overlap: "24h" } });
  await key.untilReady();
  await runningShop(world.cluster, "shop", "checkout");
  await key.event("KeyMinted");
  await key.event("KeyDelivered");
});

afterAll(async () => world[Symbol.asyncDispose]());

test("each screen of the page is what its command prints", async () => {
  const screens = screensOf(PAGE);
  expect(screens.length).toBeGreaterThan(5);
  const outputs: string[] = [];
  for (const { command } of screens) {
    const [kubectl, plugin, ...args] = wordsOf(command);
    expect([kubectl, plugin]).toEqual(["kubectl", "signatureapi"]);
    // Events are written a moment after what they report.
    if (args[0] === "events") await key.event("KeyDelivered", /previous key waits/);
    const { code, out, err } = await runCli(args, { kubeconfig: world.cluster.kubeconfigFile });
    expect(code, `${command}: ${err}`).toBe(0);
    outputs.push(err + out);
    if (args[0] === "rotate") await restarted();
  }
  if (IS_RECORDING) writeScreens(PAGE, outputs);
  const shown = screensOf(PAGE).map(({ command, output }) => `$ ${command}\n${normalized(output)}`);
  const printed = screens.map(({ command }, index) => `$ ${command}\n${normalized(outputs[index] ?? "")}`);
  expect(shown).toEqual(printed);
});

/** Workloads are restarted a moment after the rotation: what comes later is seen by every later command. */
async function restarted(): Promise<void> {
  await key.untilStatus(({ restart }) => restart?.restartedAt !== undefined);
  await key.event("DependentRestarted");
}
