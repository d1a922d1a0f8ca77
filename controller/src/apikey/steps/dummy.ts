import type { CommitRecord } from "@signatureapi-keys/lifecycle";
import { KeyValue, LONGEST_ID, LONGEST_VALUE } from "@signatureapi-keys/management-api";

/**
 * A value and its record for a dry run. What the management API will answer with is not known yet, so each part of it
 * is as long as the contract allows: what the dry run lets pass, the commit cannot outgrow.
 */
export function dummyOf(
  record: CommitRecord,
  mode: "test" | "live",
): { readonly value: KeyValue; readonly record: CommitRecord } {
  const value = KeyValue.of(`key_${mode}_`.padEnd(LONGEST_VALUE, "x"));
  const keyId = record.keyId === "" ? "ak_preflight".padEnd(LONGEST_ID, "x") : record.keyId;
  return { value, record: { ...record, keyId, fingerprint: value.fingerprint, hint: value.hint } };
}
