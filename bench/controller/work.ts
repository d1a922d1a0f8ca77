import { setTimeout as delay } from "node:timers/promises";
import type { CustomObject } from "@signatureapi-keys/controller/resources";
import { countByKind, mutates, type AuditedRequest } from "./audit.ts";
import { BENCH, CONTROLLER, type Ground } from "./ground.ts";
import type { NodeProcess, Usage } from "./processes.ts";

const LOOK_MS = 250;

/** What a process did to the ApiKeys of a namespace, and what it used for that. */
export interface Work {
  readonly requests: readonly AuditedRequest[];
  readonly usage: Usage;
}

/** Whether a request writes the status of an ApiKey. */
export function writesStatus({ verb, resource, code, namespace }: AuditedRequest): boolean {
  return verb === "update" && resource === "apikeys/status" && code === 200 && namespace === BENCH;
}

/** What has to be done. */
export interface Goal {
  /** How often the status of the measured ApiKeys is written at least. */
  readonly statusWrites: number;
  /** How many ApiKeys are as wanted then; by default, ready. */
  readonly keys: number;
  readonly wanted?: (object: CustomObject) => boolean;
}

/**
 * Reads along in the audit log until the status of ApiKeys was written so often, then confirms that as many ApiKeys are
 * as wanted. Watching them would take the machine away from what is measured.
 */
export async function untilDone(ground: Ground, controller: NodeProcess, goal: Goal): Promise<Work> {
  const requests: AuditedRequest[] = [];
  let written = 0;
  while (written < goal.statusWrites) {
    await delay(LOOK_MS);
    const more = await ground.audit.read(CONTROLLER);
    written += more.filter((request) => writesStatus(request)).length;
    for (const request of more) requests.push(request);
    await controller.usage();
  }
  await ground.untilKeys(BENCH, goal.keys, goal.wanted);
  const usage = await controller.usage();
  for (const request of await ground.audit.read(CONTROLLER)) requests.push(request);
  return { requests, usage };
}

/** Reads on in the audit log until the controller has changed nothing for so long. @returns what it has requested. */
export async function untilQuiet(
  ground: Ground,
  controller: NodeProcess,
  quietMs: number,
): Promise<readonly AuditedRequest[]> {
  const requests: AuditedRequest[] = [];
  let lastChange = performance.now();
  while (performance.now() - lastChange < quietMs) {
    await delay(LOOK_MS);
    const more = await ground.audit.read(CONTROLLER);
    if (aboutKeys(more).some((request) => mutates(request))) lastChange = performance.now();
    for (const request of more) requests.push(request);
    await controller.usage();
  }
  return requests;
}

/** Of these requests, those about one object of the measured namespace: what each key costs. */
export function aboutKeys(requests: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return requests.filter(
    ({ namespace, resource, name }) =>
      namespace === BENCH &&
      name !== "" &&
      /^(apikeys|secrets|events)/.test(resource) &&
      name !== "credentials",
  );
}

/** What each key costs, by kind: `create secrets 1.00`. */
export function perKey(requests: readonly AuditedRequest[], count: number): string {
  return [...countByKind(requests)]
    .map(([kind, times]) => `${kind} ${(times / count).toFixed(2)}`)
    .join(", ");
}
