import { shortSpan } from "../../output/age.ts";
import type { Facts, InstalledController } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, unknown, warning } = findingsOf("leader");

/** Clocks of machines differ, and a renewal takes a moment. */
const TOLERANCE_MS = 5_000;
const DEFAULT_DURATION_S = 15;

/** Whether one replica holds the lease, and renews it. */
export function checkLeader({
  controllers,
  clock,
  now,
}: Pick<Facts, "controllers" | "clock" | "now">): readonly Finding[] {
  if (!("value" in controllers)) return [];
  // Renewal times are compared with the API server's clock, which ours may differ from.
  const server = clock === undefined ? now : now + clock.server - clock.ours;
  return controllers.value.flatMap((controller) => checkOne(controller, server));
}

function checkOne({ deployment, options, lease }: InstalledController, now: number): readonly Finding[] {
  if ("problem" in options) return [];
  const own = options.clusterResourceNamespace ?? deployment.metadata.namespace ?? "";
  const where = `Lease ${own}/${options.leaseName}`;
  if (lease === undefined) {
    return (deployment.spec.replicas ?? 1) > 1
      ? [
          problem("several replicas run without an election, and work on the same keys", {
            where: `Deployment ${deployment.metadata.namespace ?? ""}/${deployment.metadata.name}`,
            remedy: "Set leaderElect: true in the chart's values.",
          }),
        ]
      : [ok("one replica runs without an election")];
  }
  if (!("value" in lease)) return [unknown(`the lease cannot be read: ${lease.message}`, { where })];
  const spec = lease.value?.spec;
  const remedy = `Look at the log of the controller: kubectl signatureapi logs`;
  if (spec === undefined) return [problem("no replica has ever taken the lease", { where, remedy })];
  const holder = spec.holderIdentity ?? "";
  if (holder === "")
    return [warning("no replica holds the lease: the last one has released it", { where, remedy })];
  const renewed = Date.parse(spec.renewTime ?? "");
  if (Number.isNaN(renewed))
    return [unknown(`${holder} holds the lease, and no time of renewal is recorded`, { where })];
  const ageMs = now - renewed;
  const duration = (spec.leaseDurationSeconds ?? DEFAULT_DURATION_S) * 1_000;
  if (ageMs > duration + TOLERANCE_MS) {
    return [
      problem(`${holder} has not renewed the lease for ${shortSpan(ageMs)}, so no replica works`, {
        where,
        remedy,
      }),
    ];
  }
  if (ageMs < -TOLERANCE_MS) {
    const what = `${holder} renews the lease with a clock that is ${shortSpan(-ageMs)} ahead of the API server`;
    return [warning(what, { where, remedy: "Correct the clock of its node: rotations follow that clock." })];
  }
  return [ok(`${holder} holds the lease, renewed ${shortSpan(ageMs)} ago`, { where })];
}
