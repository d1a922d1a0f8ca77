import { checkAccounts } from "./checks/accounts.ts";
import { checkAdmission } from "./checks/admission.ts";
import { checkApiKeys } from "./checks/api-keys.ts";
import { checkClock } from "./checks/clock.ts";
import { checkCluster } from "./checks/cluster.ts";
import { checkController } from "./checks/controller.ts";
import { checkKinds } from "./checks/kinds.ts";
import { checkLeader } from "./checks/leader.ts";
import { checkProxy } from "./checks/proxy.ts";
import { checkRights } from "./checks/rights.ts";
import type { Facts } from "./facts.ts";
import { CHECKS, type CheckName, type Finding } from "./finding.ts";

const ALL: Readonly<Record<CheckName, (facts: Facts) => readonly Finding[]>> = {
  cluster: checkCluster,
  kinds: checkKinds,
  controller: checkController,
  leader: checkLeader,
  clock: checkClock,
  rights: checkRights,
  admission: checkAdmission,
  proxy: checkProxy,
  accounts: checkAccounts,
  apikeys: checkApiKeys,
};

/** The checks that mean something before the controller is installed. */
const BEFORE: ReadonlySet<CheckName> = new Set([
  "cluster",
  "kinds",
  "controller",
  "clock",
  "rights",
  "admission",
]);

/** Judges facts. Pure: equal facts give equal findings. */
export function diagnose(facts: Facts): readonly Finding[] {
  return CHECKS.filter((check) => facts.when === "after" || BEFORE.has(check)).flatMap((check) =>
    ALL[check](facts),
  );
}
