import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { SECRETS } from "@signatureapi-keys/controller/resources";
import type { World } from "../../test/e2e/world.ts";
import { VICTIM } from "./victims.ts";

/**
 * What the API server itself takes for as many requests as a new key costs, one after the other: three reads, a dry run,
 * and five writes of small objects, the create of the ApiKey included. No controller looks at these objects.
 *
 * @param interval in milliseconds, between two such rows of requests.
 * @returns milliseconds, a figure for each.
 */
export async function timesOfScript(
  { kube }: World,
  prefix: string,
  { count, interval }: { readonly count: number; readonly interval: number },
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const ref = { namespace: VICTIM, name: `${prefix}-script-${index}` };
    const data = { value: Buffer.from("x".repeat(40)).toString("base64") };
    const begun = performance.now();
    await kube.create(SECRETS, { metadata: ref, data });
    for (let round = 0; round < 3; round++) {
      await kube.get(SECRETS, ref);
      const annotations = { round: String(round) };
      await kube.patch(SECRETS, ref, { metadata: { annotations } }, { type: "merge" });
    }
    await kube.create(SECRETS, { metadata: { ...ref, name: `${ref.name}-dry` }, data }, { dryRun: true });
    await kube.create(SECRETS, { metadata: { ...ref, name: `${ref.name}-more` }, data });
    times.push(performance.now() - begun);
    await sleep(interval);
  }
  return times;
}
