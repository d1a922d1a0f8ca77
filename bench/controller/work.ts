import { setTimeout as delay } from "node:timers/promises";
import type { AuditedRequest } from "./audit.ts";
import { BENCH, CONTROLLER, type Ground, type SCRIPT } from "./ground.ts";
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

/** Forgets what the controller has requested until now. */
export async function skipAudit(
  ground: Ground,
  user: typeof CONTROLLER | typeof SCRIPT = CONTROLLER,
): Promise<void> {
  await ground.audit.read(user);
}

/**
 * Reads along in the audit log until the status of ApiKeys was written so often, then confirms that as many ApiKeys are
 * ready. Watching them would take the machine away from what is measured.
 */
export async function untilWritten(
  ground: Ground,
  controller: NodeProcess,
  { statusWrites, ready }: { readonly statusWrites: number; readonly ready: number },
): Promise<Work> {
  const requests: AuditedRequest[] = [];
  const written = (): number => requests.filter((request) => writesStatus(request)).length;
  while (written() < statusWrites) {
    await delay(LOOK_MS);
    requests.push(...(await ground.audit.read(CONTROLLER)));
    await controller.usage();
  }
  await ground.untilKeys(BENCH, ready);
  const usage = await controller.usage();
  requests.push(...(await ground.audit.read(CONTROLLER)));
  return { requests, usage };
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
