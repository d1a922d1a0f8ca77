import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run } from "../../tools/binaries/run.ts";
import { blocksOf, type Block } from "../docs/page.ts";
import { readyNamespace } from "../e2e/manifests.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { KeyWithDependents } from "./key-with-dependents.ts";

const N = "shop";

let world: World;
let checkout: KeyWithDependents;

beforeAll(async () => {
  world = await World.start({ cluster: { workloads: true } });
  await world.startController({ timing: FAST_TIMING });
  await world.apply(...readyNamespace(N, world.emulator.url));
  checkout = new KeyWithDependents(world, N, { name: "checkout" });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** Does what a reader would do with it. @returns what was printed. */
async function follow({ language, text }: Block): Promise<string> {
  if (language === "yaml") {
    await world.cluster.apply(text);
    return "";
  }
  expect(language).toBe("sh");
  const folder = dirname(await findBinary("kubectl"));
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    KUBECONFIG: world.cluster.kubeconfigFile,
  };
  const { code, stdout, stderr } = await run("bash", ["-e", "-c", text], { env, timeoutMs: 60_000 });
  expect({ text, code, stderr }).toEqual({ text, code: 0, stderr: "" });
  return stdout;
}

async function restarts(): Promise<number> {
  return checkout.changes("Deployment", "checkout");
}

/** What holds after a section was followed; `printed` is what its commands said. */
const AFTER: Readonly<Record<string, (printed: string) => Promise<void>>> = {
  "Every month": async (printed) => {
    expect(printed).toContain("True");
    const { nextRotationAt = "" } = await checkout.untilStatus(
      ({ nextRotationAt: next }) => next !== undefined,
    );
    expect(Date.parse(nextRotationAt)).toBeGreaterThan(Date.now() + 20 * 86_400_000);
  },
  "My Pods": async (printed) => {
    expect(printed).toContain("successfully rolled out");
    expect(await restarts()).toBe(0);
  },
  Now: async (printed) => {
    // The overlap was a day, and was ended early; the Pods had the new value by then.
    expect(printed).toContain('"revokeAt"');
    await checkout.untilStatus(
      ({ previous, restart }) => previous === undefined && restart?.completedAt !== undefined,
    );
    expect(await restarts()).toBe(1);
    expect(world.emulator.admin.keys().map((key) => key.status)).toEqual(["active", "revoked"]);
  },
  "After a leak": async (printed) => {
    expect(printed).toContain("condition met");
    await checkout.untilStatus(({ previous, revision }) => previous === undefined && revision === 3);
    await checkout.untilStatus(
      ({ restart, fingerprint }) => restart?.restartedAt !== undefined && restart.fingerprint === fingerprint,
    );
    expect(await restarts()).toBe(2);
    expect(await checkout.event("KeyRevoked")).toContain("revoked key");
  },
  "The old key is not revoked": async (printed) => {
    expect(printed).toMatch(/Type:\s+Ready/);
  },
  "Argo CD and Flux": async () => {
    await checkout.untilStatus(({ revision, attempt }) => revision === 4 && attempt === undefined);
  },
};

test("every snippet of docs/rotation.md does what the page says", { timeout: 180_000 }, async () => {
  const all = blocksOf("docs/rotation.md");
  expect([...new Set(all.map(({ section }) => section))]).toEqual(Object.keys(AFTER));
  for (const [section, holds] of Object.entries(AFTER)) {
    let printed = "";
    for (const block of all.filter((candidate) => candidate.section === section))
      printed += await follow(block);
    await holds(printed);
  }
});
