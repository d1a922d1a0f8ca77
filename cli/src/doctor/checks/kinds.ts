import type { ExpectedKind, Facts, InstalledKind } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, unknown, warning } = findingsOf("kinds");

const UPGRADE = "Upgrade the chart, or apply its kinds: kubectl apply --server-side -f files/crds";
/** More fields are counted. */
const NAMED_FIELDS = 3;

/** Whether the kinds are installed, served, and those that this plugin knows. */
export function checkKinds({
  when,
  expectedKinds,
  installedKinds,
  pluginVersion,
}: Pick<Facts, "when" | "expectedKinds" | "installedKinds" | "pluginVersion">): readonly Finding[] {
  if (!("value" in installedKinds)) {
    const remedy =
      "Run it as a user who may list CustomResourceDefinitions, or check with kubectl api-resources --api-group=signatureapi.com";
    return [unknown(`the kinds cannot be read: ${installedKinds.message}`, { remedy })];
  }
  const installed = new Map(installedKinds.value.map((kind) => [kind.name, kind]));
  if (when === "before" && installed.size === 0) return [ok("no kinds of an earlier installation are there")];
  return expectedKinds.map((kind) => checkKind(kind, installed.get(kind.name), pluginVersion));
}

function checkKind(expected: ExpectedKind, found: InstalledKind | undefined, pluginVersion: string): Finding {
  const where = `CustomResourceDefinition ${expected.name}`;
  if (found === undefined) return problem("the kind is not installed", { where, remedy: UPGRADE });
  if (!found.established || !found.served.includes(expected.version)) {
    const remedy = `Look at its conditions: kubectl describe crd ${expected.name}`;
    return problem(`the API server does not serve ${expected.version} of the kind`, { where, remedy });
  }
  const missing = expected.fields.filter((field) => !found.fields.includes(field));
  if (missing.length > 0) {
    const what = `the kind lacks fields of version ${pluginVersion} of this plugin (${named(missing)}): the API server drops them from what you declare`;
    return warning(what, { where, remedy: UPGRADE });
  }
  const extra = found.fields.filter((field) => !expected.fields.includes(field));
  if (extra.length > 0) {
    const what = `the kind has fields that version ${pluginVersion} of this plugin does not know (${named(extra)})`;
    return warning(what, { where, remedy: "Upgrade this plugin to the version of the controller." });
  }
  return ok(`version ${expected.version} is served, and is what this plugin knows`, { where });
}

function named(fields: readonly string[]): string {
  const more = fields.length > NAMED_FIELDS ? `, and ${fields.length - NAMED_FIELDS} more` : "";
  return `${fields.slice(0, NAMED_FIELDS).join(", ")}${more}`;
}
