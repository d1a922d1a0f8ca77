import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { expect, test } from "vitest";
import { violationsDelivered } from "../crash/invariant.ts";
import { IsolatedKey } from "../crash/isolated-key.ts";
import { isReady } from "../e2e/conditions.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { declares } from "./drives.ts";
import { FAILURES, WRITES } from "./kube-faults.ts";
import { accessThrough, proxyOf } from "./world-proxy.ts";

/** As many edits of a label in a row, each of which comes between a look and the write that follows. */
const CONFLICTS = 20;
const RETRIES = /^workqueue_retries_total\{name="apikeys"\} (?<count>\d+)$/m;

test.each(["the write-ahead", "the status after the commit"] as const)(
  "%s that conflicts again and again is planned anew at once, in the same pass",
  { timeout: 120_000 },
  async (name) => {
    await using world = await World.start();
    await using proxy = await proxyOf(world);
    const controller = await world.startController({
      access: accessThrough(proxy, world),
      timing: FAST_TIMING,
      flags: ["--metrics-address", "127.0.0.1:0"],
    });
    await using key = await IsolatedKey.open(world, "", "busy", { spec: { mode: "live" } });
    await world.watcher.until(ACCOUNTS, { namespace: "busy", name: "default" }, isReady);
    const write = WRITES[name];
    const conflict = FAILURES["a conflict"];
    if (write === undefined || conflict === undefined) throw new TypeError("there is no such write");
    const match = write.matcher(key);
    await declares(key, () => {
      if (write.skip !== undefined) proxy.fail(match, { kind: "pass" }, write.skip);
      proxy.fail(match, conflict, CONFLICTS);
    });
    expect(proxy.count(match)).toBeGreaterThan(CONFLICTS);
    expect(await violationsDelivered(key, await key.facts())).toEqual([]);
    // A pass that ends with a failure is put back into the queue with growing pauses: none did.
    const retries = RETRIES.exec(await controller.metrics())?.groups?.["count"];
    expect(Number(retries ?? "0")).toBe(0);
    expect(world.emulator.admin.requests({ operation: "createApiKey" })).toHaveLength(1);
  },
);
