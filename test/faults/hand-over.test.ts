import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ControllerChild } from "../e2e/controller-child.ts";
import { namespace, readyNamespace } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { World } from "../e2e/world.ts";
import { LeaseHistory } from "./hand-over.ts";

/** What a rolling update may cost. A standby that only looked now and then would take longer: it looks every 2 s to 4.4 s. */
const LONGEST_MS = 2_000;
const SYSTEM = "signatureapi-system";
/** More of them show a distribution. */
const HAND_OVERS = Number(process.env["HAND_OVERS"] ?? "2");

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace(SYSTEM), ...readyNamespace("handed", world.emulator.url));
});
afterAll(async () => world[Symbol.asyncDispose]());

function replica(): ControllerChild {
  const flags = ["--allowed-base-urls", world.emulator.url, "--leader-elect", "--namespaces", "handed"];
  return new ControllerChild(world.cluster.kubeconfigFile, flags);
}

/** How many watches of Leases the API server serves now. */
async function leaseWatches(): Promise<number> {
  const lines = (await world.cluster.metrics()).split("\n");
  const watches = lines.filter((line) =>
    /^apiserver_longrunning_requests\{.*resource="leases".*WATCH/.test(line),
  );
  return watches.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

function loggedAt({ output }: ControllerChild, message: string): number {
  const line = output.split("\n").find((one) => one.includes(`"msg":"${message}`)) ?? "{}";
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== "object" || parsed === null || !("time" in parsed))
    throw new Error(`no "${message}"`);
  return new Date(String(parsed.time)).getTime();
}

test(
  "a leader that is asked to end releases its lease at once, and the standby takes it at once",
  {
    timeout: 60_000 + HAND_OVERS * 30_000,
  },
  async () => {
    await using history = await LeaseHistory.start(world.kube, SYSTEM, "signatureapi-controller");
    const took: number[] = [];
    let leader = replica();
    try {
      await leader.said(/this replica leads/);
      // The history's, and those of the API server itself.
      const others = await leaseWatches();
      await new OneKey(world, "handed").ready();
      for (let count = 1; count <= HAND_OVERS; count += 1) {
        const standby = replica();
        try {
          await standby.said(/caches are filled/);
          // It has looked at the lease, and waits.
          await expect.poll(leaseWatches, { timeout: 20_000 }).toBe(others + 1);
          const asked = Date.now();
          expect(await leader.end("SIGTERM")).toBe(0);
          await standby.said(/this replica leads/);
          took.push(loggedAt(standby, "this replica leads") - asked);
          // Held, released, held by the other one: no replica has waited for the lease to expire.
          await history.until(1 + 2 * count);
          const [released, taken] = history.states.slice(-2);
          expect(released?.holder).toBe("");
          expect(taken).toMatchObject({ transitions: count });
          expect((taken?.renewedAt ?? Infinity) - (released?.renewedAt ?? 0)).toBeLessThan(LONGEST_MS);
        } finally {
          leader = standby;
        }
      }
      if (HAND_OVERS > 2)
        process.stdout.write(`from SIGTERM to the next leader, in ms: ${took.join(", ")}\n`);
      expect(Math.max(...took)).toBeLessThan(LONGEST_MS);
    } finally {
      await leader.end("SIGKILL");
    }
  },
);
