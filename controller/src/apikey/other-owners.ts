import { own } from "@signatureapi-keys/lifecycle";
import { FIELD_MANAGER, MANAGED_BY, MANAGED_BY_LABEL } from "../resources/names.ts";
import type { SecretFacts } from "./secret-facts.ts";

/** Field managers of people at a terminal or in a dashboard: they write once, and not again and again. */
const BY_HAND = /^(?:kubectl|k9s|Mozilla|OpenLens)/;

/** The field managers besides us that have set an entry. */
export function writersOf({ writers }: SecretFacts, entry: string): readonly string[] {
  return [...new Set(own(writers, entry) ?? [])].filter((manager) => manager !== FIELD_MANAGER);
}

/**
 * Who else owns a Secret, in the words of a condition: what deletes it with itself, or may write the entry of the value
 * again.
 */
export function otherOwners(facts: SecretFacts, entry: string): readonly string[] {
  const { ownerReferences = [], labels } = facts.metadata;
  const manager = labels?.[MANAGED_BY_LABEL];
  return [
    ...ownerReferences.map(({ kind, name }) => `${kind} ${name} (ownerReference)`),
    ...writersOf(facts, entry)
      .filter((writer) => !BY_HAND.test(writer))
      .map((writer) => `${writer} (field manager of entry ${entry})`),
    ...(manager === undefined || manager === MANAGED_BY ? [] : [`${manager} (label ${MANAGED_BY_LABEL})`]),
  ];
}
