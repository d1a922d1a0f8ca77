import type { History } from "../history.ts";
import type { Violation } from "./violation.ts";

const HARMFUL: ReadonlySet<string> = new Set(["revokeApiKey", "updateApiKey", "rollApiKey"]);

/** Finds keys of others that were revoked or edited, or were about to be. */
export function foreignViolations({ others, final, requests }: History): readonly Violation[] {
  return others.flatMap(({ id, kind, description }) => {
    const key = final.keys.find((candidate) => candidate.id === id);
    const tried = requests.filter(({ keyId, operation }) => keyId === id && HARMFUL.has(operation));
    const wrong = [
      key?.active === true ? undefined : "was revoked",
      key === undefined || key.description === description ? undefined : "was given another description",
      ...tried.map(({ operation, at }) => `was the target of ${operation} at ${new Date(at).toISOString()}`),
    ];
    return wrong.flatMap((text) =>
      text === undefined
        ? []
        : [{ rule: "foreign-touched" as const, text: `the ${kind} key ${id} ${text}`, keyId: id }],
    );
  });
}
