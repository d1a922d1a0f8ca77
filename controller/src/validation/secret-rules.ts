import type { Problem } from "@signatureapi-keys/lifecycle";
import type { ApiKeySpec } from "../resources/apikey.ts";
import { reservedMetadataName, reservedSecretName, reservedSecretType } from "./reserved.ts";

/** What an administrator allows Secrets to look like. */
export interface SecretRules {
  /** `--allowed-secret-types`; Opaque always is. */
  readonly allowedTypes: readonly string[];
  /** `--allowed-secret-metadata`: prefixes of labels and annotations, such as `team.example.com`, and whole names without a prefix. */
  readonly allowedMetadata: readonly string[];
  /** Namespaces into which nothing is written. */
  readonly reservedNamespaces: readonly string[];
}

const TEMPLATE_VARIABLE = /\{\{([^{}]*)\}\}/g;
const VARIABLES: ReadonlySet<string> = new Set(["key", "keyId", "mode"]);

/**
 * Finds what would make the Secret mean something to another component: a name, type, label or annotation that other
 * components act on would turn the controller into their tool.
 *
 * @param place where the Secret is, and the name that it has unless the spec gives one.
 */
export function secretProblem(
  spec: ApiKeySpec,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  rules: SecretRules,
): Problem | undefined {
  const { secret } = spec;
  if (rules.reservedNamespaces.includes(namespace)) {
    return refuse("NamespaceReserved", `no keys are written into the namespace ${namespace}`);
  }
  return (
    nameProblem(secret.name ?? name) ??
    typeProblem(spec, rules) ??
    metadataProblem(spec, rules) ??
    entryProblem(spec)
  );
}

function nameProblem(name: string): Problem | undefined {
  const because = reservedSecretName(name);
  if (because === undefined) return undefined;
  const message = `no Secret may be named ${name}: ${because}; set another spec.secret.name in a new ApiKey`;
  return refuse("SecretNameNotAllowed", message);
}

function typeProblem({ secret }: ApiKeySpec, rules: SecretRules): Problem | undefined {
  const because = reservedSecretType(secret.type);
  if (because !== undefined) {
    const message = `spec.secret.type ${JSON.stringify(secret.type)} is not allowed, and no flag allows it: ${because}; allowed: ${allowedTypes(rules)}`;
    return refuse("SecretTypeNotAllowed", message);
  }
  if (secret.type !== "Opaque" && !rules.allowedTypes.includes(secret.type)) {
    return refuse(
      "SecretTypeNotAllowed",
      `spec.secret.type ${JSON.stringify(secret.type)} is not allowed; allowed: ${allowedTypes(rules)}`,
    );
  }
  return undefined;
}

function allowedTypes(rules: SecretRules): string {
  return ["Opaque", ...rules.allowedTypes].join(", ");
}

function metadataProblem({ secret }: ApiKeySpec, rules: SecretRules): Problem | undefined {
  for (const field of ["labels", "annotations"] as const) {
    for (const name of Object.keys(secret[field] ?? {})) {
      const why = whyNotAllowed(name, rules);
      if (why === undefined) continue;
      return refuse(
        "SecretMetadataNotAllowed",
        `spec.secret.${field}: the name ${JSON.stringify(name)} ${why}`,
      );
    }
  }
  return undefined;
}

function whyNotAllowed(name: string, { allowedMetadata }: SecretRules): string | undefined {
  const because = reservedMetadataName(name);
  if (because !== undefined) return `is not allowed, and no flag allows it: ${because}; remove it`;
  const slash = name.indexOf("/");
  const [listed, what] = slash < 0 ? [name, "is a name"] : [name.slice(0, slash), "has a prefix"];
  const isListed = allowedMetadata.some((allowed) => allowed === listed || allowed === `${listed}/`);
  return isListed ? undefined : `${what} that --allowed-secret-metadata does not list`;
}

function entryProblem({ secret }: ApiKeySpec): Problem | undefined {
  const taken = new Set([secret.key]);
  if (secret.previousKey !== undefined) {
    if (taken.has(secret.previousKey))
      return refuse("InvalidSpec", "spec.secret.previousKey is the same entry as spec.secret.key");
    taken.add(secret.previousKey);
  }
  for (const { name, value } of secret.template ?? []) {
    if (taken.has(name))
      return refuse(
        "InvalidSpec",
        `spec.secret.template: the entry ${JSON.stringify(name)} is taken already`,
      );
    taken.add(name);
    for (const [, variable = ""] of value.matchAll(TEMPLATE_VARIABLE)) {
      if (VARIABLES.has(variable)) continue;
      return refuse(
        "InvalidSpec",
        `spec.secret.template: the entry ${JSON.stringify(name)} uses {{${variable.slice(0, 40)}}}; only {{key}}, {{keyId}} and {{mode}} are known`,
      );
    }
  }
  return undefined;
}

/** Fills a template entry in. Values are put in as they are, unescaped. */
export function fillTemplate(
  text: string,
  variables: Readonly<Record<"key" | "keyId" | "mode", string>>,
): string {
  return text.replaceAll(TEMPLATE_VARIABLE, (whole, name: string) =>
    name === "key" || name === "keyId" || name === "mode" ? variables[name] : whole,
  );
}

function refuse(reason: Problem["reason"], message: string): Problem {
  return { reason, message, transient: false };
}
