import { ProxyRules } from "@signatureapi-keys/management-api";
import { controllerContainer } from "../cluster-objects.ts";
import type { Facts, InstalledController } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, warning } = findingsOf("proxy");

const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] as const;

/** Whether the variables that name a proxy can be used. Their values may hold a password and are never shown. */
export function checkProxy({ controllers }: Pick<Facts, "controllers">): readonly Finding[] {
  return "value" in controllers ? controllers.value.flatMap(checkOne) : [];
}

function checkOne({ deployment }: InstalledController): readonly Finding[] {
  const { namespace = "", name } = deployment.metadata;
  const where = `Deployment ${namespace}/${name}`;
  const env = controllerContainer(deployment)?.env ?? [];
  const set = env.filter((variable) => VARIABLES.some((known) => known === variable.name.toUpperCase()));
  if (set.length === 0) return [];
  const values = Object.fromEntries(
    set.flatMap((variable) => (variable.value === undefined ? [] : [[variable.name, variable.value]])),
  );
  const wrong = mistakeIn(values);
  if (wrong !== undefined) {
    const remedy = "Correct it: docs/networks.md#a-proxy";
    return [problem(`the variable of its proxy cannot be used: ${wrong}`, { where, remedy })];
  }
  const names = set.map((variable) => variable.name);
  const excepts = names.some((variable) => variable.toUpperCase() === "NO_PROXY");
  if (!excepts) {
    const what = `${names.join(" and ")} leads through a proxy without NO_PROXY, so requests to the API server use it too`;
    return [
      warning(what, {
        where,
        remedy: "List $(KUBERNETES_SERVICE_HOST) in NO_PROXY: docs/networks.md#a-proxy",
      }),
    ];
  }
  return [ok(`it uses a proxy, set by ${names.join(" and ")}`, { where })];
}

/** What is wrong with variables, by the rules of the controller. It names the variable, and not its value. */
function mistakeIn(values: Readonly<Record<string, string>>): string | undefined {
  try {
    return void new ProxyRules(values);
  } catch (error) {
    return error instanceof TypeError ? error.message : "it cannot be read";
  }
}
