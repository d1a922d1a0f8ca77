import { setTimeout as delay } from "node:timers/promises";
import { API_KEYS, SECRETS, type Secret } from "@signatureapi-keys/controller/resources";
import type { Mutation } from "../crash/bundle.ts";
import { Actor } from "./actor.ts";
import { administer } from "./administrator.ts";
import { Breaker } from "./breaker.ts";
import { Canary } from "./canary.ts";
import { judge } from "./check/check.ts";
import type { Violation } from "./check/violation.ts";
import { accountIdOf } from "../e2e/manifests.ts";
import { workloadType } from "../workloads/resources.ts";
import { installationsOf } from "./fleet.ts";
import { usesClusterAccount } from "./places.ts";
import type { Answer, History } from "./history.ts";
import { floorViolations } from "./floors.ts";
import { seenApiKey, seenInventory, seenKey, seenSecret, seenWorkload, valueOf } from "./observe.ts";
import type { ChaosOptions } from "./options.ts";
import { converge, sweepSince, type Say } from "./quiet.ts";
import { CREDENTIALS } from "./recorder.ts";
import { reportOf, type Report } from "./report.ts";
import { rollBackBetween, rollbacksOf } from "./rollback.ts";
import { namespacesOf, scheduleOf } from "./schedule.ts";
import { ChaosWorld } from "./chaos-world.ts";
import { statisticsOf } from "./statistics.ts";
import { CHAOS_LEASE } from "./timing.ts";
import { logLinesOf, timelineOf } from "./timeline.ts";
import { LATEST_EFFECT_MS, REWRITTEN } from "./vendor-faults.ts";

/** Between two looks of the administrator, in milliseconds. */
const LOOK_MS = 3_000;
/** Between two looks at the vendor's keys, in milliseconds. */
const COLLECT_MS = 1_000;
/** How long the quiet may take until one more ApiKey is as declared, or one more inventory is done. */
const PATIENCE_MS = 120_000;
/** How many violations are reported with their whole story. */
const MOST_STORIES = 12;

/**
 * Plays a run: chaos, quiet, and the check of everything that was seen.
 *
 * @param mutated a fault in the controller's source, which the check must notice, and how long the quiet may take
 *   until one more ApiKey is as declared, in milliseconds; by default two minutes.
 * @throws Error where it could not be played; what is wrong with the controller is in the report.
 */
export async function runChaos(
  options: ChaosOptions,
  say: Say,
  { mutant, patience = PATIENCE_MS }: { readonly mutant?: Mutation; readonly patience?: number } = {},
): Promise<Report> {
  say(`seed ${options.seed}: ${options.keys} ApiKeys, ${options.seconds} s of chaos`);
  await using world = await ChaosWorld.open(options, mutant);
  const startedAt = Date.now();
  const broken = await breakEverything(world, options, say);
  const quietAt = Date.now();
  say("quiet: nothing is broken any more");
  const late = await settle(world, quietAt, { say, patience });
  const history = await read(world, options, { startedAt, quietAt });
  say("checking");
  const judgement = judge(history);
  const statistics = statisticsOf(history, judgement);
  const violations = [
    ...judgement.violations,
    ...late,
    ...(await leaks(world)),
    ...floorViolations(options, { statistics, ...broken }),
  ];
  const stories = [];
  const withStory = violations.filter(({ rule }) => rule !== "proof");
  const kinds = Map.groupBy(withStory, ({ rule, text }) => rule + (/: .*/.exec(text)?.[0] ?? ""));
  const firsts = [...kinds.values()].flatMap((ofKind) => ofKind.slice(0, 2));
  for (const violation of firsts.slice(0, MOST_STORIES)) {
    const log = await logLinesOf(history, violation.uid, world.outputs);
    stories.push({ violation: violation.text, timeline: [...timelineOf(history, violation), ...log] });
  }
  const { conflictsResolved, administratorFailures } = world.recorder;
  const { fates } = judgement;
  return reportOf({
    options,
    history,
    statistics,
    kubeFaults: broken.kubeFaults,
    conflictsResolved,
    administratorFailures,
    fates,
    violations,
    stories,
  });
}

/** What was planned and set up. */
type Broken = Omit<Parameters<typeof floorViolations>[1], "statistics">;

async function breakEverything(world: ChaosWorld, options: ChaosOptions, say: Say): Promise<Broken> {
  const { emulator, recorder, proxies, replicas } = world;
  const schedule = scheduleOf(options);
  const actor = new Actor(world);
  const faultsEveryMs = Math.min(1_500, Math.max(400, (options.seconds * 1_000) / schedule.length));
  const breaker = new Breaker({
    seed: options.seed,
    emulator,
    proxies,
    replicas,
    faultsEveryMs,
    killsEveryMs: options.killsEvery * 1_000,
    leaseDurationMs: CHAOS_LEASE.leaseDurationMs,
  });
  const start = Date.now();
  const end = start + options.seconds * 1_000;
  breaker.start();
  const administrator = lookUntil(world, end);
  const keys = collectKeysUntil(world, end);
  const restorer = rollBackBetween(world, options, start, say);
  const underWay = new Set<Promise<void>>();
  for (const { at, act } of schedule) {
    await delay(Math.max(0, start + at - Date.now()));
    const acting = actor.perform(act).finally(() => underWay.delete(acting));
    underWay.add(acting);
    if (recorder.acts.length % 50 === 49)
      say(`  ${recorder.acts.length} acts after ${Math.round(at / 1_000)} s`);
  }
  await delay(Math.max(0, end - Date.now()));
  await restorer;
  await Promise.all([breaker.stop(), administrator, keys, ...underWay]);
  return { kubeFaults: breaker.kubeFaults, schedule, faultsEveryMs, rollbacks: rollbacksOf(options).length };
}

