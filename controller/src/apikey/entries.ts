import { own, type CommitRecord } from "@signatureapi-keys/lifecycle";
import type { ApiKeySpec } from "../resources/apikey.ts";
import { FIELD_MANAGER, SECRET_ANNOTATIONS as A } from "../resources/names.ts";
import type { SecretFacts } from "./secret-facts.ts";
import { readWritten } from "./written.ts";

/**
 * Whether an entry is ours. The annotation next to the value names what we wrote. Where it was stripped, an entry is
 * still ours if it holds a value of ours, or if `managedFields` shows that we have set it.
 *
 * @param fingerprints of the values that are known to be this ApiKey's.
 */
export function ownEntries(facts: SecretFacts, fingerprints: readonly string[]): ReadonlySet<string> {
  const { annotations = {} } = facts.metadata;
  const named = [...Object.keys(readWritten(annotations)?.entries ?? {}), annotations[A.entry] ?? ""];
  const ours = Object.entries(facts.entries).flatMap(([name, fingerprint]) => {
    const isOurs =
      named.includes(name) ||
      fingerprints.includes(fingerprint) ||
      own(facts.writers, name)?.includes(FIELD_MANAGER) === true;
    return isOurs ? [name] : [];
  });
  return new Set(ours);
}

/** The fingerprints of the values that a record names: the current one, and those of keys that retire. */
export function recordedFingerprints(
  record: Partial<Pick<CommitRecord, "fingerprint" | "previous">> | undefined,
): readonly string[] {
  const previous = record?.previous?.flatMap(({ fingerprint = "" }) => fingerprint) ?? [];
  return [record?.fingerprint ?? "", ...previous].filter((fingerprint) => fingerprint !== "");
}

/** The names that a spec declares for entries besides the one that holds the value. */
export function declaredEntries({ secret }: ApiKeySpec): readonly string[] {
  const { key, previousKey, template = [] } = secret;
  return [key, ...(previousKey === undefined ? [] : [previousKey]), ...template.map(({ name }) => name)];
}
