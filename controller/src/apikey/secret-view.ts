import { own, ownerOf, type SecretView } from "@signatureapi-keys/lifecycle";
import { SECRET_ANNOTATIONS as A } from "../resources/names.ts";
import { ownEntries, recordedFingerprints } from "./entries.ts";
import { otherOwners, writersOf } from "./other-owners.ts";
import { readCommit, valueEntry, type SecretFacts, type Sought } from "./secret-facts.ts";

/** For which ApiKey a Secret is looked at. */
interface SoughtBy extends Sought {
  readonly uid: string;
  /** Of the values of retiring keys, as the status records them. */
  readonly retiring: readonly string[];
  /** The names that its spec declares; none where the spec cannot be followed. */
  readonly declared: readonly string[];
  readonly isDeclaredShape: (facts: SecretFacts) => boolean;
}

/** How the rules see a Secret. */
export function secretView(facts: SecretFacts, read: "cached" | "live", owner: SoughtBy): SecretView {
  const annotations = facts.metadata.annotations ?? {};
  const ownerUid = annotations[A.owner];
  const entry = valueEntry(facts, owner);
  const visible = own(facts.keys, entry);
  const isOthers = ownerUid !== undefined && ownerUid !== owner.uid;
  const record = readCommit(facts, visible?.hint);
  const values = [owner.fingerprint ?? "", ...owner.retiring, ...recordedFingerprints(record)];
  const ours = ownEntries(facts, values);
  // What stands where the value is looked for is judged as the value, also before it is ours.
  const foreign = Object.keys(facts.entries).filter((name) => name !== entry && !ours.has(name));
  return {
    state: "present",
    read,
    uid: facts.metadata.uid,
    resourceVersion: facts.metadata.resourceVersion,
    owner: ownerUid === undefined ? "none" : isOthers ? "other" : "this",
    ownedBy: isOthers ? ownerOf(ownerUid) : undefined,
    record,
    fingerprint: own(facts.entries, entry),
    hint: visible?.hint,
    mode: visible?.mode,
    previous: owner.previousEntry === undefined ? undefined : own(facts.entries, owner.previousEntry),
    entries: Object.values(facts.entries),
    others: { owners: otherOwners(facts, entry), writers: writersOf(facts, entry) },
    foreign,
    taken: owner.declared.find((name) => foreign.includes(name)),
    immutable: facts.immutable,
    shape: owner.isDeclaredShape(facts) ? "declared" : "different",
    touchedFor: annotations[A.touched],
  };
}