/** The administrator looks at the accounts all the time, and the vendor's log is taken over before it is full. */
async function lookUntil(world: ChaosWorld, end: number): Promise<void> {
  while (Date.now() < end) {
    await delay(Math.min(LOOK_MS, Math.max(0, end - Date.now())));
    world.recorder.collectRequests();
    await administer(world);
  }
}

/** A tag may be edited: keys are noted before that. */
async function collectKeysUntil({ recorder }: ChaosWorld, end: number): Promise<void> {
  while (Date.now() < end) {
    recorder.collectKeys();
    await delay(COLLECT_MS);
  }
}

/**
 * Waits until all is as declared and inventories have looked at it: a first one, which finds what was lost behind our
 * backs; another one after that has healed, which finds what is left; and one that sees that it is gone.
 */
async function settle(
  world: ChaosWorld,
  quietAt: number,
  { say, patience }: { readonly say: Say; readonly patience: number },
): Promise<readonly Violation[]> {
  const wrong: Violation[] = [];
  // Until then a request may take effect that was sent before.
  let since = quietAt + LATEST_EFFECT_MS;
  for (const round of ["first", "second", "third"]) {
    const swept = await sweepSince(world, since, patience, say);
    if (!swept)
      wrong.push({ rule: "run", text: `the ${round} inventory of the quiet was not complete in time` });
    const open = await converge(world, patience, say);
    for (const { uid, name, why } of open)
      if (why !== "TestKeyExists")
        wrong.push({ rule: "run", uid, text: `ApiKey ${name} did not come to rest: ${why}` });
    if (wrong.length > 0) return wrong;
    say(
      `  all is as declared after the ${round} inventory, ${seconds(Date.now() - quietAt)} s after the last fault`,
    );
    since = Date.now();
  }
  await sweepSince(world, since, patience, say);
  return wrong;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

async function leaks({ outputs, recorder }: ChaosWorld): Promise<readonly Violation[]> {
  const found = await new Canary(recorder.values).findsIn(outputs);
  const gaps = recorder.gaps.map((gap) => ({
    rule: "run" as const,
    text: `the watch of the test had a gap: ${gap}`,
  }));
  return [
    ...found.map((file) => ({
      rule: "leaked" as const,
      text: `a value is in the output ${file.split("/").at(-1)}`,
    })),
    ...gaps,
  ];
}

/** Reads everything for the last time: the vendor first, the records after, since a record precedes its key. */
async function read(
  world: ChaosWorld,
  options: ChaosOptions,
  times: Pick<History, "startedAt" | "quietAt">,
): Promise<History> {
  world.recorder.collectKeys();
  const keys = world.emulator.admin.keys().map(seenKey);
  const apiKeys = (await world.kube.listAll(API_KEYS)).items;
  const secrets = (await world.kube.listAll(SECRETS)).items.filter(
    ({ metadata }) => metadata.namespace?.startsWith("chaos-") === true && metadata.name !== CREDENTIALS,
  );
  const endedAt = Date.now();
  const { recorder } = world;
  return {
    seed: options.seed,
    installation: installationsOf(options.seed).ours,
    ...times,
    endedAt,
    apiKeys: recorder.apiKeys,
    secrets: recorder.secrets,
    acts: recorder.acts.toSorted((a, b) => a.at - b.at),
    replicas: recorder.replicas,
    requests: recorder.allRequests(),
    others: recorder.others,
    // Without their values.
    adoptables: world.adoptables.map(({ id, account, description }) => ({ id, account, description })),
    born: [...recorder.born.values()],
    rollbacks: recorder.rollbacks,
    revokesOrphans: namespacesOf(options).filter(usesClusterAccount).map(accountIdOf),
    rewritten: REWRITTEN,
    final: {
      keys,
      apiKeys: apiKeys.map((object) => seenApiKey(object, endedAt)),
      secrets: secrets.map((secret) => seenSecret(secret, endedAt)),
      answers: await Promise.all(secrets.map(async (secret) => authenticate(world, secret))),
      inventories: recorder.liveAccounts().map(seenInventory),
      workloads: (await world.kube.listAll(workloadType("Deployment"))).items.map(seenWorkload),
    },
  };
}

/** Asks the data plane whether the value of a Secret works. */
async function authenticate(world: ChaosWorld, secret: Secret): Promise<Answer> {
  const { namespace = "", name } = secret.metadata;
  const value = valueOf(secret) ?? "";
  return { namespace, name, hint: value.slice(-4), ...(await world.authenticate(value)) };
}
