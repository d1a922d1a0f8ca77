import { parseTag } from "@signatureapi-keys/lifecycle";
import type { IndexedHistory } from "./index-of-history.ts";
import type { Violation } from "./violation.ts";

const HARMFUL: ReadonlySet<string> = new Set(["revokeApiKey", "updateApiKey", "rollApiKey"]);

/** Finds keys of others that were revoked or edited, or were about to be. */
export function foreignViolations(index: IndexedHistory): readonly Violation[] {
  const { others, final, requests } = index.history;
  return [
    ...others.flatMap(({ id, kind, description }) => {
      const key = final.keys.find((candidate) => candidate.id === id);
      const tried = requests.filter(({ keyId, operation }) => keyId === id && HARMFUL.has(operation));
      const wrong = [
        key?.active === true ? undefined : "was revoked",
        key === undefined || key.description === description ? undefined : "was given another description",
        ...tried.map(
          ({ operation, at }) => `was the target of ${operation} at ${new Date(at).toISOString()}`,
        ),
      ];
      return wrong.flatMap((text) =>
        text === undefined
          ? []
          : [{ rule: "foreign-touched" as const, text: `the ${kind} key ${id} ${text}`, keyId: id }],
      );
    }),
    ...unadoptedViolations(index),
  ];
}

/** A key that no ApiKey has taken over is as it was, or carries the tag of an adoption for a while. */
function unadoptedViolations(index: IndexedHistory): readonly Violation[] {
  return index.ourKeys.flatMap((key) => {
    const before = index.adoptable(key);
    if (before === undefined || index.wasNamed(key)) return [];
    const edited = parseTag(key.description) === undefined && key.description !== before.description;
    const wrong = [
      key.active ? undefined : "was revoked",
      edited ? "was given another description" : undefined,
    ];
    return wrong.flatMap((text) =>
      text === undefined
        ? []
        : [
            {
              rule: "foreign-touched" as const,
              text: `the key ${key.id}, which was never adopted, ${text}`,
              keyId: key.id,
            },
          ],
    );
  });
}
