import type { StepHooks } from "@signatureapi-keys/controller";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiKey, namespace } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import type { Fault, KubeProxy } from "./kube-proxy.ts";
import { accessThrough, proxyOf } from "./world-proxy.ts";

/** Long enough that the keys of a test get to where it wants them, short enough to be waited for. */
const LEASE = { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 300 };
const MUTATING = /^(POST|PUT|PATCH|DELETE)$/;

let world: World;
let proxy: KubeProxy;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("signatureapi-system"));
});
afterAll(async () => world[Symbol.asyncDispose]());

/** Everything that was asked to change so far, at the API server through the proxy and at the vendor's. */
function changes(): { readonly cluster: readonly string[]; readonly vendor: readonly string[] } {
  const cluster = proxy.requests
    .filter(({ method, path }) => MUTATING.test(method) && !/dryRun=All|\/leases/.test(path))
    .map(({ method, path }) => `${method} ${path.split("?")[0] ?? ""}`);
  const vendor = world.emulator.admin
    .requests()
    .filter(({ method }) => MUTATING.test(method))
    .map(({ method, path }) => `${method} ${path}`);
  return { cluster, vendor };
}

/** What was sent before must have arrived before it is counted. */
async function settled(): Promise<void> {
  await fetch(`${proxy.url}/version`);
  await fetch(`${world.emulator.url}/account`);
}

const CUTS: readonly [name: string, fault: Fault][] = [
  ["answers nothing", { kind: "stall-before" }],
  ["answers with errors", { kind: "answer", status: 500, body: "oops" }],
];

describe.each(CUTS)("a leader for whose lease the API server %s", (_, cut) => {
  test(
    "changes nothing more but finishes the pending commit, ends with an error, and another takes over",
    {
      timeout: 120_000,
    },
    async () => {
      await using through = await proxyOf(world);
      proxy = through;
      const { admin } = world.emulator;
      const n = `lost-${cut.kind}`;
      const accountId = await world.addAccount(n);
      const deleted = new OneKey(world, n, { name: "deleted" });
      await deleted.declare({ deletionPolicy: "Revoke" });

      // One key waits before its request is sent, whatever happens, until the lease is lost.
      const held = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const hooks: StepHooks = {
        before: async (step, ref) => {
          if (ref.name !== "held" || step.kind !== "mint") return;
          held.resolve();
          await goOn.promise;
        },
      };
      // Neither the time for a request nor that for its answer keeps it from what it may do with the lease.
      const timing = { ...FAST_TIMING, postWindow: 30_000, requestDeadline: 30_000 };
      const flags = ["--leader-elect", "--namespaces", n, "--lease-name", n];
      const leader = await world.startController({
        timing,
        lease: LEASE,
        access: accessThrough(proxy, world),
        hooks,
        flags,
        identity: "leader",
      });
      await deleted.untilReady();
      const { keyId } = await deleted.delivered();

      admin.clearRequests();
      admin.addFault({
        match: { operation: "createApiKey", account: accountId },
        when: "after",
        fault: { kind: "hold" },
      });
      admin.addFault({
        match: { operation: "revokeApiKey", account: accountId },
        times: 1_000,
        fault: { kind: "status", status: 503 },
      });
      await world.apply(apiKey(n, "pending"));
      await admin.waitForRequests({ operation: "createApiKey" });
      await world.apply(apiKey(n, "held"));
      await held.promise;
      // A write that the API server asks to repeat, and a revocation that the vendor does not take.
      const later = { kind: "answer", status: 429, headers: { "retry-after": "1" }, body: "later" } as const;
      proxy.fail({ method: "PATCH", path: /apikeys\/refused/ }, later, 1_000);
      const repeated = proxy.nextRequest({ method: "PATCH", path: /apikeys\/refused/ });
      await world.apply(apiKey(n, "refused"));
      await repeated;
      await deleted.delete();
      await admin.waitForRequests({ operation: "revokeApiKey" });

      proxy.fail({ path: /\/leases/ }, cut, 1_000_000);
      await leader.logged(/"how":"lost"/);
      await settled();
      const before = changes();
      admin.clearFaults();
      goOn.resolve();
      expect(await leader.ended).not.toBe(0);

      const after = changes();
      expect(after.cluster.slice(before.cluster.length)).toEqual([`POST /api/v1/namespaces/${n}/secrets`]);
      expect(after.vendor.slice(before.vendor.length)).toEqual([]);
      expect(leader.lines.join("\n")).not.toMatch(/key_(live|test)_/);

      const successor = await world.startController({
        timing: FAST_TIMING,
        lease: LEASE,
        flags,
        identity: "successor",
      });
      for (const name of ["pending", "held", "refused"]) await new OneKey(world, n, { name }).untilReady();
      await deleted.gone();
      await successor.stop();
      const keys = world.keysIn(accountId);
      expect(world.stateOf(keyId)).toBe("revoked");
      // The pending commit was finished by the leader that minted it: nothing was minted twice.
      const active = keys.filter(({ status }) => status === "active").map(({ description }) => description);
      expect(new Set(active.map((text) => text.split(" ")[0]))).toEqual(
        new Set(["held", "pending", "refused"].map((name) => `${n}/${name}`)),
      );
      expect(keys).toHaveLength(4);
    },
  );
});
