import { API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { DEFAULT_TIMING, type Step } from "@signatureapi-keys/lifecycle";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account, credentials, namespace } from "../e2e/manifests.ts";
import { World } from "../e2e/world.ts";
import { workloadType } from "../workloads/resources.ts";
import { workload } from "../workloads/workload.ts";
import { Fleet } from "./fleet.ts";

const KEYS = 200;
/** Shorter than most rollouts take, so that these are what an old key waits for. */
const OVERLAP_MS = 1_000;
/** So many applications ask ten times a second, all the time. */
const BUSY = 20;
/**
 * Between two requests of one application, in milliseconds. 200 times ten requests a second is more than this one
 * process, which is vendor, controller and applications at once, could answer beside an API server on two cores. The
 * others ask several times within each state of their keys all the same: before the commit, within the overlap, after it.
 */
const pauseOf = (name: string): number => (Number(name.replace("app-", "")) < BUSY ? 100 : 500);
const N = "fleet";
const PATIENCE_MS = 120_000;

const names = Array.from({ length: KEYS }, (_none, index) => `app-${index}`);

let world: World;

beforeAll(async () => {
  world = await World.start({
    cluster: { workloads: true },
    emulator: { rateLimit: 10_000, burst: 10_000 },
  });
  await world.apply(
    namespace(N),
    credentials(N),
    account(N, world.emulator.url, { rateLimit: { requestsPerSecond: 500, burst: 500 } }),
  );
});

afterAll(async () => world[Symbol.asyncDispose]());

async function declareKeys(): Promise<void> {
  const rotation = { overlap: `${OVERLAP_MS / 1_000}s`, trigger: "zero" };
  await Promise.all(
    names.map(async (name) =>
      world.kube.create(API_KEYS, { metadata: { name, namespace: N }, spec: { mode: "live", rotation } }),
    ),
  );
}

/** A workload that takes its key from the Secret of the same name, and is restarted with it. */
function deployment(name: string): ReturnType<typeof workload> {
  const labels = { app: name };
  const container = { envFrom: [{ secretRef: { name } }] };
  return workload(N, { name, restartsFor: [name], podLabels: labels, container });
}

async function deployAll(): Promise<void> {
  await Promise.all(
    names.map(async (name) => world.kube.create(workloadType("Deployment"), deployment(name))),
  );
}

async function rotateAll(trigger: string): Promise<void> {
  const patch = { spec: { rotation: { trigger } } };
  await Promise.all(
    names.map(async (name) => world.kube.patch(API_KEYS, { namespace: N, name }, patch, { type: "merge" })),
  );
}

/** Watches over each revocation, at the moment at which it is asked for. */
class Revocations {
  readonly wrong: string[] = [];
  readonly #fleet: Fleet;
  count = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  before(step: Step): void {
    if (step.kind !== "revoke-key") return;
    const { keyId } = step;
    this.count += 1;
    const users = this.#fleet.usersOf(keyId);
    if (users.length > 0) this.wrong.push(`${keyId} is revoked while ${users.join(", ")} use it`);
    const revokeAt = this.#fleet.revokeTime(keyId);
    if (revokeAt === undefined || Date.now() < revokeAt)
      this.wrong.push(`${keyId} is revoked within its overlap`);
  }
}

test(
  `${KEYS} keys under continuous use rotate twice, and no request is refused`,
  { timeout: 420_000 },
  async () => {
    await using fleet = new Fleet(world, N, pauseOf);
    await fleet.start();
    const revocations = new Revocations(fleet);
    await world.startController({
      timing: { ...DEFAULT_TIMING, restartDelay: 500, rolloutPoll: 500 },
      flags: ["--concurrency", "20", "--log-level", "warn"],
      hooks: { before: (step) => revocations.before(step) },
    });
    await declareKeys();
    const running = (): boolean => fleet.running === KEYS;
    const progress = (): string => `${fleet.running} applications run; ${fleet.progress()}`;
    await fleet.until(progress, () => fleet.settled(1) === KEYS, PATIENCE_MS);
    // Without a kubelet no Pod waits for its Secret.
    await deployAll();
    await fleet.until(progress, running, PATIENCE_MS);
    const first = world.emulator.admin.keys().map(({ id }) => id);
    // One that is not restarted: what the others would meet if they were not restarted in time.
    const { data } = await world.kube.get(SECRETS, { namespace: N, name: "app-0" });
    const stale = Buffer.from(data?.["SIGNATUREAPI_KEY"] ?? "", "base64").toString("utf8");
    for (const [round, revision] of [
      ["one", 2],
      ["two", 3],
    ] as const) {
      const before = fleet.accepted;
      await rotateAll(round);
      await fleet.until(progress, () => running() && fleet.settled(revision) === KEYS, PATIENCE_MS);
      // Each application has asked with its old value and with its new one.
      expect(fleet.accepted - before).toBeGreaterThan(4 * KEYS);
    }
    expect(fleet.refusals).toEqual([]);
    expect(revocations.wrong).toEqual([]);
    expect(fleet.started).toBe(3 * KEYS);
    const keys = world.emulator.admin.keys();
    expect(keys).toHaveLength(3 * KEYS);
    expect(keys.filter(({ status }) => status === "active")).toHaveLength(KEYS);
    expect(keys.filter(({ id, status }) => first.includes(id) && status === "active")).toEqual([]);
    expect(revocations.count).toBe(2 * KEYS);
    const refused = await fetch(`${world.emulator.url}/envelopes`, { headers: { "x-api-key": stale } });
    expect(refused.status).toBe(401);
  },
);
