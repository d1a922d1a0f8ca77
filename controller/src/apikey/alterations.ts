import type { Problem } from "@signatureapi-keys/lifecycle";
import type { Manifest } from "../kube/index.ts";
import type { Secret } from "../resources/types.ts";

/**
 * What an admission policy or webhook has made of a Secret on its way into the store, in words for a condition. Only
 * what was asked for counts: what others add is theirs. Values are never shown.
 */
function alterations(asked: Pick<Manifest<Secret>, "metadata" | "data">, stored: Secret): readonly string[] {
  const { labels = {}, annotations = {} } = stored.metadata;
  return [
    ...changed(asked.metadata.labels, labels).map((name) => `label ${name} (${shown(labels[name])})`),
    ...changed(asked.metadata.annotations, annotations).map((name) => `annotation ${name}`),
    ...changed(asked.data, stored.data ?? {}).map((name) => `entry ${name}`),
  ];
}

/** The problem that these make; `undefined` where the Secret is stored as it was asked for. */
export function alterationProblem(
  asked: Pick<Manifest<Secret>, "metadata" | "data">,
  stored: Secret,
): Problem | undefined {
  const found = alterations(asked, stored);
  if (found.length === 0) return undefined;
  const message = `an admission policy changes Secret ${stored.metadata.name} as it is written: ${found.join(", ")}. Exempt the Secret from that policy, or change what spec.secret declares`;
  return { reason: "SecretAltered", message, transient: false };
}

function changed(
  asked: Readonly<Record<string, string>> | undefined,
  stored: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(asked ?? {}).flatMap(([name, value]) => (stored[name] === value ? [] : [name]));
}

function shown(value: string | undefined): string {
  return value === undefined ? "removed" : `now ${value}`;
}
