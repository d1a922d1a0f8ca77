import { setTimeout as delay } from "node:timers/promises";
import { countByKind, type AuditedRequest } from "../audit.ts";
import { withConverged } from "../converged.ts";
import { CONTROLLER } from "../ground.ts";
import { untilListed } from "../restart-once.ts";
import type { Scenario } from "../scenario.ts";

const KEYS = 10_000;
const WINDOW_SECONDS = 60;
/** After the first listing, what it has set going comes to its end. */
const SETTLE_MS = 5_000;

/** Nothing happens. */
export const idle: Scenario = {
  name: "idle",
  about: `a minute over ${KEYS} converged keys`,
  run: async (bench) => {
    const ground = await withConverged(bench, bench.scaled(KEYS, 50));
    await ground.emulator.clear();
    await using controller = await ground.startController();
    await controller.untilReady();
    await untilListed(ground, controller, bench.shared.converged ?? 0);
    await delay(SETTLE_MS);
    await ground.audit.read();
    const seconds = bench.scaled(WINDOW_SECONDS, 10);
    const [before, begun] = [await controller.usage(), performance.now()];
    await delay(seconds * 1_000);
    const [after, ended] = [await controller.usage(), performance.now()];
    const requests = await ground.audit.read(CONTROLLER);
    await controller.end();
    const minutes = (ended - begun) / 60_000;
    const others = requests.filter((request) => !isExpected(request));
    return [
      {
        name: "CPU",
        value: ((after.cpuSeconds - before.cpuSeconds) / (minutes * 60)) * 100,
        unit: "% of a core",
        note: `${seconds} s`,
        target: { is: "at most", value: 0.5 },
      },
      {
        name: "API calls a minute other than leases and watches",
        value: others.length / minutes,
        unit: "",
        note: [...countByKind(requests)].map(([kind, times]) => `${kind} ${times}`).join(", "),
        target: { is: "at most", value: 0 },
        compared: "lower is better",
      },
    ];
  },
};

function isExpected({ verb, resource }: AuditedRequest): boolean {
  return resource === "leases" || verb === "watch";
}
