import { setTimeout as delay } from "node:timers/promises";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { BENCH, keyNames, type Ground } from "../ground.ts";
import type { ControllerProcess } from "../controller-process.ts";
import type { Scenario } from "../scenario.ts";
import { lastTwoThirds, riseOf, type Sample } from "../slope.ts";

/** How many ApiKeys there are at a time. */
const KEYS = 200;
const ROUND_MS = 200;
const SAMPLE_MS = 1_000;
/** A process that leaks nothing rises and falls by so much of its memory. */
const NOISE = 0.05;

/** Keys come, are rotated, and go, for a long time. */
export const soak: Scenario = {
  name: "soak",
  about: "create, rotate and delete, five times a second each, for as long as --soak says",
  run: async (bench) => {
    const ground = await bench.ground();
    bench.shared.converged = undefined;
    await ground.restore();
    await using controller = await ground.startController();
    await controller.untilReady();
    const stop = AbortSignal.timeout(bench.soak * 1_000);
    const [samples, rounds] = await Promise.all([sample(controller, stop), churn(ground, stop)]);
    await controller.end();
    bench.draw("soak", {
      title: `Memory over ${rounds} creations, rotations and deletions`,
      x: "seconds",
      y: "MiB resident",
      series: [{ name: "controller", points: samples.map(({ at, value }) => [at, value]) }],
    });
    const late = lastTwoThirds(samples);
    const mean = late.reduce((sum, { value }) => sum + value, 0) / late.length;
    return [
      {
        name: "rise of the memory over the last two thirds, as a share of it",
        value: riseOf(late) / mean,
        unit: "",
        note: `${riseOf(late).toFixed(1)} MiB of ${mean.toFixed(0)} MiB, ${bench.soak} s, ${rounds} rounds`,
        target: { is: "at most", value: NOISE },
      },
    ];
  },
};

async function sample(controller: ControllerProcess, stop: AbortSignal): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const begun = performance.now();
  while (!stop.aborted) {
    samples.push({ at: (performance.now() - begun) / 1_000, value: (await controller.usage()).rssMiB });
    await delay(SAMPLE_MS);
  }
  return samples;
}

function nameOf(round: number): string {
  return keyNames(1, round)[0] ?? "";
}

/** @returns how many rounds there were. */
async function churn(ground: Ground, stop: AbortSignal): Promise<number> {
  let round = 0;
  for (; !stop.aborted; round++) {
    await ground.createKeys(BENCH, [nameOf(round)]);
    const rotation = { overlap: "1s", trigger: "bench" };
    if (round >= KEYS / 2) await ground.changeKeys(BENCH, [nameOf(round - KEYS / 2)], { rotation });
    if (round >= KEYS) await ground.kube.delete(API_KEYS, { namespace: BENCH, name: nameOf(round - KEYS) });
    await delay(ROUND_MS);
  }
  return round;
}
