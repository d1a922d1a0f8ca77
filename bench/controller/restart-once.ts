import { setTimeout as delay } from "node:timers/promises";
import type { AuditedRequest } from "./audit.ts";
import { BENCH, CONTROLLER, type Ground } from "./ground.ts";
import type { ControllerProcess } from "./controller-process.ts";
import type { ManagementRequest } from "./emulator-process.ts";
import type { Usage } from "./processes.ts";

/** The most keys on a page of the management API. */
export const PAGE = 20;
const LOOK_MS = 250;

/** A restart over converged keys, until the account is listed. */
export interface Restart {
  /** Until it is ready, in seconds. */
  readonly seconds: number;
  readonly usage: Usage;
  readonly requests: readonly AuditedRequest[];
  /** In the measured account. */
  readonly management: readonly ManagementRequest[];
}

/** How many pages a listing of so many keys has. */
export function pagesOf(keys: number): number {
  return Math.ceil(keys / PAGE);
}

/** Waits until the measured account was listed. @returns the requests of its account until then. */
export async function untilListed(
  ground: Ground,
  controller: ControllerProcess,
  keys: number,
): Promise<readonly ManagementRequest[]> {
  for (;;) {
    const requests = await ground.emulator.requests(BENCH);
    const pages = requests.filter(({ operation }) => operation === "listApiKeys").length;
    if (pages >= pagesOf(keys)) return requests;
    // Fails where it has ended.
    await controller.usage();
    await delay(LOOK_MS);
  }
}

/** Starts a controller over so many converged keys, and ends it when it has listed them. */
export async function restartOnce(ground: Ground, keys: number): Promise<Restart> {
  await ground.audit.read();
  await ground.emulator.clear();
  await using controller = await ground.startController();
  const seconds = await controller.untilReady();
  const management = await untilListed(ground, controller, keys);
  const usage = await controller.usage();
  const requests = await ground.audit.read(CONTROLLER);
  await controller.end();
  return { seconds, usage, requests, management };
}
