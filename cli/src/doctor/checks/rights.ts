import { serviceAccountOf, userOf } from "../cluster-objects.ts";
import type { Facts, InstalledController } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";
import { rightTexts } from "../rights.ts";

const { ok, problem, unknown } = findingsOf("rights");

/** Whether the controller's service account, or before the installation the user, has the rights that are needed. */
export function checkRights(
  facts: Pick<Facts, "when" | "controllers" | "installerRights">,
): readonly Finding[] {
  if (facts.when === "before") return [installer(facts)];
  return "value" in facts.controllers ? facts.controllers.value.flatMap(checkOne) : [];
}

function checkOne({ deployment, rights, options }: InstalledController): readonly Finding[] {
  if ("problem" in options) return [];
  const user = userOf(serviceAccountOf(deployment));
  const where = `ServiceAccount ${user.split(":").slice(2).join("/")}`;
  if (!("value" in rights)) {
    const remedy = `Run it as a user who may create SubjectAccessReviews, or compare by eye: kubectl auth can-i --list --as=${user}`;
    return [
      unknown(`whether it has the rights it needs cannot be checked: ${rights.message}`, { where, remedy }),
    ];
  }
  const missing = rights.value.filter(({ allowed }) => !allowed).map(({ right }) => right);
  if (missing.length === 0)
    return [ok(`it has all ${rights.value.length} rights that its flags need`, { where })];
  const remedy = "Install the chart with rbac.create: true, or grant it: docs/install.md";
  return rightTexts(missing).map((text) => problem(`it may not ${text}`, { where, remedy }));
}

function installer({ installerRights }: Pick<Facts, "installerRights">): Finding {
  if (!("value" in installerRights))
    return unknown(`whether you may install the chart cannot be checked: ${installerRights.message}`);
  const missing = installerRights.value.filter(({ allowed }) => !allowed).map(({ right }) => right);
  if (missing.length === 0) return ok("you may create what the chart installs cluster-wide");
  const remedy =
    "Ask an administrator to install it. To install in some namespaces only, see namespaces in the chart's values.";
  return problem(`you may not ${rightTexts(missing).join("; ")}`, { remedy });
}
