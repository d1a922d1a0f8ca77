import type { ApiKeyFacts } from "../apikey/facts.ts";
import { CliError } from "../errors.ts";
import { inNamespace } from "../target.ts";

/**
 * Refuses what no annotation would rotate, before anything is changed.
 * @throws CliError that says why, and what to do first
 */
export function refuseUnrotatable({ namespace, name, status, deletedAt, isSuspended }: ApiKeyFacts): void {
  const at = inNamespace(namespace);
  const subject = `apikey/${name} in namespace ${namespace}`;
  if (deletedAt !== undefined)
    throw new CliError(`${subject} is being deleted: its keys are revoked, and none is minted`, {
      next: `Show how far it is: kubectl signatureapi status ${name}${at}`,
    });
  if (isSuspended)
    throw new CliError(`${subject} is suspended: nothing is minted for it`, {
      next: `Resume it first: kubectl signatureapi resume ${name}${at}`,
    });
  if (status.keyId === undefined)
    throw new CliError(`${subject} has no key yet, so there is none to replace`, {
      next: `Show why: kubectl signatureapi status ${name}${at}`,
    });
}
