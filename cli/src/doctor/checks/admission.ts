import type { AdmissionPolicy, Facts, RehearsedWrite } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, unknown, warning } = findingsOf("admission");

/** What the names of the chart's policies end in, and what is not protected without them. */
const POLICIES = {
  "-status": "a user who may write apikeys/status can name foreign keys there",
  "-deletion": "spec.deletionProtection does not refuse a deletion",
  "-own-secrets": "the controller's service account may write any Secret",
  "-own-workloads": "the controller's service account may change any workload",
} as const;

type PolicyName = keyof typeof POLICIES;
/** Those that are part of the chart's `admissionPolicy.enabled`; the others can be switched off apart from them. */
const ALWAYS: readonly PolicyName[] = ["-status", "-deletion"];

/** Whether the chart's admission policies work, and nothing refuses or changes the controller's writes of Secrets. */
export function checkAdmission(facts: Pick<Facts, "when" | "policies" | "rehearsals">): readonly Finding[] {
  const policies = facts.when === "before" ? [] : checkPolicies(facts);
  return [...policies, ...facts.rehearsals.map(checkRehearsal)];
}

function checkPolicies({ policies }: Pick<Facts, "policies">): readonly Finding[] {
  if (!("value" in policies)) {
    const remedy = "Run it as a user who may list ValidatingAdmissionPolicies and their bindings.";
    return [unknown(`the admission policies cannot be read: ${policies.message}`, { remedy })];
  }
  return Object.entries(POLICIES).flatMap(([suffix, risk]) => {
    const found = policies.value.filter(({ name }) => name.endsWith(suffix));
    if (found.length === 0) return ALWAYS.some((name) => name === suffix) ? [missing(suffix, risk)] : [];
    return found.map((policy) => checkPolicy(policy, risk));
  });
}

function missing(suffix: string, risk: string): Finding {
  const remedy = "Set admissionPolicy.enabled: true in the chart's values.";
  return warning(`the chart's policy *${suffix} is not installed: ${risk}`, { remedy });
}

function checkPolicy({ name, bound, denies }: AdmissionPolicy, risk: string): Finding {
  const where = `ValidatingAdmissionPolicy ${name}`;
  const remedy = "Apply the chart again: helm upgrade restores the binding.";
  if (!bound) return problem(`it has no binding, so it does nothing: ${risk}`, { where, remedy });
  if (!denies) return warning(`its binding does not deny, so it only reports: ${risk}`, { where, remedy });
  return ok("it is bound and denies", { where });
}

function checkRehearsal({ namespace, as, outcome }: RehearsedWrite): Finding {
  const where = `Namespace ${namespace}`;
  const who = `a dry run of a Secret as ${as}`;
  if ("altered" in outcome) {
    if (outcome.altered.length === 0) return ok(`${who} is admitted unchanged`, { where });
    const remedy = "Exempt Secrets with the label signatureapi.com/apikey: docs/reasons.md#secretaltered";
    return warning(`${who} is changed by admission: ${outcome.altered.join(", ")}`, { where, remedy });
  }
  const { refused, message } = outcome;
  if (/cannot (create|impersonate) resource/.test(message)) {
    const remedy = "Run it as a user who may impersonate the controller's service account.";
    return unknown(`${who} is not possible with your rights: ${message}`, { where, remedy });
  }
  if (refused === "forbidden" || refused === "invalid") {
    const remedy = "Remove the obstacle: docs/reasons.md#secretrejected";
    return problem(`${who} is refused: ${message}`, { where, remedy });
  }
  return unknown(`${who} did not succeed: ${message}`, { where });
}
