import * as z from "zod";
import { kubeObjectSchema } from "../client/object-meta.ts";
import type { ResourceType } from "../client/resource-type.ts";
import { microTime } from "../clock.ts";

const leaseSpecSchema = z.looseObject({
  holderIdentity: z.string().nullish(),
  leaseDurationSeconds: z.number().nullish(),
  acquireTime: z.string().nullish(),
  renewTime: z.string().nullish(),
  leaseTransitions: z.number().nullish(),
});
export type LeaseSpec = z.infer<typeof leaseSpecSchema>;

const leaseSchema = kubeObjectSchema.extend({ spec: leaseSpecSchema.optional() });
export type Lease = z.infer<typeof leaseSchema>;

/** `leases.coordination.k8s.io/v1`. */
export const leaseType: ResourceType<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
  schema: leaseSchema,
};

/** The spec with which `identity` takes or renews a lease. */
export function claimedSpec(
  previous: LeaseSpec | undefined,
  identity: string,
  leaseDurationMs: number,
  now: Date,
): LeaseSpec {
  const ours = previous?.holderIdentity === identity;
  const transitions = previous?.leaseTransitions ?? 0;
  return {
    ...previous,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1_000),
    acquireTime: ours && typeof previous.acquireTime === "string" ? previous.acquireTime : microTime(now),
    renewTime: microTime(now),
    leaseTransitions: previous === undefined || ours ? transitions : transitions + 1,
  };
}

/** The spec that lets anybody take a lease at once. */
export function releasedSpec(previous: LeaseSpec, now: Date): LeaseSpec {
  const time = microTime(now);
  return { ...previous, holderIdentity: "", leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
}
