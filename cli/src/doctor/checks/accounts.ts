import { accountKey, type AccountDocument } from "@signatureapi-keys/controller/accounts";
import { CREDENTIAL_LABEL } from "@signatureapi-keys/controller/resources";
import { isProblem } from "@signatureapi-keys/lifecycle";
import { shortSpan } from "../../output/age.ts";
import { adviceOn } from "../advice.ts";
import type { CredentialSecret, Facts } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, unknown, warning } = findingsOf("accounts");

/** Where no controller shows its flags. */
const DEFAULT_INVENTORY_MS = 600_000;
/** An inventory may fail once, and the status is written once an interval. */
const MISSED_INVENTORIES = 3;

/** Whether accounts can be used: their credentials, by metadata only; what the controller says of them; their inventory. */
export function checkAccounts(
  facts: Pick<Facts, "accounts" | "credentials" | "controllers" | "now">,
): readonly Finding[] {
  const { accounts } = facts;
  if (!("value" in accounts)) {
    const remedy =
      "Run it as a user who may list accounts and clusteraccounts, or with -n for one namespace.";
    return [unknown(`the accounts cannot be read: ${accounts.message}`, { remedy })];
  }
  if (accounts.value.length === 0) {
    const remedy = "Declare one: docs/account.md";
    return [ok("there is no Account and no ClusterAccount yet, so no ApiKey can get a key", { remedy })];
  }
  return accounts.value.flatMap((account) => [
    readiness(account),
    ...credentials(account, facts),
    ...inventory(account, facts),
    ...unaccounted(account),
  ]);
}

function readiness({ ref, record, metadata, policy }: AccountDocument): Finding {
  const where = accountKey(ref);
  const ready = record.conditions?.find(({ type }) => type === "Ready");
  if (policy.suspend) {
    const remedy = "To continue, set spec.suspend to false.";
    return warning("it is suspended: nothing is minted, rolled or adopted", { where, remedy });
  }
  if (ready === undefined || ready.observedGeneration !== metadata.generation) {
    const remedy = "Look at the log of the controller: kubectl signatureapi logs";
    return problem("the controller has not looked at its spec yet", { where, remedy });
  }
  if (ready.status === "True") return ok(`it is ready, live mode ${record.liveMode ?? "unknown"}`, { where });
  return problem(`it is not ready: ${ready.reason}: ${ready.message}`, {
    where,
    remedy: adviceOn(ready.reason),
  });
}

function credentials(
  { ref, credentialsName, declaration }: AccountDocument,
  { credentials: secrets, controllers }: Pick<Facts, "credentials" | "controllers">,
): readonly Finding[] {
  const namespace = ref.kind === "Account" ? ref.namespace : clusterNamespace(controllers);
  const where = accountKey(ref);
  if (credentialsName === undefined) return [];
  if (namespace === undefined)
    return [unknown("its credentials are in the controller's namespace, which is not known", { where })];
  const found = secrets.find((secret) => secret.name === credentialsName && secret.namespace === namespace);
  if (found === undefined) return [];
  const entry = isProblem(declaration) ? "token" : declaration.credentials.key;
  return [checkSecret(found, entry, where)];
}

function checkSecret({ namespace, name, secret }: CredentialSecret, entry: string, where: string): Finding {
  const which = `Secret ${namespace}/${name}`;
  if (!("value" in secret)) return unknown(`its ${which} cannot be looked at: ${secret.message}`, { where });
  if (secret.value === undefined) {
    const create = `kubectl -n ${namespace} create secret generic ${name} --from-file=${entry}=FILE`;
    return problem(`its ${which} does not exist`, { where, remedy: create });
  }
  if (secret.value.metadata.labels?.[CREDENTIAL_LABEL] !== "true") {
    const remedy = `kubectl -n ${namespace} label secret ${name} ${CREDENTIAL_LABEL}=true`;
    return problem(`its ${which} lacks the label that allows this use`, { where, remedy });
  }
  return ok(`its ${which} is there and labelled; the token is read from its entry ${entry}`, { where });
}

/** The namespace of the credentials of ClusterAccounts. */
export function clusterNamespace(controllers: Facts["controllers"]): string | undefined {
  const first = "value" in controllers ? controllers.value[0] : undefined;
  if (first === undefined) return undefined;
  const own = "problem" in first.options ? undefined : first.options.clusterResourceNamespace;
  return own ?? first.deployment.metadata.namespace;
}

function inventory(
  { ref, record }: AccountDocument,
  { controllers, now }: Pick<Facts, "controllers" | "now">,
): readonly Finding[] {
  if (record.lastInventoryAt === undefined) return [];
  const first = "value" in controllers ? controllers.value[0] : undefined;
  const interval =
    first === undefined || "problem" in first.options
      ? DEFAULT_INVENTORY_MS
      : first.options.inventoryInterval;
  const ageMs = now - Date.parse(record.lastInventoryAt);
  if (ageMs <= MISSED_INVENTORIES * interval) return [];
  const what = `its last complete inventory began ${shortSpan(ageMs)} ago, and one is due every ${shortSpan(interval)}`;
  const remedy = "The log of the controller says what fails: kubectl signatureapi logs";
  return [warning(what, { where: accountKey(ref), remedy })];
}

function unaccounted({ ref, record }: AccountDocument): readonly Finding[] {
  const count = record.keys?.unaccounted ?? 0;
  if (count === 0) return [];
  const what = `${count} active keys carry this installation's tag, and no record knows them`;
  return [warning(what, { where: accountKey(ref), remedy: "kubectl signatureapi orphans" })];
}
