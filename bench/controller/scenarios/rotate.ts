import * as z from "zod";
import { mutates, spanOf, type AuditedRequest } from "../audit.ts";
import { withConverged } from "../converged.ts";
import { BENCH, keyNames } from "../ground.ts";
import type { Scenario } from "../scenario.ts";
import { aboutKeys, perKey, untilDone, untilQuiet, writesStatus } from "../work.ts";

const KEYS = 2_000;
/** The write-ahead, and the record of the new key. */
const STATUS_WRITES = 2;

/** More than the ten seconds after which the restart of workloads is recorded. */
const QUIET_MS = 15_000;

const rotatedSchema = z.looseObject({ previous: z.array(z.unknown()).min(1) });

/** A new trigger on many ApiKeys at once. */
export const rotate: Scenario = {
  name: "rotate",
  about: `${KEYS} keys are rotated at once, by a trigger`,
  run: async (bench) => {
    const count = bench.scaled(KEYS, 20);
    const ground = await withConverged(bench, count);
    await using controller = await ground.startController();
    await controller.untilReady();
    await ground.audit.read();
    await ground.changeKeys(BENCH, keyNames(count), { rotation: { overlap: "24h", trigger: "bench" } });
    const rotated = await untilDone(ground, controller, {
      statusWrites: count * STATUS_WRITES,
      keys: count,
      wanted: ({ status }) => rotatedSchema.safeParse(status).success,
    });
    const requests = [...rotated.requests, ...(await untilQuiet(ground, controller, QUIET_MS))];
    await controller.end();
    const writes = aboutKeys(requests).filter((request) => isWrite(request));
    return [
      {
        name: "keys per second",
        value: count / spanOf(untilRecorded(writes)),
        unit: "",
        note: `${count} keys`,
      },
      {
        name: "Kubernetes writes for a rotation, dry runs and Events aside",
        value: writes.length / count,
        unit: "",
        note: perKey(
          aboutKeys(requests).filter((request) => mutates(request)),
          count,
        ),
        target: { is: "at most", value: 3 },
        compared: "lower is better",
      },
    ];
  },
};

/** The writes until each key is recorded: what comes later, such as the record of the restarts, is not waited for. */
function untilRecorded(writes: readonly AuditedRequest[]): readonly AuditedRequest[] {
  const seen = new Map<string, number>();
  return writes.filter((request) => {
    if (!writesStatus(request)) return true;
    const times = (seen.get(request.name) ?? 0) + 1;
    seen.set(request.name, times);
    return times <= STATUS_WRITES;
  });
}

function isWrite(request: AuditedRequest): boolean {
  return mutates(request) && !request.dryRun && request.resource !== "events";
}
